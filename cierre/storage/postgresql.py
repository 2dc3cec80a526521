"""PostgreSQL, by asyncpg's pool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg

from cierre.errors import ServiceUnavailable
from cierre.storage.statements import Backend, Compound, Row, Statement
from cierre.times import now_ms

_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # disk full, too many connections, out of memory
    asyncpg.OperatorInterventionError,  # the server shuts down, or an administrator ended the query
    asyncpg.DeadlockDetectedError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, before it is promoted
)

# Two closings of one user may lock his sessions in opposite orders; PostgreSQL then ends one, which runs again.
_TRIES = 3

Listener = Callable[[str], None]


class PostgresTx:
    """One pooled connection, for one request."""

    backend: Backend = "postgresql"

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._atomic = False
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

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        if self._atomic:
            yield
            return
        async with self._connection.transaction():
            self._atomic = True
            try:
                yield
            finally:
                self._atomic = False


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
        self._listener: asyncpg.Connection | None = None

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
                server_settings={"application_name": "cierre", "jit": "off"},
            )

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.terminate()
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

    async def listen(self, channel: str, listener: Listener, on_loss: Callable[[], None]) -> None:
        """Call `listener` with the payload of every notification; `on_loss` once, when the connection is gone."""
        with unavailable_when_away():
            connection = await asyncpg.connect(self.url, timeout=5)
            connection.add_termination_listener(lambda _: on_loss())
            await connection.add_listener(channel, lambda _c, _pid, _channel, payload: listener(payload))
        self._listener = connection


async def _keep(_connection: asyncpg.Connection) -> None:
    return None


class unavailable_when_away:  # noqa: N801 - reads as a statement
    """Turn the driver's ways of saying that the database is not there into one: 503."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, failure: BaseException | None, _traceback: object) -> None:
        if isinstance(failure, _AWAY):
            raise ServiceUnavailable from failure
