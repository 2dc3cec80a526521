"""Which database a URL names."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cierre.storage.statements import Backend, Listener, Tx


class Database(Protocol):
    """The database of the service; `connect` works once it is open."""

    backend: Backend

    async def open(self) -> None:
        """Connect.

        Raises:
            ServiceUnavailable: the database is not there.
        """
        ...

    async def close(self) -> None: ...
    def connect(self) -> AbstractAsyncContextManager[Tx]:
        """A connection for one operation.

        Raises:
            ServiceUnavailable: the database is unreachable, or no connection was free in time.
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
    """The URL is malformed, or names a kind of database that is not supported."""


def open_url(url: str, *, pool_size: int = 16) -> Database:
    """The database of a URL, not yet connected.

    Args:
        url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`, `sqlite://` (in memory) or `postgresql://…`.
        pool_size: the largest number of connections to PostgreSQL.

    Raises:
        UnknownDatabase: the URL is none of these.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UnknownDatabase(f"{url!r} is no database URL: write sqlite:///cierre.db or postgresql://…") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        from cierre.storage.sqlite import SqliteDatabase  # noqa: PLC0415 - only the driver that is used is imported

        return SqliteDatabase(sqlite_path(url))
    if backend == "postgresql":
        from cierre.storage.postgresql import PostgresDatabase  # noqa: PLC0415 - the same

        plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        return PostgresDatabase(plain, pool_size=pool_size)
    raise UnknownDatabase(f"{backend!r} is not a database that Cierre knows: use sqlite or postgresql")


def sqlite_path(url: str) -> str:
    """The file of a SQLite URL; a database in memory is shared by the connections of the process."""
    path = make_url(url).database
    return "file:cierre?mode=memory&cache=shared" if not path or path == ":memory:" else path


def in_memory(url: str) -> bool:
    """Whether the database ends with its last connection.

    Raises:
        UnknownDatabase: the URL names no supported database.
    """
    return getattr(open_url(url), "path", "").startswith("file:")


def without_password(url: str) -> str:
    """The URL with its password replaced by `***`, for messages."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "(unreadable)"
