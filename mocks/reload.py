"""An edit of any file of the document is served at once; one that breaks it leaves the last good version in place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from cierre.mocks.app import MockApp
from cierre.mocks.documents import BrokenDocument, Document
from cierre.mocks.log import Log

# Milliseconds: editors write a file in several steps, and nobody should wait.
_DEBOUNCE = 60
_STEP = 20
# Looked at anyway so often, for filesystems that tell nothing.
_POLL = 1000


def keep_fresh(load: Callable[[], Document], log: Log) -> Callable[[MockApp], Callable[[], Awaitable[None]]]:
    """What `MockApp` takes as `on_start`: watch while it serves.

    Args:
        load: reads the document anew; what it raises as BrokenDocument is told, and the old version stays.
        log: where it is told.
    """

    def start(app: MockApp) -> Callable[[], Awaitable[None]]:
        task = asyncio.create_task(_watch(app, load, log))

        async def stop() -> None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        return stop

    return start


async def _watch(app: MockApp, load: Callable[[], Document], log: Log) -> None:
    from watchfiles import awatch  # noqa: PLC0415 - the first answer need not wait for it

    while True:
        files = app.document.files
        folders = sorted({file.parent for file in files if file.parent.is_dir()})
        if not folders:
            return
        seen = _state(files)
        async for _ in awatch(
            *folders, debounce=_DEBOUNCE, step=_STEP, recursive=False, rust_timeout=_POLL, yield_on_timeout=True
        ):
            # What counts is what the files look like: folders hold others, too, and no edit gets lost.
            now = _state(files)
            if now == seen:
                continue
            seen = now
            await _reload(app, load, log)
            if app.document.files != files:
                break


async def _reload(app: MockApp, load: Callable[[], Document], log: Log) -> None:
    try:
        document = await asyncio.to_thread(load)
    except BrokenDocument as broken:
        log.broken(broken.problems)
        log.note("the last good version is still served")
        return
    app.install(document)
    log.note(f"{document.name} was edited: the new version is served")


def _state(files: frozenset[Path]) -> dict[Path, tuple[int, int]]:
    """Time and size of each file that is there."""
    found = {}
    for file in files:
        with contextlib.suppress(OSError):
            status = file.stat()
            found[file] = status.st_mtime_ns, status.st_size
    return found
