"""Cierre itself, with everything on but the rate limits, which one client's address would meet at once."""

import secrets
import sys
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, NamedTuple

from benchmarks import scratch
from benchmarks.database import Store
from benchmarks.load import Request
from benchmarks.peers.base import USERS, Peer, Ticket
from benchmarks.processes import Command
from cierre.principal import Principal, Role
from cierre.storage import migrate
from cierre.tokens.access_tokens import AccessTokens
from cierre.tokens.key_files import KeyRing
from cierre.tokens.opaque import digest, family_of, new_refresh_token

ISSUER = "http://127.0.0.1"
ACCESS_TTL_MS = 15 * 60_000
DAY_MS = 86_400_000
LOGOUT = "/api/v1/auth/logout"
SESSION_COLUMNS = [
    "user_id",
    "id",
    "epoch",
    "device_id",
    "client_id",
    "status",
    "created_at",
    "last_seen_at",
    "expires_at",
]
REFRESH_COLUMNS = ["hash", "user_id", "session_id", "issued_at", "expires_at", "family"]


class Opened(NamedTuple):
    """An open session with its two tokens."""

    user_id: str
    session_id: str
    access_token: str
    refresh_token: str


class Cierre(Peer):
    """`cierre serve`, as its documentation says for production."""

    name: ClassVar[str] = "cierre"
    label: ClassVar[str] = "Cierre"
    audit_table: ClassVar[str] = "audit_events"
    prefer: ClassVar[dict[str, str]] = {}

    def prepare(self) -> None:
        self._folder = TemporaryDirectory(prefix="data-", dir=scratch.SCRATCH)
        self.data = Path(self._folder.name)
        migrate.upgrade(self.store.url)
        columns = ["id", "email", "password_hash", "role", "enabled", "epoch", "tokenable_id", "created_at"]
        rows = ([user(n), f"user{n}@example.com", "!", "EMPLEADO", 1, 0, n + 1, 0] for n in range(USERS))
        self.store.load("users", columns, rows)

    def command(self, port: int, workers: int) -> Command:
        words = [str(Path(sys.executable).parent / "cierre"), "serve", "--port", str(port)]
        words += ["--database-url", self.store.url, "--workers", str(workers), "--rate-limit", "off"]
        words += ["--issuer", ISSUER]
        return Command(words, {"CIERRE_DATA_DIR": str(self.data)})

    @cached_property
    def tokens(self) -> AccessTokens:
        keys = KeyRing(self.data / "keys", algorithm=None, keep=ACCESS_TTL_MS)
        return AccessTokens(keys, issuer=ISSUER, audience="cierre", ttl=ACCESS_TTL_MS)

    def open_sessions(self, users: list[str], *, role: Role = "EMPLEADO") -> list[Opened]:
        """Open a session for each of the users named, as a login writes it; `role` is the one that they have."""
        now = int(datetime.now(UTC).timestamp() * 1000)
        opened = [self._opened(user_id, role, now) for user_id in users]
        sessions = (
            [
                one.user_id,
                one.session_id,
                0,
                f"device-{one.session_id}",
                "cierre",
                "active",
                now,
                now,
                now + 30 * DAY_MS,
            ]
            for one in opened
        )
        refresh = (
            [digest(one.refresh_token), one.user_id, one.session_id, now, now + DAY_MS, _family(one.refresh_token)]
            for one in opened
        )
        self.store.load("sessions", SESSION_COLUMNS, sessions)
        self.store.load("refresh_tokens", REFRESH_COLUMNS, refresh)
        return opened

    def mint(self, count: int) -> list[Ticket]:
        return [self.ticket(one) for one in self.open_sessions([user(n % USERS) for n in range(count)])]

    def ticket(self, one: Opened) -> Ticket:
        bearer = {"Authorization": f"Bearer {one.access_token}"}
        closing = Request("POST", LOGOUT, {**bearer, "Content-Type": "application/json", **self.prefer}, "{}")
        return Ticket(closing, Request("GET", "/api/v1/auth/sessions", bearer))

    def _opened(self, user_id: str, role: Role, now: int) -> Opened:
        session_id = secrets.token_hex(12)
        principal = Principal(user_id, session_id, role, "cierre", f"device-{session_id}")
        return Opened(user_id, session_id, self.tokens.issue(principal, epoch=0, at=now), new_refresh_token(user_id))


class CierreMinimal(Cierre):
    """The same, asked for no body: 204."""

    name: ClassVar[str] = "cierre_204"
    label: ClassVar[str] = "Cierre, Prefer: return=minimal"
    prefer: ClassVar[dict[str, str]] = {"Prefer": "return=minimal"}


def user(number: int) -> str:
    return f"{number:024x}"


def add_users(store: Store, first: int, count: int, *, role: Role = "EMPLEADO") -> None:
    """Users who can't log in, by number; `user` has their ids."""
    store.execute(
        "INSERT INTO users (id, email, password_hash, role, enabled, epoch, tokenable_id, created_at) "
        f"SELECT {hexadecimal('n')}, 'other' || n || '@example.com', '!', '{role}', true, 0, n, 0 "
        f"FROM generate_series({first}, {first + count - 1}) n"
    )


def hexadecimal(number: str) -> str:
    """SQL of twenty-four hex digits, as `user` makes them."""
    return f"lpad(to_hex({number}), 24, '0')"


def _family(refresh_token: str) -> str:
    family = family_of(refresh_token)
    assert family is not None
    return digest(family)
