"""PostgreSQL, by asyncpg."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import asyncpg

from cierre.clock import now_ms
from cierre.errors import CierreError, ServiceUnavailable
from cierre.storage.pool import Places
from cierre.storage.statements import Backend, Compound, Listener, Row, Statement

_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server has said why it hangs up, and asyncpg was not asking
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # disk full, too many connections, out of memory
    asyncpg.OperatorInterventionError,  # the server shuts down, or an administrator ended the query
    asyncpg.DeadlockDetectedError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, before it is promoted
    asyncpg.InvalidCatalogNameError,  # the database was dropped, or is being restored
    asyncpg.ObjectNotInPrerequisiteStateError,  # it takes no connections
    asyncpg.InvalidAuthorizationSpecificationError,  # who connects was locked out
)

# Two closings of one user may lock his sessions in opposite orders; PostgreSQL then ends one, which runs again.
_TRIES = 3

_PATIENCE = 5.0  # seconds for a connection, new or from another request
SESSION = {
    "application_name": "cierre",
    "jit": "off",
    # Left alone, PostgreSQL plans a statement on a partitioned table anew at each call, which takes longer than running
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

    async def rows(self, statement: Statement, /, **values: Any) -> Sequence[Row]:
        sql = statement.postgresql
        rows: Sequence[Row] = await self._connection.fetch(sql.text, *sql.arguments(values))
        return rows

    async def row(self, statement: Statement, /, **values: Any) -> Row | None:
        rows = await self.rows(statement, **values)
        return rows[0] if rows else None

    async def run(self, statement: Statement, /, **values: Any) -> int:
        sql = statement.postgresql
        tag: str = await self._connection.execute(sql.text, *sql.arguments(values))
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def compound(self, compound: Compound, /, **values: Any) -> Sequence[Row]:
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
        pool_size: connections at the most; they are made when they are needed.
    """

    backend: Backend = "postgresql"

    def __init__(self, url: str, *, pool_size: int) -> None:
        self.url = url
        self._pool_size = pool_size
        self._places: Places[asyncpg.Connection] = Places(0, patience=_PATIENCE)

    async def open(self) -> None:
        self._places = Places(self._pool_size, patience=_PATIENCE)
        async with self.connect():
            pass

    async def close(self) -> None:
        for connection in self._places.drain():
            await connection.close(timeout=_PATIENCE)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[PostgresTx]:
        with unavailable_when_away():
            connection = await self._take()
            try:
                yield PostgresTx(connection)
            except CierreError:
                raise
            except BaseException:
                # Cut short, perhaps in the middle of a query: nobody else may find the rest of it.
                connection.terminate()
                raise
            finally:
                self._places.give(None if connection.is_closed() else connection)

    async def _take(self) -> asyncpg.Connection:
        connection = await self._places.take()
        if connection is not None and not connection.is_closed():
            return connection
        try:
            return await self._new_connection()
        except BaseException:
            self._places.give(None)
            raise

    async def _new_connection(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.url, timeout=_PATIENCE, command_timeout=10, server_settings=SESSION)

    @asynccontextmanager
    async def listen(self, channel: str, listener: Listener) -> AsyncIterator[PostgresTx]:
        """A connection beside the pool that calls `listener` with the payload of every notification."""
        with unavailable_when_away():
            connection = await self._new_connection()
            try:
                await connection.add_listener(channel, lambda _c, _pid, _channel, payload: listener(payload))
                yield PostgresTx(connection)
            finally:
                # A goodbye may hang with the network: after a second it is cut.
                with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await connection.close(timeout=1)


class unavailable_when_away:  # noqa: N801 - reads as a statement
    """Turn the driver's ways of saying that the database is not there into one: 503."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, failure: BaseException | None, _traceback: object) -> None:
        if isinstance(failure, _AWAY):
            raise ServiceUnavailable from failure
