"""SQLite, called on the event loop: a statement takes microseconds, less than a change of threads.

Several processes may share the file (WAL mode): a writer that finds it locked waits without blocking the event loop.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

from cierre.clock import now_ms
from cierre.errors import ServiceUnavailable
from cierre.storage.statements import Backend, Compound, Listener, Query, Row, Sql, Statement

_LOCK_TIMEOUT = 5.0  # seconds that a writer waits for the write lock
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class SqliteTx:
    """One connection, for one request."""

    backend: Backend = "sqlite"

    def __init__(self, connection: sqlite3.Connection, write_lock: asyncio.Lock, log: WriteAheadLog | NoLog) -> None:
        self._connection = connection
        self._write_lock = write_lock
        self._log = log
        self._atomic = False
        self._after_commit: list[Callable[[], None]] = []
        self.now = now_ms()

    async def rows(self, query: Query[Row], /, **values: Any) -> Sequence[Row]:
        sql = query.sqlite
        if sql.text.startswith("SELECT"):
            return self._execute(sql, values).fetchall()
        async with self.atomic():
            return self._execute(sql, values).fetchall()

    async def row(self, query: Query[Row], /, **values: Any) -> Row | None:
        rows = await self.rows(query, **values)
        return rows[0] if rows else None

    async def run(self, statement: Statement, /, **values: Any) -> int:
        async with self.atomic():
            return self._execute(statement.sqlite, values).rowcount

    async def compound(self, compound: Compound[Row], /, **values: Any) -> Sequence[Row]:
        async with self.atomic():
            for statement in compound.writes:
                self._execute(statement.sqlite, values)
            return self._execute(compound.result.sqlite, values).fetchall()

    def atomic(self) -> AbstractAsyncContextManager[None]:
        return self._transaction()

    def after_commit(self, action: Callable[[], None]) -> None:
        if self._atomic:
            self._after_commit.append(action)
        else:
            action()

    def _execute(self, sql: Sql, values: dict[str, Any]) -> sqlite3.Cursor:
        return self._connection.execute(sql.text, [_sqlite_value(value) for value in sql.arguments(values)])

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        if self._atomic:
            yield
            return
        async with self._write_lock:
            await self._begin()
            self._atomic = True
            self._after_commit = []
            try:
                yield
            except BaseException:
                self._connection.rollback()
                raise
            else:
                self._commit()
            finally:
                self._atomic = False
        await self._log.flushed()
        for action in self._after_commit:
            action()

    def _commit(self) -> None:
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            # A full disk fails here: nothing of the transaction may stay.
            self._connection.rollback()
            raise

    async def _begin(self) -> None:
        """Take the write lock; while another process holds it, other tasks of this process go on.

        Raises:
            sqlite3.OperationalError: the lock was not released in time.
        """
        deadline = asyncio.get_running_loop().time() + _LOCK_TIMEOUT
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as busy:
                if busy.sqlite_errorcode & 0xFF not in _LOCKED or asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(random.uniform(0.0005, 0.005))  # noqa: S311 - jitter, no secret
            else:
                return


class WriteAheadLog:
    """Group commit: flushes the write-ahead log to disk, once for all transactions that wait for it.

    With `synchronous=FULL` SQLite itself would flush at each commit, while it holds the write lock. So connections use
    `synchronous=NORMAL`, where a commit doesn't flush, and after its commit each transaction waits for a flush that
    began later than that (docs/decisions/0009-sqlite-group-commit.md has the measurements).

    Args:
        path: of the database file.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{path}-wal"
        self._file: int | None = None
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
        # A transaction may still wait for a flush that has begun.
        async with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    async def _flush(self) -> None:
        async with self._lock:
            # A transaction that commits from here on waits for the next flush.
            self._next = None
            if self._file is None:
                self._file = os.open(self._path, os.O_RDONLY)
            await asyncio.to_thread(os.fdatasync, self._file)


class NoLog:
    """The same for a database in memory, where nothing has to reach a disk."""

    async def flushed(self) -> None:
        return None

    async def close(self) -> None:
        return None


class SqliteDatabase:
    """A database file, or a database in the memory of this process.

    Args:
        path: of the file, or a `file:` URI of SQLite's for a database in memory.
    """

    backend: Backend = "sqlite"

    def __init__(self, path: str) -> None:
        self.path = path
        self._free: list[sqlite3.Connection] = []
        self._write_lock = asyncio.Lock()
        self._log = NoLog() if path.startswith("file:") else WriteAheadLog(path)

    async def open(self) -> None:
        with driver_errors():
            self._free.append(self._new_connection())

    async def close(self) -> None:
        await self._log.close()
        while self._free:
            self._free.pop().close()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[SqliteTx]:
        with driver_errors():
            connection = self._free.pop() if self._free else self._new_connection()
            try:
                yield SqliteTx(connection, self._write_lock, self._log)
            finally:
                self._free.append(connection)

    def listen(self, channel: str, listener: Listener) -> AbstractAsyncContextManager[SqliteTx]:  # noqa: ARG002
        """A connection like any other: SQLite has no notifications, so `listener` is never called."""
        return self.connect()

    def _new_connection(self) -> sqlite3.Connection:
        uri = self.path.startswith("file:")
        connection = sqlite3.connect(
            self.path,
            isolation_level=None,
            timeout=0,
            uri=uri,
            cached_statements=256,
            check_same_thread=False,
        )
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-16000"):
            _set_pragma(connection, f"PRAGMA {pragma}")
        return connection


def _set_pragma(connection: sqlite3.Connection, pragma: str) -> None:
    # The first process sets the journal mode, which takes a lock; others that start at the same time wait for it.
    connection.execute(f"PRAGMA busy_timeout={int(_LOCK_TIMEOUT * 1000)}")
    connection.execute(pragma).fetchall()
    connection.execute("PRAGMA busy_timeout=0")


def _sqlite_value(value: Any) -> Any:
    return value.isoformat(" ", "seconds") if isinstance(value, datetime) else value


@contextmanager
def driver_errors() -> Iterator[None]:
    """Raise `ServiceUnavailable` (503) for a file that is locked, missing, read-only, full or broken.

    An error in a statement is raised as it is.
    """
    try:
        yield
    except OSError as failure:
        raise ServiceUnavailable from failure
    except sqlite3.OperationalError as failure:
        if failure.sqlite_errorcode & 0xFF == sqlite3.SQLITE_ERROR:
            raise
        raise ServiceUnavailable from failure
    except sqlite3.DatabaseError as failure:
        # An error of Python's own module has no error code of SQLite's.
        if getattr(failure, "sqlite_errorcode", 0) & 0xFF not in _BROKEN:
            raise
        raise ServiceUnavailable from failure
