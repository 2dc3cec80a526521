"""Metrics that several processes share. Nothing here imports the client, which reads the variable at its import."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The name is prometheus-client's: where it is set, values are in files of that folder.
_SHARED = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def shared_between_workers() -> Iterator[Path]:
    """For the block, processes that are started share their metrics. Yields the folder that they are in."""
    folder = tempfile.mkdtemp(prefix="cierre-metrics-")
    os.environ[_SHARED] = folder
    try:
        yield Path(folder)
    finally:
        del os.environ[_SHARED]
        shutil.rmtree(folder, ignore_errors=True)
