"""PostgreSQL, by asyncpg's pool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg

from cierre.errors import ServiceUnavailable
from cierre.storage.statements import Backend, Compound, Listener, Row, Statement
from cierre.times import now_ms

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
    asyncpg.InvalidAuthorizationSpecificationError,  # who connects was locked out
)

# Two closings of one user may lock his sessions in opposite orders; PostgreSQL then ends one, which runs again.
_TRIES = 3

_SESSION = {"application_name": "cierre", "jit": "off"}


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

    def after_commit(self, act: Callable[[], None]) -> None:
        if self._atomic:
            self._after_commit.append(act)
        else:
            act()

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
        for act in self._after_commit:
            act()


class PostgresDatabase:
    """A pool of connections.

    Args:
        url: `postgresql://user@host:port/name`.
        pool_size: connections at the most.
    """

    backend: Backend = "postgresql"

    def __init__(self, url: str, *, pool_size: int) -> None:
        self.url = url
        self._pool_size = pool_size
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        with unavailable_when_away():
            self._pool = await asyncpg.create_pool(
                self.url,
                min_size=1,
                max_size=self._pool_size,
                timeout=5,
                command_timeout=10,
                # Nothing of ours outlives a statement on a connection, so there is nothing to reset between two uses.
                reset=_keep,
                server_settings=_SESSION,
            )

    async def close(self) -> None:
        if self._pool is not None:
            # What is under way may finish; what hangs is cut.
            try:
                await asyncio.wait_for(self._pool.close(), 5)
            except TimeoutError:
                self._pool.terminate()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[PostgresTx]:
        if self._pool is None:
            raise ServiceUnavailable
        with unavailable_when_away():
            async with self._pool.acquire(timeout=5) as connection:
                yield PostgresTx(connection)

    @asynccontextmanager
    async def listen(self, channel: str, listener: Listener) -> AsyncIterator[PostgresTx]:
        """A connection beside the pool that calls `listener` with the payload of every notification."""
        with unavailable_when_away():
            connection = await asyncpg.connect(self.url, timeout=5, command_timeout=10, server_settings=_SESSION)
            try:
                await connection.add_listener(channel, lambda _c, _pid, _channel, payload: listener(payload))
                yield PostgresTx(connection)
            finally:
                # Nothing is under way on it; a polite goodbye could hang with the network.
                connection.terminate()


async def _keep(connection: asyncpg.Connection) -> None:
    # Left so by a request that was cut short: nobody else may find himself inside of its transaction.
    if connection.is_in_transaction():
        connection.terminate()


class unavailable_when_away:  # noqa: N801 - reads as a statement
    """Turn the driver's ways of saying that the database is not there into one: 503."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, failure: BaseException | None, _traceback: object) -> None:
        if isinstance(failure, _AWAY):
            raise ServiceUnavailable from failure
