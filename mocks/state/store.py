"""What is kept: the things of every resource, in the order in which they were made; in memory, and in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from cierre.mocks.json_writer import write_json
from cierre.mocks.state.resources import Scope

if TYPE_CHECKING:
    import sqlite3

# Things of all resources together, before no more are made: a client in a loop must not fill the memory.
MOST = 100_000


class Full(Exception):
    """There are as many things as are kept."""


@dataclass
class Thing:
    """One thing.

    Attributes:
        number: of all that were made, from 1.
        id: as a path has it; "" for a singleton.
        scope: what it stands under.
        value: its members; None where it was deleted and would be assumed to be there otherwise.
        version: how often it was written, from 1.
        seeded: it was there at the beginning.
    """

    number: int
    id: str
    scope: Scope
    value: Any
    version: int = 1
    seeded: bool = False

    def stands_in(self, scope: Mapping[str, str]) -> bool:
        """Whether what both know of their places is equal."""
        return all(self.scope.get(place, text) == text for place, text in scope.items())


@dataclass
class _Kept:
    by_number: dict[int, Thing] = field(default_factory=dict)
    by_id: dict[str, list[Thing]] = field(default_factory=dict)


class Store:
    """Things by resource.

    Args:
        file: of a database that outlives the process; nothing is written where it is None.
        most: things of all resources together; `MOST` where it is None.

    Raises:
        OSError: the file is no such database, cannot be written, or is another process's.
    """

    def __init__(self, file: Path | None = None, most: int | None = None) -> None:
        self._most = MOST if most is None else most
        self._kept: dict[str, _Kept] = {}
        self._count = 0
        self._last = 0
        self._file = None if file is None else _File(file)
        self._begun: set[str] = set()
        if self._file is not None:
            for resource, thing in self._file.things():
                self._add(resource, thing)
            self._begun = self._file.begun()

    def things(self, resource: str, scope: Mapping[str, str] | None = None) -> list[Thing]:
        """Those of a resource that are there, in order; with a scope those that stand in it."""
        found = self._kept.get(resource, _Kept()).by_number.values()
        return [thing for thing in found if thing.value is not None and (not scope or thing.stands_in(scope))]

    def find(self, resource: str, own: str, scope: Mapping[str, str]) -> Thing | None:
        """The thing of an id in a scope; its value is None where it is there no more. None for an unknown one."""
        found = self._kept.get(resource, _Kept()).by_id.get(own, [])
        return next((thing for thing in found if thing.stands_in(scope)), None)

    def has_id(self, resource: str, own: str) -> bool:
        """Whether a thing of the resource has the id, in whatever scope."""
        return bool(self._kept.get(resource, _Kept()).by_id.get(own))

    def make(self, resource: str, own: str, scope: Scope, value: Any, *, seeded: bool = False) -> Thing:
        """Keep a new thing.

        Raises:
            Full: there is no room.
        """
        if self._count >= self._most:
            raise Full(f"{self._most:,} things are kept, and no more")
        thing = Thing(self._last + 1, own, dict(scope), value, seeded=seeded)
        self._add(resource, thing)
        self._save(resource, thing)
        return thing

    def write(self, resource: str, thing: Thing, value: Any, *, quietly: bool = False) -> None:
        """Give a thing another value; `quietly`: it is the same version, that shows more."""
        thing.value = value
        thing.version += 0 if quietly else 1
        self._save(resource, thing)

    def rename(self, resource: str, thing: Thing, own: str) -> None:
        """Give a thing another id."""
        kept = self._kept[resource]
        kept.by_id[thing.id].remove(thing)
        thing.id = own
        kept.by_id.setdefault(own, []).append(thing)
        self._save(resource, thing)

    def remove(self, resource: str, thing: Thing) -> None:
        """Keep a thing no more."""
        kept = self._kept[resource]
        del kept.by_number[thing.number]
        kept.by_id[thing.id].remove(thing)
        if not kept.by_id[thing.id]:
            del kept.by_id[thing.id]
        self._count -= 1
        if self._file is not None:
            self._file.remove(thing.number)

    def remove_below(self, place: str, own: str, scope: Mapping[str, str]) -> None:
        """Remove what stands under a thing.

        Args:
            place: of the thing's id, as `scope_of` names it.
            own: its id.
            scope: that the thing itself stands in.
        """
        inside = {**scope, place: own}
        for resource in self._kept:
            for thing in list(self._kept[resource].by_number.values()):
                if thing.scope.get(place) == own and thing.stands_in(inside):
                    self.remove(resource, thing)

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()
        self._begun.clear()
        self._count = self._last = 0
        if self._file is not None:
            self._file.clear()

    def begin(self, resource: str) -> bool:
        """Whether a resource has not begun yet: from now on it has, and what it begins with is not put in again."""
        if resource in self._begun:
            return False
        self._begun.add(resource)
        if self._file is not None:
            self._file.begin(resource)
        return True

    def counts(self) -> dict[str, int]:
        """Resource → things that are there."""
        return {resource: len(self.things(resource)) for resource in self._kept}

    def close(self) -> None:
        """Leave the file to others."""
        if self._file is not None:
            self._file.close()

    def _add(self, resource: str, thing: Thing) -> None:
        kept = self._kept.setdefault(resource, _Kept())
        kept.by_number[thing.number] = thing
        kept.by_id.setdefault(thing.id, []).append(thing)
        self._last = max(self._last, thing.number)
        self._count += 1

    def _save(self, resource: str, thing: Thing) -> None:
        if self._file is not None:
            self._file.save(resource, thing)


_TABLES = """
CREATE TABLE IF NOT EXISTS things (
    number INTEGER PRIMARY KEY, resource TEXT NOT NULL, id TEXT NOT NULL, scope TEXT NOT NULL, value TEXT NOT NULL,
    version INTEGER NOT NULL, seeded INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS begun (resource TEXT PRIMARY KEY);
"""
# "cstt", so that no database of something else is written to.
_APPLICATION = 0x63737474


class _File:
    """A database of SQLite with the things of one mock; each change is in it when the answer is sent."""

    def __init__(self, file: Path) -> None:
        import sqlite3  # noqa: PLC0415 - most mocks keep no file

        self._error = sqlite3.Error
        try:
            self._connection = sqlite3.connect(file, isolation_level=None, timeout=0.5, check_same_thread=False)
            self._begin(self._connection)
        except sqlite3.Error as error:
            raise OSError(f"{file}: {error}") from None

    @staticmethod
    def _begin(connection: sqlite3.Connection) -> None:
        # Two processes with one file would each overwrite what the other keeps.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and owner != _APPLICATION:
            import sqlite3  # noqa: PLC0415

            raise sqlite3.DatabaseError("is a database of something else")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.executescript(_TABLES)

    def things(self) -> Iterator[tuple[str, Thing]]:
        rows = self._connection.execute("SELECT * FROM things ORDER BY number").fetchall()
        for number, resource, own, scope, value, version, seeded in rows:
            yield resource, Thing(number, own, orjson.loads(scope), orjson.loads(value), version, bool(seeded))

    def save(self, resource: str, thing: Thing) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO things VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                thing.number,
                resource,
                thing.id,
                write_json(thing.scope).decode(),
                write_json(thing.value).decode(),
                thing.version,
                thing.seeded,
            ),
        )

    def remove(self, number: int) -> None:
        self._connection.execute("DELETE FROM things WHERE number = ?", (number,))

    def clear(self) -> None:
        self._connection.executescript("DELETE FROM things; DELETE FROM begun;")

    def begun(self) -> set[str]:
        return {resource for (resource,) in self._connection.execute("SELECT resource FROM begun")}

    def begin(self, resource: str) -> None:
        self._connection.execute("INSERT OR IGNORE INTO begun VALUES (?)", (resource,))

    def close(self) -> None:
        with suppress(self._error):
            self._connection.close()
