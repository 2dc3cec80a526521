"""Files that hold secrets: written whole, readable by their owner alone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cierre.private_files import FILE, make_directory, make_file


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read, whole or not at all.

    Raises:
        OSError: it can't be written.
    """
    unfinished = path.with_name(f".{path.name}.part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.rename(path)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the lock of the directory, which is made where there is none: of processes that start together one makes
    the first key.

    Raises:
        OSError: the directory can't be made, or its lock not be opened.
    """
    make_directory(directory)
    make_file(directory / ".lock")
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
