"""Which database a URL names."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cierre.storage.statements import Backend, Listener, Tx


class Database(Protocol):
    """Where the sessions are kept."""

    backend: Backend

    async def open(self) -> None:
        """Connect.

        Raises:
            ServiceUnavailable: the database is not there.
        """
        ...

    async def close(self) -> None: ...
    def connect(self) -> AbstractAsyncContextManager[Tx]:
        """A connection for one act.

        Raises:
            ServiceUnavailable: there is none to be had in time.
        """
        ...

    def listen(self, channel: str, listener: Listener) -> AbstractAsyncContextManager[Tx]:
        """A connection that tells `listener` what is sent to the channel, where the database can; SQLite can't.

        Raises:
            ServiceUnavailable: the database is away, or it goes while the connection is used.
        """
        ...


class UnknownDatabase(ValueError):
    """The URL names no database that we keep sessions in."""


def open_url(url: str, *, pool_size: int = 16) -> Database:
    """`sqlite:///relative/path.db`, `sqlite:////absolute/path.db`, `sqlite://` (in memory) or `postgresql://…`.

    Raises:
        UnknownDatabase: it is none of these.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UnknownDatabase(f"{url!r} is no database URL: write sqlite:///cierre.db or postgresql://…") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        from cierre.storage.sqlite import SqliteDatabase  # noqa: PLC0415 - one driver is enough

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
        UnknownDatabase: the URL names none.
    """
    return getattr(open_url(url), "path", "").startswith("file:")


def harmless(url: str) -> str:
    """The URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "(unreadable)"
