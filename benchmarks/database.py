"""A PostgreSQL database of its own for each peer, created before and dropped after."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from benchmarks import machine

HOST = os.environ.get("CIERRE_BENCH_PGHOST", "127.0.0.1")
USER = os.environ.get("CIERRE_BENCH_PGUSER", "postgres")


@dataclass(frozen=True)
class Database:
    """A database of the server that runs on this machine."""

    name: str

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@{HOST}:5432/{self.name}"

    def execute(self, *statements: str) -> str:
        """Run the statements, each by itself, and return what the last one printed."""
        options = [word for statement in statements for word in ("-c", statement)]
        return _run("psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", self.name, *options).strip()

    def load(self, table: str, columns: str, lines: str) -> None:
        """COPY tab-separated lines into a table."""
        command = f"COPY {table} ({columns}) FROM STDIN"
        _run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.name, "-c", command, stdin=lines)

    def count(self, table: str) -> int:
        return int(self.execute(f"SELECT count(*) FROM {table}"))

    def settle(self) -> None:
        """Give every peer the same start: statistics fresh, dead rows gone, nothing left to be written."""
        self.execute("VACUUM ANALYZE", "CHECKPOINT")

    def pin(self) -> bool:
        """Put the backends that serve this database on the load generator's core; False where that is forbidden."""
        backends = self.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        try:
            for pid in backends.split():
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(int(pid), machine.LOAD_CORES)
        except PermissionError:
            return False
        return True


@contextmanager
def temporary(name: str) -> Iterator[Database]:
    """Create the database, and drop it at the end."""
    database = Database(f"cierre_bench_{os.getpid()}_{name}")
    _run("dropdb", "--if-exists", "--force", database.name)
    _run("createdb", database.name)
    try:
        yield database
    finally:
        _run("dropdb", "--force", database.name)


def _run(program: str, *words: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        [program, "-h", HOST, "-U", USER, *words], input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{program} {' '.join(words)[:300]}: {done.stderr[-600:]}")
    return done.stdout
