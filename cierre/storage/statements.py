"""Statements: written once with SQLAlchemy Core, compiled once for each database, run by the driver itself.

SQLAlchemy compiles a statement at its first use and takes no part in a request after that: the statement then costs the
driver's time and no more (docs/decisions/0003-compiled-statements.md has the measurements).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import ClauseElement

Backend = Literal["postgresql", "sqlite"]
Row = TypeVar("Row")
Listener = Callable[[str], None]


class Sql(NamedTuple):
    """A statement as one driver takes it.

    Attributes:
        text: the SQL, with the driver's placeholders.
        names: of the parameters, in the driver's order.
        constants: values that are part of the statement itself.
    """

    text: str
    names: tuple[str, ...]
    constants: dict[str, Any]

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        """The values of the parameters, in the driver's order.

        Raises:
            KeyError: a parameter has no value.
        """
        if self.constants:
            values = {**self.constants, **values}
        return [values[name] for name in self.names]


_POSTGRESQL = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_SQLITE = SQLiteDialect_pysqlite()


class Statement:
    """One statement of SQLAlchemy Core with named parameters, in the SQL of either database.

    Args:
        clause: for both databases, or for PostgreSQL alone where `sqlite` is given.
        sqlite: the same for SQLite, where it needs other SQL.
        planned_anew: PostgreSQL plans it for its values, each time; otherwise all values share one plan (decision 3).
            For what runs seldom and looks for the few rows before a time: how few they are only the value says.
    """

    def __init__(
        self, clause: ClauseElement, *, sqlite: ClauseElement | None = None, planned_anew: bool = False
    ) -> None:
        self.planned_anew = planned_anew
        self._clause = clause
        self._sqlite_clause = clause if sqlite is None else sqlite

    @cached_property
    def postgresql(self) -> Sql:
        """For asyncpg, compiled at the first use."""
        return _compile(self._clause, _POSTGRESQL)

    @cached_property
    def sqlite(self) -> Sql:
        """For sqlite3, compiled at the first use."""
        return _compile(self._sqlite_clause, _SQLITE)


def _compile(clause: ClauseElement, dialect: Dialect) -> Sql:
    compiled = clause.compile(dialect=dialect)
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    return Sql(str(compiled), tuple(getattr(compiled, "positiontup", None) or ()), constants)


class Query(Statement, Generic[Row]):
    """A statement that returns rows.

    Args:
        row: the `TypedDict` of `cierre.storage.rows` with the columns that the statement selects; a test compares them.
        clause: for both databases, or for PostgreSQL alone where `sqlite` is given.
        sqlite: the same for SQLite, where it needs other SQL.
        planned_anew: as for `Statement`.
    """

    def __init__(
        self,
        row: type[Row],
        clause: ClauseElement,
        *,
        sqlite: ClauseElement | None = None,
        planned_anew: bool = False,
    ) -> None:
        super().__init__(clause, sqlite=sqlite, planned_anew=planned_anew)
        self.row = row
        self.clauses = (self._clause, self._sqlite_clause)


class Compound(Generic[Row]):
    """Several statements about the rows that one UPDATE changes: one statement on PostgreSQL, a short transaction
    on SQLite, which can't put a writing statement into a WITH.

    Args:
        row: the `TypedDict` of the result.
        single: the whole as one statement with data-modifying CTEs.
        writes: the same, one statement after the other, but for the result.
        result: selects the result after `writes`.
    """

    def __init__(
        self, row: type[Row], *, single: ClauseElement, writes: Sequence[ClauseElement], result: ClauseElement
    ) -> None:
        self.single = Query(row, single)
        self.writes = tuple(Statement(clause) for clause in writes)
        self.result = Query(row, result)


class EventConsumers(NamedTuple):
    """Who gets events of what happens, beside the audit trail.

    Attributes:
        queue: a message queue (`--events`).
        signals: clients with a back-channel logout URI, or receivers of signals.
    """

    queue: bool
    signals: bool

    @classmethod
    def of(cls, *, queue: bool, signals: bool) -> EventConsumers | None:
        """Those that there are; None where there are none, and no event is written."""
        return cls(queue, signals) if queue or signals else None


class Tx(Protocol):
    """A connection to the database. Statements commit by themselves, but inside `atomic()` together.

    The keyword arguments of its methods are the values of the statement's named parameters. On PostgreSQL any
    statement may raise `RowLocked`: another transaction has locked what it asks for. Outside of `atomic()`
    a statement that PostgreSQL undoes for another transaction runs again; inside it, `Database.connect` raises
    `TransactionConflict`.

    Attributes:
        backend: which database it is.
        now: the time of the operation, in milliseconds: the same for all rows that it writes.
        consumers: who gets events of what the operation does; None: there are none, and no event is written.
    """

    backend: Backend
    now: int
    consumers: EventConsumers | None

    async def rows(self, query: Query[Row], /, **values: Any) -> Sequence[Row]:
        """Run a query. Returns all of its rows."""
        ...

    async def row(self, query: Query[Row], /, **values: Any) -> Row | None:
        """Run a query. Returns its first row; None: it has none."""
        ...

    async def run(self, statement: Statement, /, **values: Any) -> int:
        """Run a statement without a result. Returns the number of rows that it changed."""
        ...

    async def compound(self, compound: Compound[Row], /, **values: Any) -> Sequence[Row]:
        """Run all statements of a compound, together or not at all. Returns the rows of its result."""
        ...

    def atomic(self) -> AbstractAsyncContextManager[None]:
        """A transaction: all statements are committed, or none; inside another `atomic()` it is part of that one."""
        ...

    def after_commit(self, action: Callable[[], None]) -> None:
        """Call `action` after the commit, or at once outside of `atomic()`; if the transaction fails, never."""
        ...


def is_storable(text: str) -> bool:
    """Whether the database can hold the text at all: PostgreSQL neither stores nor compares one with a NUL."""
    return "\0" not in text


def laravel_time(value: datetime | str | None) -> int | None:
    """A timestamp of Laravel's, which has no time zone and means UTC, in milliseconds."""
    if value is None:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return int((moment - datetime(1970, 1, 1)).total_seconds() * 1000)  # noqa: DTZ001 - without a time zone, as Laravel stores it
