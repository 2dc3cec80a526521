"""The statements that a test's own requests send to PostgreSQL."""

from contextvars import ContextVar
from typing import Any, NamedTuple

from cierre.storage.postgresql import PostgresTx
from cierre.storage.statements import Statement

_asked: ContextVar[list["Asked"] | None] = ContextVar("_asked", default=None)


class Asked(NamedTuple):
    """A statement with the values of its parameters."""

    statement: Statement
    values: dict[str, Any]

    @property
    def sql(self):
        return self.statement.postgresql.text

    @property
    def arguments(self):
        return self.statement.postgresql.arguments(self.values)


def watch(monkeypatch):
    """Returns `begin()`: a list that gets, from now on, each statement of what the caller does.

    A service answers a test's requests in the test's task. What goes on beside them began before: it has no part in it.
    """

    def recorded(method):
        async def recording(tx, statement, /, **values):
            if (found := _asked.get()) is not None:
                found.append(Asked(statement, values))
            return await method(tx, statement, **values)

        return recording

    monkeypatch.setattr(PostgresTx, "rows", recorded(PostgresTx.rows))
    monkeypatch.setattr(PostgresTx, "run", recorded(PostgresTx.run))

    def begin():
        found = []
        _asked.set(found)
        return found

    return begin
