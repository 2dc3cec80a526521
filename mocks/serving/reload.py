"""Reloading: an edit of any file of the document is served at once, one at an address when it is next asked for.

A broken edit leaves the last good version.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from cierre.mocks.app import MockApp
from cierre.mocks.log import Log
from cierre.oas.document import Document
from cierre.oas.errors import BrokenDocument
from cierre.oas.limits import DEFAULT
from cierre.oas.locations import Fetched, Unreadable, UrlLocation
from cierre.phrases import Phrase

# Milliseconds: editors write a file in several steps, and an edit should be served soon.
_DEBOUNCE = 60
_STEP = 20
# Milliseconds between two looks at the files, for filesystems that report no changes.
_POLL = 1000
# Seconds between two requests for a document at an address.
EVERY = 5.0


def reload_on_edit(
    load: Callable[[], Document], log: Log, every: float = EVERY
) -> Callable[[MockApp], Callable[[], Awaitable[None]]]:
    """An `on_start` for `MockApp` that watches the document's files and addresses while the mock serves.

    Args:
        load: reads the document again; where it raises BrokenDocument the last good version stays.
        log: for the edits and the problems of broken ones.
        every: seconds between two requests for each of the document's addresses.
    """

    def start(app: MockApp) -> Callable[[], Awaitable[None]]:
        # Now, not in the task: an edit before the watcher is up would be taken for the state of the start.
        tasks = [
            asyncio.create_task(_watch(app, load, log, _state(app.files))),
            asyncio.create_task(_ask_again(app, load, log, every)),
        ]

        async def stop() -> None:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

        return stop

    return start


async def _watch(app: MockApp, load: Callable[[], Document], log: Log, served: dict[Path, tuple[int, int]]) -> None:
    """Reload until cancelled; `served` is the state of the files that the app was read from."""
    from watchfiles import awatch  # noqa: PLC0415 - the first reply should not wait for it

    while True:
        files = app.files
        folders = sorted({file.parent for file in files if file.parent.is_dir()})
        if not folders:
            return
        async for _ in awatch(
            *folders, debounce=_DEBOUNCE, step=_STEP, recursive=False, rust_timeout=_POLL, yield_on_timeout=True
        ):
            # The state decides, not the event: folders hold other files, too, and an event may be missed.
            now = _state(files)
            if now == served:
                continue
            served = now
            await _reload(app, load, log)
            if app.files != files:
                # Of the files that it had before, the state before the reload counts: they may have changed since.
                kept = {file: served[file] for file in served.keys() & app.files}
                served = _state(app.files) | kept
                break


async def _ask_again(app: MockApp, load: Callable[[], Document], log: Log, every: float) -> None:
    """Reload when another text stands at one of the document's addresses, until cancelled."""
    known: dict[UrlLocation, Fetched] = {}
    away: set[UrlLocation] = set()
    while app.document.addresses:
        await asyncio.sleep(every)
        has_changed = False
        for location, raw in app.document.addresses.items():
            before = known.get(location, Fetched(raw))
            try:
                known[location] = await asyncio.to_thread(location.fetch, DEFAULT, before)
            except Unreadable as reason:
                if location not in away:
                    message = "{location}: {reason}; the last good version is still served"
                    log.add_warning(Phrase(message, location=location, reason=reason.why))
                away.add(location)
                continue
            away.discard(location)
            has_changed |= known[location].raw != before.raw
        if has_changed:
            await _reload(app, load, log)


async def _reload(app: MockApp, load: Callable[[], Document], log: Log) -> None:
    try:
        document = await asyncio.to_thread(load)
    except BrokenDocument as broken:
        log.add_problems(broken.problems)
        log.add_note(Phrase("the last good version is still served"))
        return
    try:
        app.install(document)
    except BrokenDocument as broken:
        log.add_problems(broken.problems)
        log.add_note(Phrase("the last good version is still served"))
        return
    log.add_note(Phrase("{name} was edited: the new version is served", name=document.name))


def _state(files: frozenset[Path]) -> dict[Path, tuple[int, int]]:
    """Time of the last change, and size, of each file that exists."""
    found = {}
    for file in files:
        with contextlib.suppress(OSError):
            status = file.stat()
            found[file] = status.st_mtime_ns, status.st_size
    return found
