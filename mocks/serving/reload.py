"""Reloading: an edit of any file of the document is served at once, one at an address when it is next asked for.

A broken edit leaves the last good version.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from cierre.mocks.app import MockApp
from cierre.mocks.log import Log
from cierre.oas.document import Document
from cierre.oas.errors import BrokenDocument
from cierre.oas.limits import DEFAULT
from cierre.oas.locations import Fetched, Unreadable, UrlLocation
from cierre.phrases import Phrase

# The time of the last change, and the size, of each file that exists.
State = dict[Path, tuple[int, int]]
# Seconds between two looks at the files, and how many times what a look took that is at the least: a document may have
# thousands of files. A look at one takes two microseconds, and needs no thread that wants its turn beside requests.
_PAUSE = 0.1
_SHARE = 50
# Seconds in which nothing changes, once something has, and how often that is waited for.
_STEP = 0.05
_MOST_STEPS = 20
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


async def _watch(app: MockApp, load: Callable[[], Document], log: Log, served: State) -> None:
    """Reload until cancelled; `served` is the state of the files that the app was read from."""
    while True:
        began = time.perf_counter()
        now = _state(app.files)
        pause = max(_PAUSE, _SHARE * (time.perf_counter() - began))
        if now != served:
            now = await _settled(app)
        if now != served:
            files, served = app.files, now
            await _reload(app, load, log)
            if app.files != files:
                # Of the files that it had before, the state before the reload counts: they may have changed since.
                kept = {file: served[file] for file in served.keys() & app.files}
                served = _state(app.files) | kept
        await asyncio.sleep(pause)


async def _settled(app: MockApp) -> State:
    """The state of the files once they are written: editors write a file in several steps."""
    now = _state(app.files)
    for _ in range(_MOST_STEPS):
        await asyncio.sleep(_STEP)
        before, now = now, _state(app.files)
        if now == before:
            break
    return now


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


def _state(files: frozenset[Path]) -> State:
    """Time of the last change, and size, of each file that exists."""
    found = {}
    for file in files:
        with contextlib.suppress(OSError):
            status = file.stat()
            found[file] = status.st_mtime_ns, status.st_size
    return found
