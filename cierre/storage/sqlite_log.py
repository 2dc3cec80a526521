"""When a commit of SQLite's is on disk: one flush for all transactions that wait for it."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor


class WriteAheadLog:
    """Group commit: flushes the write-ahead log to disk, once for all transactions that wait for it.

    With `synchronous=FULL` SQLite itself would flush at each commit, while it holds the write lock. So connections use
    `synchronous=NORMAL`, where a commit doesn't flush, and after its commit each transaction waits for a flush that
    began later than that (docs/decisions/0013-sqlite-group-commit.md has the measurements).

    Args:
        path: of the database file.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{path}-wal"
        self._file: int | None = None
        # Its own: nothing else that takes its time may hold up a commit. There is one while the file is open.
        self._thread: ThreadPoolExecutor | None = None
        self._lock = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None

    async def flushed(self) -> None:
        """Wait until all that is committed by now is on disk.

        Raises:
            OSError: the disk refuses.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._flush())
        await asyncio.shield(self._next)

    async def close(self) -> None:
        """Let go of the file, once the flush that has begun is over."""
        # A transaction may still wait for a flush that has begun.
        async with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
            if self._thread is not None:
                self._thread.shutdown()
                self._thread = None

    async def _flush(self) -> None:
        async with self._lock:
            # A transaction that commits from here on waits for the next flush.
            self._next = None
            if self._file is None:
                self._file = os.open(self._path, os.O_RDONLY)
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="fdatasync")
            await asyncio.get_running_loop().run_in_executor(self._thread, os.fdatasync, self._file)


class NoLog:
    """The same for a database in memory, where nothing has to reach a disk."""

    async def flushed(self) -> None:
        return None

    async def close(self) -> None:
        return None
