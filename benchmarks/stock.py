"""A database full of sessions, by SQL on the server alone: millions in minutes, each with tokens that are good.

Ids and secrets come from numbers, so that the tokens of any session can be made here again.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from benchmarks.database import Postgres

SESSIONS_A_USER = 5
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
ADDRESS = "127.0.0.1"
FIRST_TOKENABLE = 1_000_000
"""Users are numbered from here in Laravel; `Cierre.prepare` has the smaller numbers."""
_DAY = 86_400_000
_NOW = "(extract(epoch FROM now()) * 1000)::bigint"
# Of the characters of a secret, after the digits of its hash.
_REST = "-" * 11
# In one session with the statements after them. Nothing is measured meanwhile.
HASTE = ("SET synchronous_commit = off", "SET maintenance_work_mem = '512MB'", "SET work_mem = '256MB'")


class Stocked(NamedTuple):
    """A session that the stock has.

    Attributes:
        user: its number, from 0.
        device: its number among those of its user, from 0.
    """

    user: int
    device: int

    @property
    def user_id(self) -> str:
        return hashlib.md5(f"user{self.user}".encode()).hexdigest()[:24]

    @property
    def session_id(self) -> str:
        return hashlib.md5(f"session{self.user}-{self.device}".encode()).hexdigest()[:24]

    @property
    def refresh_token(self) -> str:
        own = f"{self.user}-{self.device}"
        return "".join(hashlib.md5(f"{part}{own}".encode()).hexdigest() + _REST for part in ("family", "own"))


def fill(store: Postgres, sessions: int) -> None:
    """Put that many open sessions into the tables, five a user, each with its refresh token.

    They began and were used during the last five days, a fifth of them each day, so that the sessions of one user lie
    far from each other.
    """
    users = sessions // SESSIONS_A_USER
    user_id, session_id = _hexadecimal("'user' || n"), _hexadecimal("'session' || n || '-' || k")
    family, own = (_secret(f"'{part}' || n || '-' || k") for part in ("family", "own"))
    began = f"{_NOW} - ({SESSIONS_A_USER} - k) * {_DAY} + (n::bigint * {_DAY} / {users})"
    series = f"generate_series(0, {SESSIONS_A_USER - 1}) k, generate_series(0, {users - 1}) n"
    with without_indexes(store, ("sessions", "refresh_tokens", "users")):
        statements = (
            (
                "INSERT INTO users (id, email, password_hash, role, enabled, epoch, tokenable_id, created_at) "
                f"SELECT {user_id}, 'stock' || n || '@example.com', '!', 'EMPLEADO', true, 0, {FIRST_TOKENABLE} + n, 0 "
                f"FROM generate_series(0, {users - 1}) n"
            ),
            (
                "INSERT INTO sessions (user_id, id, epoch, device_id, client_id, status, created_at, last_seen_at, "
                "expires_at, ip_address, user_agent) "
                f"SELECT {user_id}, {session_id}, 0, 'device-' || n || '-' || k, 'cierre', 'active', {began}, {began}, "
                f"{began} + {90 * _DAY}, '{ADDRESS}', '{USER_AGENT}' FROM {series}"
            ),
            (
                "INSERT INTO refresh_tokens (hash, user_id, session_id, issued_at, expires_at, family) "
                f"SELECT {_digest(f'{family} || {own}')}, {user_id}, {session_id}, {began}, {began} + {30 * _DAY}, "
                f"{_digest(family)} FROM {series}"
            ),
        )
        _at_once(store, statements)


def _at_once(store: Postgres, statements: Sequence[str]) -> None:
    """Run each statement over a connection of its own."""
    with ThreadPoolExecutor(4) as threads:
        for one in [threads.submit(store.execute, *HASTE, statement) for statement in statements]:
            one.result()


def _hexadecimal(text: str) -> str:
    return f"left(md5({text}), 24)"


def _secret(text: str) -> str:
    """SQL of half a refresh token, as `Stocked.refresh_token` makes it: as long as a real one, and faster made."""
    return f"md5({text}) || '{_REST}'"


def _digest(text: str) -> str:
    return f"encode(sha256(({text})::bytea), 'hex')"


@contextmanager
def without_indexes(store: Postgres, tables: Sequence[str]) -> Iterator[None]:
    """Drop the indexes and constraints of the tables, and make them again afterwards: faster than row by row."""
    of = ", ".join(f"'{table}'::regclass" for table in tables)
    constraints = store.rows(
        "SELECT contype, conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        f"WHERE conrelid IN ({of}) AND contype IN ('p', 'u', 'f') AND conparentid = 0"
    )
    indexes = store.rows(
        "SELECT indexrelid::regclass, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index "
        f"WHERE indrelid IN ({of}) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
    )
    foreign = [(table, name, definition) for kind, table, name, definition in constraints if kind == "f"]
    keys = [(table, name, definition) for kind, table, name, definition in constraints if kind != "f"]
    store.execute(
        *(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, _ in (*foreign, *keys)),
        *(f"DROP INDEX {name}" for name, _ in indexes),
    )
    yield
    added = "ALTER TABLE {} ADD CONSTRAINT {} {}"
    _at_once(store, [*(definition for _, definition in indexes), *(added.format(*key) for key in keys)])
    store.execute(*HASTE, *(added.format(*key) for key in foreign))
