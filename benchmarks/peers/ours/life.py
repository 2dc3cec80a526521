"""The life of a session in Cierre: all of it."""

import asyncio
import base64
import json
from collections.abc import Mapping
from itertools import count
from typing import ClassVar

from benchmarks import wire
from benchmarks.load import Request
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
from benchmarks.peers.ours import LOGOUT, Cierre, Opened, add_users, user
from cierre.domain.passwords import Passwords
from cierre.tokens.opaque import digest

RESOURCE_SERVER = "benchmark-resource"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
SESSIONS = "/api/v1/auth/sessions"
CLOSED = "SELECT count(*) FROM sessions WHERE closed_at IS NOT NULL"
MEMORY_KIB, PASSES = 8, 1
FIRST_OTHER = 20_000_000
ADMINS = 64
# Connections over which tokens are renewed before the clock starts.
RENEWED_AT_ONCE = 16


class CierreLife(Life[Cierre]):
    """One server with the password hash of an installation, one with argon2id at its least."""

    cheap_hash: ClassVar[Mapping[str, str]] = {
        "CIERRE_PASSWORD_MEMORY": str(MEMORY_KIB),
        "CIERRE_PASSWORD_PASSES": str(PASSES),
    }

    def __init__(self, peer: Cierre) -> None:
        super().__init__(peer)
        self._others = count(FIRST_OTHER)

    def prepare(self) -> None:
        strong, cheap = Passwords(), Passwords(memory=MEMORY_KIB, passes=PASSES)
        for numbers, hashed in ((STRONG, strong.hash_now(PASSWORD)), (CHEAP, cheap.hash_now(PASSWORD))):
            ids = f"id BETWEEN '{user(numbers.start)}' AND '{user(numbers.stop - 1)}'"
            self.peer.store.execute(f"UPDATE users SET password_hash = '{hashed}' WHERE {ids}")
        columns = ["id", "dialect", "secret_hash", "created_at"]
        self.peer.store.load("clients", columns, [[RESOURCE_SERVER, None, digest(PASSWORD), 0]])

    def operations(self) -> dict[str, Operation]:
        sessions = "SELECT count(*) FROM sessions"
        exchanged = "SELECT count(*) FROM refresh_tokens WHERE exchanged_at IS NOT NULL"
        asked = self.peer.open_sessions([user(n) for n in range(ASKED)])
        crowd = [own[0] for own in self._open_to_new_users(ASKED // SESSIONS_OF_ONE)]
        return {
            "login": again_and_again([_login(n) for n in STRONG], count=sessions, audited=1),
            "login_cheap": again_and_again([_login(n) for n in CHEAP], count=sessions, audited=1),
            "refresh": Operation(self._refreshes, count=exchanged),
            "check": again_and_again([_check(one) for one in asked]),
            "introspection": again_and_again([_introspection(one) for one in asked]),
            "list": again_and_again([Request("GET", SESSIONS, _bearer(one)) for one in crowd]),
            "logout": Operation(lambda number: self._logouts(self._renewed(number)), count=CLOSED, audited=1),
            "logout_elsewhere": Operation(lambda number: self._logouts(self._opened(number)), count=CLOSED, audited=1),
            "logout_all": Operation(self._all, count=CLOSED, each=SESSIONS_OF_ONE, audited=SESSIONS_OF_ONE),
            "forced_logout": Operation(self._forced, count=CLOSED, each=SESSIONS_OF_ONE, audited=SESSIONS_OF_ONE),
        }

    def _opened(self, number: int) -> list[Opened]:
        """So many sessions of people in turn, with tokens that the server has not seen."""
        return self.peer.open_sessions([user(n % ASKED) for n in range(number)])

    def _renewed(self, number: int) -> list[Opened]:
        """The same, with tokens that the server itself has signed: those of a refresh."""
        opened = self._opened(number)
        answers = asyncio.run(wire.each(self.port, [_refresh(one).raw() for one in opened], at_once=RENEWED_AT_ONCE))
        tokens = (json.loads(answer.body)["data"] for answer in answers)
        return [
            one._replace(access_token=new["accessToken"], refresh_token=new["refreshToken"])
            for one, new in zip(opened, tokens, strict=True)
        ]

    def _refreshes(self, number: int) -> list[Attempt]:
        requests = [_refresh(one) for one in self._opened(number)]
        return [Attempt(request, (request,)) for request in requests]

    def _logouts(self, opened: list[Opened]) -> list[Attempt]:
        return [Attempt(self.peer.ticket(one).logout, _dead([one])) for one in opened]

    def _all(self, number: int) -> list[Attempt]:
        return [Attempt(_logout_all(own[0]), _dead(own)) for own in self._open_to_new_users(number)]

    def _forced(self, number: int) -> list[Attempt]:
        first = self._new_users(ADMINS, admin=True)
        admins = self.peer.open_sessions([user(first + n) for n in range(ADMINS)], role="ADMIN")
        closed = self._open_to_new_users(number)
        return [Attempt(_force(admins[n % ADMINS], own[0].user_id), _dead(own)) for n, own in enumerate(closed)]

    def _open_to_new_users(self, number: int) -> list[list[Opened]]:
        """So many users, with five sessions each and no others."""
        first = self._new_users(number)
        opened = self.peer.open_sessions([user(first + n // SESSIONS_OF_ONE) for n in range(number * SESSIONS_OF_ONE)])
        return [opened[n : n + SESSIONS_OF_ONE] for n in range(0, len(opened), SESSIONS_OF_ONE)]

    def _new_users(self, number: int, *, admin: bool = False) -> int:
        first = next(self._others)
        self._others = count(first + number)
        add_users(self.peer.store, first, number, role="ADMIN" if admin else "EMPLEADO")
        return first


def _bearer(one: Opened) -> dict[str, str]:
    return {"Authorization": f"Bearer {one.access_token}"}


def _login(number: int) -> Request:
    body = json.dumps({"username": f"user{number}@example.com", "password": PASSWORD})
    return Request("POST", "/api/v1/auth/login", JSON, body)


def _refresh(one: Opened) -> Request:
    return Request("POST", "/api/v1/auth/refresh", JSON, json.dumps({"refreshToken": one.refresh_token}))


def _check(one: Opened) -> Request:
    return Request("GET", f"{SESSIONS}/{one.session_id}", _bearer(one))


def _introspection(one: Opened) -> Request:
    basic = base64.b64encode(f"{RESOURCE_SERVER}:{PASSWORD}".encode()).decode()
    headers = {**FORM, "Authorization": f"Basic {basic}"}
    return Request("POST", "/oauth2/introspect", headers, f"token={one.access_token}")


def _logout_all(one: Opened) -> Request:
    return Request("POST", LOGOUT, {**_bearer(one), **JSON}, '{"logoutAll":true}')


def _force(admin: Opened, user_id: str) -> Request:
    body = json.dumps({"userId": user_id, "reason": "security_incident"})
    return Request("POST", "/api/v1/admin/users/force-logout", {**_bearer(admin), **JSON}, body)


def _dead(closed: list[Opened]) -> tuple[Request, ...]:
    return tuple(ask(one) for one in closed for ask in (_check, _introspection))
