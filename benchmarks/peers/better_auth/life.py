"""The life of a session in better-auth, with its admin plugin.

Its sessions have one token, which stays: a session is renewed by `get-session` once a day, and that is measured as the
refresh. It has no introspection: whoever wants to know what a token is worth asks `get-session`.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from benchmarks.load import Request
from benchmarks.peers.base import Ticket
from benchmarks.peers.better_auth import ORIGIN, BetterAuth, ticket_of
from benchmarks.peers.operations import (
    ASKED,
    CHEAP,
    PASSWORD,
    SESSIONS_OF_ONE,
    STRONG,
    Attempt,
    Life,
    Operation,
    again_and_again,
)

HEADERS = {"Content-Type": "application/json", "Origin": ORIGIN}
OPEN, GONE = "SELECT count(*) FROM session", "SELECT -count(*) FROM session"
RENEWED = (
    "SELECT count(*) FROM session "
    "WHERE \"createdAt\" < now() - interval '1 day' AND \"updatedAt\" > now() - interval '1 day'"
)
ADMINS = 64


class BetterAuthLife(Life[BetterAuth]):
    """One server with its scrypt, one with SHA-256."""

    cheap_hash: ClassVar[Mapping[str, str]] = {"CHEAP_HASH": "1"}

    def __init__(self, peer: BetterAuth) -> None:
        super().__init__(peer)
        self._others = 0

    def prepare(self) -> None:
        columns = ["id", '"accountId"', "issuer", '"providerId"', '"userId"', "password", '"createdAt"', '"updatedAt"']
        hashes = ((STRONG, _scrypt(PASSWORD)), (CHEAP, hashlib.sha256(PASSWORD.encode()).hexdigest()))
        rows = (
            [f"account{n}", f"user{n}", "local:credential", "credential", f"user{n}", hashed, "now", "now"]
            for numbers, hashed in hashes
            for n in numbers
        )
        self.peer.store.load("account", columns, rows)

    def operations(self) -> dict[str, Operation]:
        asked = self.peer.mint(ASKED)
        crowd = [own[0] for _, own in self._open_to_new_users(ASKED // SESSIONS_OF_ONE)]
        admins = self._admins()
        return {
            "login": again_and_again([_login(n) for n in STRONG], count=OPEN),
            "login_cheap": again_and_again([_login(n) for n in CHEAP], count=OPEN),
            "refresh": Operation(self._renewals, count=RENEWED),
            "check": again_and_again([ticket.use for ticket in asked]),
            "list": again_and_again([_get("/api/auth/list-sessions", ticket) for ticket in crowd]),
            "logout": Operation(self._logouts, count=GONE, audited=1),
            "logout_all": _closes_all(self._all),
            "forced_logout": _closes_all(lambda number: self._forced(number, admins)),
        }

    def _renewals(self, number: int) -> list[Attempt]:
        """Sessions of four days ago, which are good for three more."""
        tokens = [secrets.token_urlsafe(24) for _ in range(number)]
        now = datetime.now(UTC)
        since, until = (str(now + timedelta(days=days)) for days in (-4, 3))
        self.peer.insert(tokens, [f"user{n % ASKED}" for n in range(number)], since=since, until=until)
        return [Attempt(ticket_of(token).use) for token in tokens]

    def _logouts(self, number: int) -> list[Attempt]:
        return [Attempt(ticket.logout, (ticket.use,)) for ticket in self.peer.mint(number)]

    def _all(self, number: int) -> list[Attempt]:
        opened = self._open_to_new_users(number)
        return [Attempt(_post("/api/auth/revoke-sessions", own[0], {}), _dead(own)) for _, own in opened]

    def _forced(self, number: int, admins: list[Ticket]) -> list[Attempt]:
        path = "/api/auth/admin/revoke-user-sessions"
        opened = self._open_to_new_users(number)
        return [
            Attempt(_post(path, admins[n % ADMINS], {"userId": user_id}), _dead(own))
            for n, (user_id, own) in enumerate(opened)
        ]

    def _admins(self) -> list[Ticket]:
        found = self._open_to_new_users(ADMINS)
        ids = ", ".join(f"'{user_id}'" for user_id, _ in found)
        self.peer.store.execute(f"UPDATE \"user\" SET role = 'admin' WHERE id IN ({ids})")
        return [own[0] for _, own in found]

    def _open_to_new_users(self, number: int) -> list[tuple[str, list[Ticket]]]:
        """So many users, with five sessions each and no others."""
        first, self._others = self._others, self._others + number
        ids = [f"other{first + n}" for n in range(number)]
        columns = ["id", "name", "email", '"emailVerified"', '"createdAt"', '"updatedAt"']
        self.peer.store.load('"user"', columns, ([one, "User", f"{one}@example.com", 1, "now", "now"] for one in ids))
        owners = [one for one in ids for _ in range(SESSIONS_OF_ONE)]
        tokens = [secrets.token_urlsafe(24) for _ in owners]
        self.peer.insert(tokens, owners)
        tickets = [ticket_of(token) for token in tokens]
        return [(one, tickets[n * SESSIONS_OF_ONE : (n + 1) * SESSIONS_OF_ONE]) for n, one in enumerate(ids)]


def _closes_all(attempts: Callable[[int], list[Attempt]]) -> Operation:
    return Operation(attempts, count=GONE, each=SESSIONS_OF_ONE, audited=SESSIONS_OF_ONE)


def _scrypt(password: str) -> str:
    """As better-auth makes it."""
    salt = secrets.token_hex(16)
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=16384, r=16, p=1, maxmem=2**26, dklen=64)
    return f"{salt}:{key.hex()}"


def _login(number: int) -> Request:
    body = json.dumps({"email": f"user{number}@example.com", "password": PASSWORD})
    return Request("POST", "/api/auth/sign-in/email", HEADERS, body)


def _get(path: str, ticket: Ticket) -> Request:
    return Request("GET", path, ticket.use.headers)


def _post(path: str, ticket: Ticket, body: dict[str, str]) -> Request:
    return Request("POST", path, ticket.logout.headers, json.dumps(body))


def _dead(closed: list[Ticket]) -> tuple[Request, ...]:
    return tuple(ticket.use for ticket in closed)
