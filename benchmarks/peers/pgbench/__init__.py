"""The limit: pgbench running the one statement that Cierre closes a session with, and nothing around it."""

import os
import re
import subprocess

from benchmarks import machine, scratch
from benchmarks.database import Postgres
from benchmarks.load import Load, LoadFailed
from benchmarks.peers.base import USERS
from benchmarks.peers.ours import SESSION_COLUMNS, Cierre
from cierre.storage.postgresql_connections import SESSION
from cierre.storage.repositories import closings
from cierre.storage.statements import Sql

PER_CLIENT = 1_000_000
STATEMENT = closings._ONE.single.postgresql  # noqa: SLF001 - the very statement, not one like it
COUNTERS = """\\set n :n + 1
\\set owner :n % :users
\\set key :client_id * :per_client + :n
"""
CONSTANT = {
    "denied_until": "4102444800000",
    "now": "1800000000000",
    "logout_reason": "'user_logout'",
    "user_id": "lpad(to_hex(:owner::bigint), 24, '0')",
    "session_id": "lpad(to_hex(:key::bigint), 24, '0')",
    "logout_type": "'single_device'",
    "reason": "'user_initiated'",
    "ip_address": "'127.0.0.1'",
    "user_agent": "NULL",
    "trace_id": "'00000000-0000-4000-8000-000000000000'",
    "actor_type": "'user'",
    "actor_id": "lpad(to_hex(:owner::bigint), 24, '0')",
}


_TRIES = 5


class Pgbench:
    """One run closes the sessions 0, 1, 2 … of each client; `prepare` before each."""

    name = "pgbench"
    label = "pgbench, the statement alone"

    def __init__(self, store: Postgres) -> None:
        self.store = store
        self.script = scratch.SCRATCH / "closing.sql"
        self.script.write_text(f"{COUNTERS}{_inlined(STATEMENT)};\n")

    def prepare(self) -> None:
        Cierre(self.store).prepare()

    def run(self, *, clients: int, seconds: float, sessions: int) -> Load:
        """Close as many sessions as the time allows; there are `sessions` for each client."""
        self._open(clients, sessions)
        self.store.settle()
        words = ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "1"]
        words += [
            "-T",
            f"{max(seconds, 1):.0f}",
            "-D",
            "n=-1",
            "-D",
            f"users={USERS}",
            "-D",
            f"per_client={PER_CLIENT}",
        ]
        words += ["-f", str(self.script), self.store.url.rpartition("/")[2]]
        # As our own connections are set: otherwise PostgreSQL would plan each time.
        settings = " ".join(f"-c {name}={value.replace(chr(32), chr(92) + chr(32))}" for name, value in SESSION.items())
        environment = {**os.environ, "PGOPTIONS": settings}
        shown = next(filter(_processed, (_output(words, environment) for _ in range(_TRIES))), "")
        if not shown:
            raise LoadFailed(f"no transaction was processed in {_TRIES} tries of {max(seconds, 1):.0f} s")
        rate = re.search(r"tps = ([\d.]+)", shown)
        latency = re.search(r"latency average = ([\d.]+)", shown)
        if not rate or not latency:
            raise LoadFailed(shown)
        closed = int(self.store.execute("SELECT count(*) FROM sessions WHERE closed_at IS NOT NULL"))
        missed = _processed(shown) - closed
        average = float(latency[1])
        return Load(float(rate[1]), closed, missed, average, average, average)

    def audit_rows(self) -> int:
        return int(self.store.execute("SELECT count(*) FROM audit_events"))

    def _open(self, clients: int, sessions: int) -> None:
        self.store.execute(
            "TRUNCATE sessions, refresh_tokens, revocations, audit_events",
            f"INSERT INTO sessions ({', '.join(SESSION_COLUMNS)}) "
            "SELECT lpad(to_hex(n % " + str(USERS) + "), 24, '0'), "
            f"lpad(to_hex(client::bigint * {PER_CLIENT} + n), 24, '0'), "
            "0, 'device-' || n, 'cierre', 'active', 1790000000000, 1790000000000, 1900000000000 "
            f"FROM generate_series(0, {clients - 1}) client, generate_series(0, {sessions - 1}) n",
        )


def _output(words: list[str], environment: dict[str, str]) -> str:
    """What pgbench prints.

    Raises:
        LoadFailed: it failed.
    """
    done = subprocess.run(
        machine.pinned(machine.SERVER_CORES, words), env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LoadFailed(done.stdout + done.stderr)
    return done.stdout


def _processed(shown: str) -> int:
    """How many transactions: on a busy machine the time may be over before the last client is connected."""
    found = re.search(r"processed: (\d+)", shown)
    return int(found[1]) if found else 0


def _inlined(sql: Sql) -> str:
    """The statement as pgbench takes it: what differs between two closings stays a variable, the rest is constant."""

    def value(match: re.Match[str]) -> str:
        name = sql.names[int(match[1]) - 1]
        if name in sql.constants:
            constant = sql.constants[name]
            return f"'{constant}'" if isinstance(constant, str) else str(constant)
        return CONSTANT[name]

    return re.sub(r"\s+", " ", re.sub(r"\$(\d+)", value, sql.text))
