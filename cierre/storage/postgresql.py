"""PostgreSQL, by asyncpg."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from types import TracebackType
from typing import Any

import asyncpg

from cierre.clock import boottime
from cierre.errors import CierreError, RowLocked, ServiceUnavailable, TransactionConflict
from cierre.settings import DEFAULT_DATABASE_LIMITS, DatabaseLimits
from cierre.storage.database_clock import SERVER_TIME, DatabaseClock, ServerClock
from cierre.storage.pool import ConnectionPool, PoolUse, Shares
from cierre.storage.postgresql_connections import Connector, connect_to_primary, urls_of_hosts
from cierre.storage.statements import Backend, Compound, EventConsumers, Listener, Query, Row, Statement

# One of two transactions that stood in each other's way was aborted: it may run again.
_CONFLICTS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
_UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server sent a reason and closed the connection between two queries
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # disk full, too many connections, out of memory
    asyncpg.OperatorInterventionError,  # the server shuts down, or the query was ended, by hand or by a timeout
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, before it is promoted
    asyncpg.InvalidCatalogNameError,  # the database was dropped, or is being restored
    asyncpg.ObjectNotInPrerequisiteStateError,  # the server accepts no connections, or a row stayed locked
    asyncpg.InvalidAuthorizationSpecificationError,  # the role may no longer connect
    asyncpg.InsufficientPrivilegeError,  # the role may connect, but not do this: `cierre db roles` says what it may
)
# The server closed this connection, or is a primary no more: the free ones, made earlier, are as useless.
_CONNECTION_LOST = (
    ConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ReadOnlySQLTransactionError,
)
# The server ended the statement and no more: the connection can be used again.
_STATEMENT_ENDED = (*_CONFLICTS, asyncpg.QueryCanceledError)

# How often a statement runs that was aborted for another transaction.
_TRIES = 3
# Until the end of the transaction; behind a pooler as well.
_PLAN_ANEW = "SET LOCAL plan_cache_mode = force_custom_plan"
_CLOSE_TIMEOUT = 1.0  # seconds, for the last message on a connection whose network may hang


class PostgresTx:
    """One pooled connection, for one request."""

    backend: Backend = "postgresql"

    def __init__(self, connection: asyncpg.Connection, now: int, consumers: EventConsumers | None = None) -> None:
        self._connection = connection
        self._atomic = False
        self._after_commit: list[Callable[[], None]] = []
        self.now = now
        self.consumers = consumers

    async def rows(self, query: Query[Row], /, **values: Any) -> Sequence[Row]:
        sql = query.postgresql
        rows: Sequence[Row] = await self._run(query, self._connection.fetch, sql.text, sql.arguments(values))
        return rows

    async def row(self, query: Query[Row], /, **values: Any) -> Row | None:
        rows = await self.rows(query, **values)
        return rows[0] if rows else None

    async def run(self, statement: Statement, /, **values: Any) -> int:
        sql = statement.postgresql
        tag: str = await self._run(statement, self._connection.execute, sql.text, sql.arguments(values))
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def compound(self, compound: Compound[Row], /, **values: Any) -> Sequence[Row]:
        return await self.rows(compound.single, **values)

    def atomic(self) -> AbstractAsyncContextManager[None]:
        return self._transaction()

    def after_commit(self, action: Callable[[], None]) -> None:
        if self._atomic:
            self._after_commit.append(action)
        else:
            action()

    async def _run(
        self, statement: Statement, method: Callable[..., Awaitable[Any]], text: str, arguments: list[Any]
    ) -> Any:
        """Run one statement; outside of `atomic()` again, where it was aborted for another transaction.

        Raises:
            RowLocked: what it asked for stayed locked; the connection can be used on.
        """
        tries = 0
        while True:
            tries += 1
            try:
                if statement.planned_anew:
                    return await self._planned_anew(method, text, arguments)
                return await method(text, *arguments)
            except asyncpg.LockNotAvailableError as locked:
                raise RowLocked from locked
            except _CONFLICTS:
                if self._atomic or tries == _TRIES:
                    raise
            await asyncio.sleep(random.uniform(0.001, 0.01))  # noqa: S311 - jitter, no secret

    async def _planned_anew(self, method: Callable[..., Awaitable[Any]], text: str, arguments: list[Any]) -> Any:
        async with self._connection.transaction(isolation="read_committed"):
            await self._connection.execute(_PLAN_ANEW)
            return await method(text, *arguments)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        if self._atomic:
            yield
            return
        self._after_commit = []
        # Said with each BEGIN: behind a pooler the session's own default is not ours.
        async with self._connection.transaction(isolation="read_committed"):
            self._atomic = True
            try:
                yield
            finally:
                self._atomic = False
        for action in self._after_commit:
            action()


class PostgresDatabase:
    """A pool of connections to the primary; each is made when it is first needed.

    Args:
        url: as `postgresql_connections.connection_url` returns it.
    """

    backend: Backend = "postgresql"

    def __init__(self, url: str, *, limits: DatabaseLimits = DEFAULT_DATABASE_LIMITS) -> None:
        self.url = url
        self.consumers: EventConsumers | None = None
        self.clock: DatabaseClock = ServerClock()
        self._limits = limits
        self._connector = Connector(url, limits)
        self._shares = Shares(limits.share, timeout=limits.pool_timeout / 1000)
        self._pool = self._new_pool(0)

    @property
    def use(self) -> PoolUse:
        return self._pool.use

    async def open(self) -> None:
        self._pool = self._new_pool(self._limits.pool_size)
        async with self.connect():
            pass

    async def close(self) -> None:
        for connection in self._pool.drain():
            await connection.close(timeout=self._limits.pool_timeout / 1000)

    def connect(self, *, on_behalf_of: Hashable | None = None) -> AbstractAsyncContextManager[PostgresTx]:
        return _Connecting(self, on_behalf_of)

    async def take(self, on_behalf_of: Hashable | None) -> asyncpg.Connection:
        """Take a connection; it must be given to `give_back`.

        Raises:
            ServiceUnavailable: the database is unreachable, or no connection was free in time.
        """
        with driver_errors():
            await self._shares.enter(on_behalf_of)
            try:
                return await self._acquire()
            except BaseException:
                self._shares.leave(on_behalf_of)
                raise

    def give_back(
        self, connection: asyncpg.Connection, on_behalf_of: Hashable | None, failure: BaseException | None
    ) -> None:
        """Give a connection back.

        Args:
            failure: what ended its use; None: nothing did.
        """
        if failure is not None and not isinstance(failure, (CierreError, *_STATEMENT_ENDED)):
            # Perhaps in the middle of a query: the next request must not read the rest of its answer.
            connection.terminate()
            if isinstance(failure, _CONNECTION_LOST):
                self._close_free()
        self._pool.release(None if connection.is_closed() else connection)
        self._shares.leave(on_behalf_of)

    def _close_free(self) -> None:
        """Close the free connections: a request after an outage meets one that is lost once, not once for each."""
        for connection in self._pool.drain():
            connection.terminate()

    async def _acquire(self) -> asyncpg.Connection:
        connection = await self._pool.acquire()
        if connection is not None and not connection.is_closed():
            return connection
        try:
            return await self._new_connection()
        except BaseException:
            self._pool.release(None)
            raise

    def _new_pool(self, size: int) -> ConnectionPool[asyncpg.Connection]:
        return ConnectionPool(
            size,
            timeout=self._limits.pool_timeout / 1000,
            idle=self._limits.pool_idle / 1000,
            close=lambda connection: connection.terminate(),
        )

    async def _new_connection(self) -> asyncpg.Connection:
        connection = await self._connector.connect()
        try:
            asked = boottime()
            theirs = await connection.fetchval(f"SELECT {SERVER_TIME}")
            self.clock.compare(theirs, took=boottime() - asked)
        except BaseException:
            connection.terminate()
            raise
        return connection

    @asynccontextmanager
    async def listen(self, channel: str, listener: Listener) -> AsyncIterator[PostgresTx]:
        """A connection outside of the pool that calls `listener` with the payload of every notification.

        Behind a pooler `listener` is never called: see `Connector`.
        """
        with driver_errors():
            connection = await self._new_connection()
            try:
                if not self._connector.pooled:
                    await connection.add_listener(channel, lambda _c, _pid, _channel, payload: listener(payload))
                yield PostgresTx(connection, self.clock.now())
            finally:
                with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await connection.close(timeout=_CLOSE_TIMEOUT)


class _Connecting:
    """A connection for a block. Each request has one or two: a generator would cost as much as what it does."""

    __slots__ = ("_connection", "_database", "_on_behalf_of")

    def __init__(self, database: PostgresDatabase, on_behalf_of: Hashable | None) -> None:
        self._database = database
        self._on_behalf_of = on_behalf_of

    async def __aenter__(self) -> PostgresTx:
        database = self._database
        self._connection = await database.take(self._on_behalf_of)
        return PostgresTx(self._connection, database.clock.now(), database.consumers)

    async def __aexit__(
        self, _type: type[BaseException] | None, failure: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._database.give_back(self._connection, self._on_behalf_of, failure)
        _raise_ours(failure)


class driver_errors:  # noqa: N801 - a context manager
    """Raise an error of `cierre.errors` (503) for every error of the driver that is not the statement's own.

    Raises:
        TransactionConflict: the transaction was aborted for another one, and may run again.
        ServiceUnavailable: the database is unavailable, or took too long.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, failure: BaseException | None, _traceback: object) -> None:
        _raise_ours(failure)


def _raise_ours(failure: BaseException | None) -> None:
    if isinstance(failure, _CONFLICTS):
        raise TransactionConflict from failure
    if isinstance(failure, _UNAVAILABLE):
        raise ServiceUnavailable from failure


async def connect_once(url: str) -> asyncpg.Connection:
    """A connection for one use outside of the pool, such as a migration, without the session's settings and timeouts.

    Args:
        url: as `connection_url` returns it.

    Raises:
        ServiceUnavailable: the server can't be reached, or refuses.
    """
    with driver_errors():
        _, connection = await connect_to_primary(
            urls_of_hosts(url), patience=DEFAULT_DATABASE_LIMITS.pool_timeout / 1000, statement_cache_size=0
        )
        return connection
