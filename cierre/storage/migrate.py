"""Migrations: bring a database to the newest schema, and read which one it has."""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from cierre.errors import ServiceUnavailable
from cierre.private_files import make_directory, make_file
from cierre.storage.database import open_url, postgresql_url, sqlite_path

Result = TypeVar("Result")

# The key of an advisory lock: of nodes that start together one migrates, the others wait and find it done.
_LOCK = 20_250_925


def upgrade(url: str) -> None:
    """Bring the database to the newest schema; one that has it is left as it is.

    Raises:
        UnknownDatabase: the URL names no supported database.
        ServiceUnavailable: the database can't be reached or written.
    """
    _with_connection(url, _upgrade, create=True)


def current(url: str) -> str | None:
    """The revision that the database has; None: it was never migrated. A missing SQLite file is not created.

    Raises:
        UnknownDatabase, ServiceUnavailable: as `upgrade`.
    """
    return _with_connection(url, lambda connection: MigrationContext.configure(connection).get_current_revision())


def newest() -> str | None:
    """The revision that this version of Cierre works with."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_behind(revision: str | None) -> bool:
    """Whether a database with this revision must be upgraded.

    An unknown revision is of a newer version of Cierre, as during a rolling upgrade: it need not be.
    """
    return revision is None or revision in _older()


@cache
def _older() -> frozenset[str]:
    known = ScriptDirectory.from_config(_config()).walk_revisions()
    return frozenset(script.revision for script in known) - {newest()}


def _upgrade(connection: Connection) -> None:
    # Looked at before the lock: any role may hold an advisory lock, and must not keep nodes from starting.
    if not is_behind(MigrationContext.configure(connection).get_current_revision()):
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if not is_behind(MigrationContext.configure(connection).get_current_revision()):
        return
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "cierre.storage:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _with_connection(url: str, action: Callable[[Connection], Result], *, create: bool = False) -> Result:
    try:
        backend = open_url(url).backend
        return (
            _on_sqlite(url, action, create=create) if backend == "sqlite" else asyncio.run(_on_postgresql(url, action))
        )
    except DBAPIError as failure:
        # The driver's own message: SQLAlchemy adds a line about itself.
        raise ServiceUnavailable from (getattr(failure.orig, "__cause__", None) or failure.orig)
    except (OSError, OverflowError, sqlite3.Error) as failure:
        raise ServiceUnavailable from failure


def _on_sqlite(url: str, action: Callable[[Connection], Result], *, create: bool) -> Result:
    path = sqlite_path(url)
    if create:
        make_directory(Path(path).absolute().parent)
        if not path.startswith("file:"):
            make_file(Path(path))
    elif not path.startswith("file:"):
        Path(path).stat()
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(path, uri=path.startswith("file:"), timeout=30),
        poolclass=NullPool,
    )
    with engine.begin() as connection:
        return action(connection)


async def _on_postgresql(url: str, action: Callable[[Connection], Result]) -> Result:
    # Only the driver that is used is imported; SQLAlchemy's asyncio brings its whole ORM.
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    from cierre.storage.postgresql import connect_once  # noqa: PLC0415

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(connect_once, postgresql_url(url)),
        poolclass=NullPool,
        # A node that has waited for another's migration has to see it.
        isolation_level="READ COMMITTED",
        # Behind a pooler the connection of the server may have statements of another client's, with asyncpg's names.
        connect_args={"prepared_statement_cache_size": 0, "prepared_statement_name_func": _statement_name},
    )
    async with engine.begin() as connection:
        return await connection.run_sync(action)


def _statement_name() -> str:
    return f"cierre_{uuid.uuid4().hex}"
