"""The metrics as a text, in Prometheus' form or OpenMetrics'; of all workers where there are several."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CollectorRegistry, multiprocess, start_http_server
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_LIVE = re.compile(r"gauge_live[a-z]*_(\d+)\.db")


class Exposition(NamedTuple):
    """A text and its Content-Type."""

    media_type: str
    body: bytes


def expose(registry: CollectorRegistry, accept: str, *, shared: Path | None = None) -> Exposition:
    """The metrics of this process, or of all workers.

    Args:
        registry: of this process.
        accept: the field of the request; OpenMetrics for who names it, else Prometheus' own form.
        shared: the folder in which several processes have theirs; None: there is one process.
    """
    encode, media_type = choose_encoder(accept)
    return Exposition(media_type, encode(registry if shared is None else _shared_registry(shared)))


def _shared_registry(folder: Path) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Workers(folder))
    return registry


class _Workers(Collector):
    """What the workers of this service wrote into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        _forget_the_dead(self._folder)
        collector = multiprocess.MultiProcessCollector(None, str(self._folder))  # type: ignore[no-untyped-call]
        found: Iterable[Metric] = collector.collect()  # type: ignore[no-untyped-call]
        return found


def listen(folder: Path, host: str, port: int) -> None:
    """Serve the metrics that several processes have in a folder, on a port of their own, in a thread.

    Raises:
        OSError: the port can't be listened on.
    """
    start_http_server(port, host, _shared_registry(folder))


def _forget_the_dead(folder: Path) -> None:
    """A worker that has ended uses no connections any more; what it counted stays."""
    for pid in {int(match[1]) for file in folder.iterdir() if (match := _LIVE.fullmatch(file.name))}:
        if not _is_alive(pid):
            multiprocess.mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
