"""A store of its own for each peer, made before and dropped after: a PostgreSQL database or an SQLite file."""

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from benchmarks import scratch

Row = Sequence[object]


class Store(Protocol):
    """What the harness needs of either."""

    @property
    def url(self) -> str: ...

    def execute(self, *statements: str) -> str: ...

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None: ...

    def settle(self) -> None: ...


class Postgres:
    """A database of the server that the environment names."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.url = f"postgresql://{os.environ['PGUSER']}@{os.environ['PGHOST']}:{os.environ['PGPORT']}/{name}"

    @property
    def _psql(self) -> list[str]:
        return ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", self.name]

    def execute(self, *statements: str) -> str:
        """Run the statements, each by itself, and return what they printed."""
        options = [word for statement in statements for word in ("-c", statement)]
        return _run(*self._psql, *options).strip()

    def rows(self, query: str) -> list[list[str]]:
        """The rows of a query, as text."""
        return [line.split("\x1f") for line in _run(*self._psql, "-F", "\x1f", "-c", query).splitlines()]

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        command = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        lines = "".join("\t".join(map(_copied, row)) + "\n" for row in rows)
        _run(*self._psql, "-c", command, stdin=lines)

    def settle(self) -> None:
        """Give every peer the same start: statistics fresh, dead rows gone, nothing left to be written."""
        self.execute("VACUUM ANALYZE", "CHECKPOINT")


class Sqlite:
    """A file in the scratch folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"

    def execute(self, *statements: str) -> str:
        with closing(self._connect()) as connection, connection:
            rows = [row for statement in statements for row in connection.execute(statement)]
        return "\n".join("|".join(map(str, row)) for row in rows)

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        with closing(self._connect()) as connection, connection:
            connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)

    def settle(self) -> None:
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)", "ANALYZE")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30)


@contextmanager
def postgres(name: str) -> Iterator[Postgres]:
    """Create a database, and drop it at the end."""
    database = Postgres(f"bench_{name}")
    _run("dropdb", "--if-exists", "--force", database.name)
    _run("createdb", database.name)
    try:
        yield database
    finally:
        _run("dropdb", "--force", database.name)


@contextmanager
def sqlite() -> Iterator[Sqlite]:
    """A new file that is in WAL mode, and gone at the end."""
    with tempfile.TemporaryDirectory(dir=scratch.SCRATCH) as folder:
        database = Sqlite(Path(folder) / "store.db")
        database.execute("PRAGMA journal_mode = WAL")
        yield database


def _copied(value: object) -> str:
    """A value as COPY's text format has it."""
    if value is None:
        return r"\N"
    return str(value).replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n")


def _run(program: str, *words: str, stdin: str | None = None) -> str:
    done = subprocess.run([program, *words], input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{program} {' '.join(words)[:300]}: {done.stderr[-600:]}")
    return done.stdout
