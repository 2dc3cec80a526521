"""SQLite, called on the event loop: a statement takes microseconds, less than a change of threads.

Several processes may share the file (WAL mode): a writer that finds it locked waits without blocking the event loop.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

from cierre.errors import ServiceUnavailable
from cierre.settings import DEFAULT_DATABASE_LIMITS, DatabaseLimits
from cierre.storage.database_clock import DatabaseClock, HostClock
from cierre.storage.pool import ConnectionPool, PoolUse
from cierre.storage.sqlite_log import NoLog, WriteAheadLog
from cierre.storage.statements import Backend, Compound, EventConsumers, Listener, Query, Row, Sql, Statement

_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class SqliteTx:
    """One connection, for one request.

    Args:
        write_lock: of this process: its transactions take turns without asking SQLite.
        log: makes a commit durable.
        lock_timeout: seconds that a writer waits for another process, which has locked the file.
    """

    backend: Backend = "sqlite"

    def __init__(
        self,
        connection: sqlite3.Connection,
        write_lock: asyncio.Lock,
        log: WriteAheadLog | NoLog,
        now: int,
        *,
        lock_timeout: float,
        consumers: EventConsumers | None,
    ) -> None:
        self._connection = connection
        self._lock_timeout = lock_timeout
        self._write_lock = write_lock
        self._log = log
        self._atomic = False
        self._after_commit: list[Callable[[], None]] = []
        self.now = now
        self.consumers = consumers

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
        deadline = asyncio.get_running_loop().time() + self._lock_timeout
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
    """A database file, or a database in the memory of this process.

    One connection stays open as long as the database is: with its last one a database in memory ends, and SQLite
    deletes the write-ahead log, which `WriteAheadLog` has open.

    Args:
        path: of the file, or a `file:` URI of SQLite's for a database in memory.
    """

    backend: Backend = "sqlite"

    def __init__(self, path: str, *, limits: DatabaseLimits = DEFAULT_DATABASE_LIMITS) -> None:
        self.path = path
        self.consumers: EventConsumers | None = None
        self.clock: DatabaseClock = HostClock()
        self._lock_timeout = limits.lock_timeout / 1000
        self._pool: ConnectionPool[sqlite3.Connection] = ConnectionPool(
            limits.pool_size,
            timeout=limits.pool_timeout / 1000,
            idle=limits.pool_idle / 1000,
            close=lambda connection: connection.close(),
            keep=1,
        )
        self._write_lock = asyncio.Lock()
        self._log = NoLog() if path.startswith("file:") else WriteAheadLog(path)

    @property
    def use(self) -> PoolUse:
        return self._pool.use

    async def open(self) -> None:
        async with self.connect():
            pass

    async def close(self) -> None:
        await self._log.close()
        for connection in self._pool.drain():
            connection.close()

    @asynccontextmanager
    async def connect(self, *, on_behalf_of: Hashable | None = None) -> AsyncIterator[SqliteTx]:  # noqa: ARG002 - see below
        """A connection for one operation.

        `on_behalf_of` changes nothing: SQLite locks the file and no rows, so no user is more in the way than another.
        """
        with driver_errors():
            connection = await self._acquire()
            try:
                now = self.clock.now()
                yield SqliteTx(
                    connection,
                    self._write_lock,
                    self._log,
                    now,
                    lock_timeout=self._lock_timeout,
                    consumers=self.consumers,
                )
            finally:
                self._pool.release(connection)

    async def _acquire(self) -> sqlite3.Connection:
        connection = await self._pool.acquire()
        if connection is not None:
            return connection
        try:
            return self._new_connection()
        except BaseException:
            self._pool.release(None)
            raise

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
            self._set_pragma(connection, f"PRAGMA {pragma}")
        return connection

    def _set_pragma(self, connection: sqlite3.Connection, pragma: str) -> None:
        # The first process sets the journal mode, which takes a lock; others that start at the same time wait for it.
        connection.execute(f"PRAGMA busy_timeout={int(self._lock_timeout * 1000)}")
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
