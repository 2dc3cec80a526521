"""Which database a URL names."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cierre.masking import without_password
from cierre.phrases import Phrase, phrase_of
from cierre.settings import DEFAULT_DATABASE_LIMITS, DatabaseLimits
from cierre.storage.database_clock import DatabaseClock
from cierre.storage.pool import PoolUse
from cierre.storage.statements import Backend, EventConsumers, Listener, Tx


class Database(Protocol):
    """The database of the service; `connect` works once it is open.

    Attributes:
        backend: which database it is.
        clock: its time.
        consumers: who gets events of what happens; each connection has it from here.
    """

    backend: Backend
    clock: DatabaseClock
    consumers: EventConsumers | None

    @property
    def use(self) -> PoolUse:
        """How many connections are used, and how many callers wait for one."""
        ...

    async def open(self) -> None:
        """Connect.

        Raises:
            ServiceUnavailable: the database is not there.
        """
        ...

    async def close(self) -> None:
        """Close the connections that are free; those in use stay open, so end what uses them before."""
        ...

    def connect(self, *, on_behalf_of: Hashable | None = None) -> AbstractAsyncContextManager[Tx]:
        """A connection for one operation.

        Args:
            on_behalf_of: for whom: all together have `DatabaseLimits.share` connections at once, so that a locked row
                of one user holds up nobody else. None: without a limit.

        Raises:
            ServiceUnavailable: the database is unreachable, or no connection was free in time.
            TransactionConflict: PostgreSQL has undone a transaction of the block for another one: nothing of it is
                done, and the whole block may run again.
        """
        ...

    def listen(self, channel: str, listener: Listener) -> AbstractAsyncContextManager[Tx]:
        """A connection that calls `listener` with the payload of each notification on the channel.

        SQLite has no notifications: there `listener` is never called.

        Raises:
            ServiceUnavailable: the database is unreachable, or the connection breaks while it is used.
        """
        ...


class UnknownDatabase(ValueError):
    """The URL is malformed, or names a kind of database that is not supported. The message holds no password."""


def open_url(url: str, *, limits: DatabaseLimits = DEFAULT_DATABASE_LIMITS) -> Database:
    """The database of a URL, not yet connected.

    Args:
        url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`, `sqlite://` (in memory) or `postgresql://…`.
        limits: of connections, and of how long statements wait.

    Raises:
        UnknownDatabase: the URL is none of these.
    """
    scheme, separator, _ = url.partition("://")
    backend = scheme.partition("+")[0]
    if not separator or backend not in {"sqlite", "postgresql"}:
        raise UnknownDatabase(
            Phrase(
                "{url} is no database URL: write sqlite:///cierre.db or postgresql://user@host/name",
                url=without_password(url),
            )
        )
    if backend == "sqlite":
        from cierre.storage.sqlite import SqliteDatabase  # noqa: PLC0415 - only the driver that is used is imported

        return SqliteDatabase(sqlite_path(url), limits=limits)
    from cierre.storage.postgresql import PostgresDatabase  # noqa: PLC0415 - the same

    return PostgresDatabase(postgresql_url(url), limits=limits)


def postgresql_url(url: str) -> str:
    """The URL of PostgreSQL as asyncpg takes it.

    Raises:
        UnknownDatabase: the URL is malformed, or asks for a standby.
    """
    from cierre.storage.postgresql_connections import connection_url  # noqa: PLC0415 - only with this driver

    try:
        return connection_url(url)
    except ValueError as mistake:
        raise UnknownDatabase(
            Phrase("{url} is no database URL: {problem}", url=without_password(url), problem=phrase_of(mistake))
        ) from None


def sqlite_path(url: str) -> str:
    """The file of a SQLite URL; a database in memory is shared by the connections of the process.

    Raises:
        UnknownDatabase: the URL is malformed.
    """
    try:
        path = make_url(url).database
    except (ArgumentError, ValueError):
        raise UnknownDatabase(
            Phrase("{url} is no database URL: write sqlite:///cierre.db", url=without_password(url))
        ) from None
    return "file:cierre?mode=memory&cache=shared" if not path or path == ":memory:" else path


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite database; None: it is in memory, or PostgreSQL's.

    Raises:
        UnknownDatabase: the URL names no supported database.
    """
    path: str = getattr(open_url(url), "path", "file:")
    return None if path.startswith("file:") else Path(path)


def in_memory(url: str) -> bool:
    """Whether the database ends with its last connection.

    Raises:
        UnknownDatabase: the URL names no supported database.
    """
    return getattr(open_url(url), "path", "").startswith("file:")
