"""SQLite, inline: a statement takes microseconds, less than handing it to a thread would.

Several processes may share the file (WAL): a writer that finds it locked waits without blocking the others of its
process.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

from cierre.errors import ServiceUnavailable
from cierre.storage.statements import Backend, Compound, Row, Sql, Statement
from cierre.times import now_ms

_PATIENCE = 5.0  # seconds that a writer waits for its turn
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class SqliteTx:
    """One connection, for one request."""

    backend: Backend = "sqlite"

    def __init__(self, connection: sqlite3.Connection, turn: asyncio.Lock) -> None:
        self._connection = connection
        self._turn = turn
        self._atomic = False
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
            try:
                yield
            except BaseException:
                self._connection.rollback()
                raise
            else:
                self._commit()
            finally:
                self._atomic = False

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

    async def open(self) -> None:
        with unavailable_when_away():
            self._free.append(self._new_connection())

    async def close(self) -> None:
        while self._free:
            self._free.pop().close()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[SqliteTx]:
        with unavailable_when_away():
            connection = self._free.pop() if self._free else self._new_connection()
            try:
                yield SqliteTx(connection, self._turn)
            finally:
                self._free.append(connection)

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
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
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
    """A locked, missing, read-only or full file is 503; a mistake in a statement stays a mistake."""
    try:
        yield
    except sqlite3.OperationalError as failure:
        if failure.sqlite_errorcode & 0xFF == sqlite3.SQLITE_ERROR:
            raise
        raise ServiceUnavailable from failure
