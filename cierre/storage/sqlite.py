"""SQLite, inline: a statement takes microseconds, less than handing it to a thread would.

Several processes may share the file (WAL): a writer that finds it locked waits without blocking the others of its
process.
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
from cierre.storage.statements import Backend, Compound, Listener, Row, Sql, Statement

_PATIENCE = 5.0  # seconds that a writer waits for its turn
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class SqliteTx:
    """One connection, for one request."""

    backend: Backend = "sqlite"

    def __init__(self, connection: sqlite3.Connection, turn: asyncio.Lock, log: WriteAheadLog | NoLog) -> None:
        self._connection = connection
        self._turn = turn
        self._log = log
        self._atomic = False
        self._after_commit: list[Callable[[], None]] = []
        self.now = now_ms()

    async def rows(self, statement: Statement, /, **values: Any) -> Sequence[Row]:
        sql = statement.sqlite
        if sql.text.startswith("SELECT"):
            return self._execute(sql, values).fetchall()
        async with self.atomic():
            return self._execute(sql, values).fetchall()

    async def row(self, statement: Statement, /, **values: Any) -> Row | None:
        rows = await self.rows(statement, **values)
        return rows[0] if rows else None

    async def run(self, statement: Statement, /, **values: Any) -> int:
        async with self.atomic():
            return self._execute(statement.sqlite, values).rowcount

    async def compound(self, compound: Compound, /, **values: Any) -> Sequence[Row]:
        async with self.atomic():
            for statement in compound.series[:-1]:
                self._execute(statement.sqlite, values)
            return self._execute(compound.series[-1].sqlite, values).fetchall()

    def atomic(self) -> AbstractAsyncContextManager[None]:
        return self._transaction()

    def after_commit(self, action: Callable[[], None]) -> None:
        if self._atomic:
            self._after_commit.append(action)
        else:
            action()

    def _execute(self, sql: Sql, values: dict[str, Any]) -> sqlite3.Cursor:
        return self._connection.execute(sql.text, [_plain(value) for value in sql.arguments(values)])

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        if self._atomic:
            yield
            return
        async with self._turn:
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
            # A full disk refuses here: nothing of the act may stay.
            self._connection.rollback()
            raise

    async def _begin(self) -> None:
        """Take the write lock; while another process has it, let this one go on with something else."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE
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
    """Brings commits to disk, many with one flush.

    SQLite itself would flush at each commit, while it holds the write lock (`synchronous=FULL`). So it commits without
    (`NORMAL`), lets the next writer go on, and nobody is answered before a flush that began after his commit.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{path}-wal"
        self._file: int | None = None
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None

    async def flushed(self) -> None:
        """Wait until what is committed by now is on disk."""
        if self._next is None:
            self._next = asyncio.create_task(self._flush())
        await asyncio.shield(self._next)

    async def close(self) -> None:
        # A flush under way is of somebody who waits for it.
        async with self._turn:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    async def _flush(self) -> None:
        async with self._turn:
            # Who commits from here on waits for the flush after this one.
            self._next = None
            if self._file is None:
                self._file = os.open(self._path, os.O_RDONLY)
            await asyncio.to_thread(os.fdatasync, self._file)


class NoLog:
    """Of a database in memory: there is no disk to wait for."""

    async def flushed(self) -> None:
        return None

    async def close(self) -> None:
        return None


class SqliteDatabase:
    """A file, or `:memory:` for one process.

    Args:
        path: of the file.
    """

    backend: Backend = "sqlite"

    def __init__(self, path: str) -> None:
        self.path = path
        self._free: list[sqlite3.Connection] = []
        self._turn = asyncio.Lock()
        self._log = NoLog() if path.startswith("file:") else WriteAheadLog(path)

    async def open(self) -> None:
        with unavailable_when_away():
            self._free.append(self._new_connection())

    async def close(self) -> None:
        await self._log.close()
        while self._free:
            self._free.pop().close()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[SqliteTx]:
        with unavailable_when_away():
            connection = self._free.pop() if self._free else self._new_connection()
            try:
                yield SqliteTx(connection, self._turn, self._log)
            finally:
                self._free.append(connection)

    def listen(self, channel: str, listener: Listener) -> AbstractAsyncContextManager[SqliteTx]:  # noqa: ARG002
        """A connection like any other: SQLite tells nobody of what others write."""
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
            _patiently(connection, f"PRAGMA {pragma}")
        return connection


def _patiently(connection: sqlite3.Connection, pragma: str) -> None:
    # Only the first process to come sets the journal's mode; the others may meet it doing so.
    connection.execute(f"PRAGMA busy_timeout={int(_PATIENCE * 1000)}")
    connection.execute(pragma).fetchall()
    connection.execute("PRAGMA busy_timeout=0")


def _plain(value: Any) -> Any:
    return value.isoformat(" ", "seconds") if isinstance(value, datetime) else value


@contextmanager
def unavailable_when_away() -> Iterator[None]:
    """A locked, missing, read-only, full or broken file is 503; a mistake in a statement stays a mistake."""
    try:
        yield
    except OSError as failure:
        raise ServiceUnavailable from failure
    except sqlite3.OperationalError as failure:
        if failure.sqlite_errorcode & 0xFF == sqlite3.SQLITE_ERROR:
            raise
        raise ServiceUnavailable from failure
    except sqlite3.DatabaseError as failure:
        # What Python itself objects to has no code of SQLite's.
        if getattr(failure, "sqlite_errorcode", 0) & 0xFF not in _BROKEN:
            raise
        raise ServiceUnavailable from failure
