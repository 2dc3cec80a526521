"""PostgreSQL, by asyncpg."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import asyncpg

from cierre.clock import now_ms
from cierre.errors import CierreError, ServiceUnavailable
from cierre.storage.pool import ConnectionPool
from cierre.storage.statements import Backend, Compound, Listener, Query, Row, Statement

_UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server sent a reason and closed the connection between two queries
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # disk full, too many connections, out of memory
    asyncpg.OperatorInterventionError,  # the server shuts down, or an administrator ended the query
    asyncpg.DeadlockDetectedError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, before it is promoted
    asyncpg.InvalidCatalogNameError,  # the database was dropped, or is being restored
    asyncpg.ObjectNotInPrerequisiteStateError,  # the server accepts no connections
    asyncpg.InvalidAuthorizationSpecificationError,  # the role may no longer connect
)

# Two closings for one user may lock sessions in opposite orders; PostgreSQL then aborts one of them, which runs again.
_TRIES = 3

_CONNECT_TIMEOUT = 5.0  # seconds, for a new connection and for a free one of the pool
_QUERY_TIMEOUT = 10.0  # seconds
_CLOSE_TIMEOUT = 1.0  # seconds, for the last message on a connection whose network may hang
SESSION = {
    "application_name": "cierre",
    "jit": "off",
    # By default PostgreSQL plans a statement on a partitioned table anew at each call, which takes longer than running
    # it. One generic plan finds its partition at run time, and costs half (docs/decisions/0003-compiled-statements.md).
    "plan_cache_mode": "force_generic_plan",
}


class PostgresTx:
    """One pooled connection, for one request."""

    backend: Backend = "postgresql"

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._atomic = False
        self._after_commit: list[Callable[[], None]] = []
        self.now = now_ms()

    async def rows(self, query: Query[Row], /, **values: Any) -> Sequence[Row]:
        sql = query.postgresql
        rows: Sequence[Row] = await self._connection.fetch(sql.text, *sql.arguments(values))
        return rows

    async def row(self, query: Query[Row], /, **values: Any) -> Row | None:
        rows = await self.rows(query, **values)
        return rows[0] if rows else None

    async def run(self, statement: Statement, /, **values: Any) -> int:
        sql = statement.postgresql
        tag: str = await self._connection.execute(sql.text, *sql.arguments(values))
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def compound(self, compound: Compound[Row], /, **values: Any) -> Sequence[Row]:
        for _ in range(_TRIES - 1):
            try:
                return await self.rows(compound.single, **values)
            except asyncpg.DeadlockDetectedError:
                if self._atomic:
                    raise
        return await self.rows(compound.single, **values)

    def atomic(self) -> AbstractAsyncContextManager[None]:
        return self._transaction()

    def after_commit(self, action: Callable[[], None]) -> None:
        if self._atomic:
            self._after_commit.append(action)
        else:
            action()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        if self._atomic:
            yield
            return
        self._after_commit = []
        async with self._connection.transaction():
            self._atomic = True
            try:
                yield
            finally:
                self._atomic = False
        for action in self._after_commit:
            action()


class PostgresDatabase:
    """A pool of connections.

    Args:
        url: `postgresql://user@host:port/name`.
        pool_size: the largest number of connections; each is made when it is first needed.
    """

    backend: Backend = "postgresql"

    def __init__(self, url: str, *, pool_size: int) -> None:
        self.url = url
        self._pool_size = pool_size
        self._pool: ConnectionPool[asyncpg.Connection] = ConnectionPool(0, timeout=_CONNECT_TIMEOUT)

    async def open(self) -> None:
        self._pool = ConnectionPool(self._pool_size, timeout=_CONNECT_TIMEOUT)
        async with self.connect():
            pass

    async def close(self) -> None:
        for connection in self._pool.drain():
            await connection.close(timeout=_CONNECT_TIMEOUT)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[PostgresTx]:
        with driver_errors():
            connection = await self._acquire()
            try:
                yield PostgresTx(connection)
            except CierreError:
                raise
            except BaseException:
                # Perhaps in the middle of a query: the next request must not read the rest of its answer.
                connection.terminate()
                raise
            finally:
                self._pool.release(None if connection.is_closed() else connection)

    async def _acquire(self) -> asyncpg.Connection:
        connection = await self._pool.acquire()
        if connection is not None and not connection.is_closed():
            return connection
        try:
            return await self._new_connection()
        except BaseException:
            self._pool.release(None)
            raise

    async def _new_connection(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            self.url, timeout=_CONNECT_TIMEOUT, command_timeout=_QUERY_TIMEOUT, server_settings=SESSION
        )

    @asynccontextmanager
    async def listen(self, channel: str, listener: Listener) -> AsyncIterator[PostgresTx]:
        """A connection outside of the pool that calls `listener` with the payload of every notification."""
        with driver_errors():
            connection = await self._new_connection()
            try:
                await connection.add_listener(channel, lambda _c, _pid, _channel, payload: listener(payload))
                yield PostgresTx(connection)
            finally:
                with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await connection.close(timeout=_CLOSE_TIMEOUT)


class driver_errors:  # noqa: N801 - a context manager
    """Raise `ServiceUnavailable` (503) for every error of the driver that means that the database is unavailable."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, failure: BaseException | None, _traceback: object) -> None:
        if isinstance(failure, _UNAVAILABLE):
            raise ServiceUnavailable from failure
