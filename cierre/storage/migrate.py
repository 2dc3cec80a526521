"""Migrations: bring a database to the newest schema, and say which one it has."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from cierre.errors import ServiceUnavailable
from cierre.storage.database import open_url, sqlite_path

Result = TypeVar("Result")

# Of nodes that start together one migrates, the others wait and find it done.
_LOCK = 20_250_925


def upgrade(url: str) -> None:
    """Bring the database to the newest schema; one that has it is left as it is.

    Raises:
        UnknownDatabase: the URL names none.
        ServiceUnavailable: it can't be reached or written.
    """
    _with_connection(url, _upgrade)


def current(url: str) -> str | None:
    """The revision that the database has; None: it was never migrated."""
    return _with_connection(url, lambda connection: MigrationContext.configure(connection).get_current_revision())


def newest() -> str | None:
    """The revision that this version of Cierre works with."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def revisions() -> list[str]:
    """All that this version of Cierre knows."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "cierre.storage:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _with_connection(url: str, act: Callable[[Connection], Result]) -> Result:
    backend = open_url(url).backend
    try:
        return _on_sqlite(url, act) if backend == "sqlite" else asyncio.run(_on_postgresql(url, act))
    except DBAPIError as failure:
        # The driver's own words: SQLAlchemy adds a line about itself.
        raise ServiceUnavailable from (getattr(failure.orig, "__cause__", None) or failure.orig)
    except (OSError, OverflowError, sqlite3.Error) as failure:
        raise ServiceUnavailable from failure


def _on_sqlite(url: str, act: Callable[[Connection], Result]) -> Result:
    path = sqlite_path(url)
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(path, uri=path.startswith("file:"), timeout=30),
        poolclass=NullPool,
    )
    with engine.begin() as connection:
        return act(connection)


async def _on_postgresql(url: str, act: Callable[[Connection], Result]) -> Result:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.begin() as connection:
        return await connection.run_sync(act)
