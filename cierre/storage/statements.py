"""Statements: written once with SQLAlchemy Core, compiled once a database, run by the driver itself.

SQLAlchemy is left out of the way of a request: compiled at first use, a statement costs the driver's time and no
more (docs/decisions/0003-compiled-statements.md has what that was measured to be worth).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import ClauseElement

Backend = Literal["postgresql", "sqlite"]
Row = Mapping[str, Any]
Listener = Callable[[str], None]


class Sql(NamedTuple):
    """A statement as one driver takes it.

    Attributes:
        names: of the parameters, in the driver's order.
        constants: the values that the statement itself brings.
    """

    text: str
    names: tuple[str, ...]
    constants: dict[str, Any]

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        if self.constants:
            values = {**self.constants, **values}
        return [values[name] for name in self.names]


_POSTGRESQL = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_SQLITE = SQLiteDialect_pysqlite()


class Statement:
    """One statement of Core with named parameters, in the SQL of either database.

    Args:
        clause: for both, or for PostgreSQL where `sqlite` is given.
    """

    def __init__(self, clause: ClauseElement, *, sqlite: ClauseElement | None = None) -> None:
        self._clause = clause
        self._sqlite_clause = clause if sqlite is None else sqlite

    @cached_property
    def postgresql(self) -> Sql:
        return _compile(self._clause, _POSTGRESQL)

    @cached_property
    def sqlite(self) -> Sql:
        return _compile(self._sqlite_clause, _SQLITE)


def _compile(clause: ClauseElement, dialect: Dialect) -> Sql:
    compiled = clause.compile(dialect=dialect)
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    return Sql(str(compiled), tuple(getattr(compiled, "positiontup", None) or ()), constants)


class Compound:
    """Several statements about the rows that one UPDATE returns: one statement on PostgreSQL, a short transaction
    on SQLite, which can't put a writing statement into a WITH.

    Attributes:
        single: the whole as one statement with data-modifying CTEs; its rows are the result.
        series: the same one after the other; the last one's rows are the result.
    """

    def __init__(self, single: ClauseElement, series: Sequence[ClauseElement]) -> None:
        self.single = Statement(single)
        self.series = tuple(Statement(clause) for clause in series)


class Tx(Protocol):
    """A connection to the database. Statements commit by themselves, but inside `atomic()` together.

    Attributes:
        now: the time of the act, in milliseconds: one for all its rows.
    """

    backend: Backend
    now: int

    async def rows(self, statement: Statement, /, **values: Any) -> Sequence[Row]: ...
    async def row(self, statement: Statement, /, **values: Any) -> Row | None: ...
    async def run(self, statement: Statement, /, **values: Any) -> int:
        """Run a statement without a result. Returns the number of rows it changed."""
        ...

    async def compound(self, compound: Compound, /, **values: Any) -> Sequence[Row]: ...
    def atomic(self) -> AbstractAsyncContextManager[None]:
        """Together or not at all; inside another `atomic()` it is part of that one."""
        ...

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do it once what was written is committed: now, outside of `atomic()`; never, if that fails."""
        ...


def findable(text: str) -> bool:
    """Whether the text can be in a database at all: PostgreSQL neither keeps nor compares one with a NUL."""
    return "\0" not in text


def laravel_time(value: datetime | str | None) -> int | None:
    """A timestamp of Laravel's, which has no zone and means UTC, in milliseconds."""
    if value is None:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return int((moment - datetime(1970, 1, 1)).total_seconds() * 1000)  # noqa: DTZ001 - naive, as Laravel keeps it
