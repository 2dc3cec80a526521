"""An edit of any file of the document is served at once; one that breaks it leaves the last good version in place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from mocks.app import MockApp
from mocks.documents import BrokenDocument, Document
from mocks.log import Log

# Milliseconds: editors write a file in several steps, and nobody should wait.
_DEBOUNCE = 60
_STEP = 20


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

    files = set(app.document.files)
    while True:
        folders = {file.parent for file in files if file.parent.is_dir()}
        if not folders:
            return
        files = await _until_changed(awatch(*folders, debounce=_DEBOUNCE, step=_STEP, recursive=False), files)
        try:
            document = await asyncio.to_thread(load)
        except BrokenDocument as broken:
            log.broken(broken.problems)
            log.note("the last good version is still served")
            # A new file that the edit refers to may be what is missing: watch the old ones until it is repaired.
            continue
        app.install(document)
        files = set(document.files)
        log.note(f"{document.name} was edited: the new version is served")


async def _until_changed(changes: object, files: set[Path]) -> set[Path]:
    """Wait until one of the files has changed; returns them."""
    async for batch in changes:  # type: ignore[attr-defined]
        if {path for _, path in batch} & {str(file) for file in files}:
            return files
    return files
