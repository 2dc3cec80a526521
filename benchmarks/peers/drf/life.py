"""The life of a session with Django REST framework's two token packages: the views that they bring."""

import base64
import json
from collections.abc import Mapping
from typing import ClassVar

from benchmarks.load import Request
from benchmarks.peers.drf import Drf
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

JSON = {"Content-Type": "application/json"}


class _DrfLife(Life[Drf]):
    """One server with Django's PBKDF2, one with its MD5 hasher, which Django means for tests."""

    cheap_hash: ClassVar[Mapping[str, str]] = {"CHEAP_HASH": "1"}

    def prepare(self) -> None:
        self.peer.mint(1)  # the users come with the first session
        self.peer.manage("passwords", PASSWORD, str(len(STRONG)), str(len(CHEAP)))

    def _logouts(self, number: int) -> list[Attempt]:
        return [Attempt(ticket.logout, (ticket.use,)) for ticket in self.peer.mint(number)]


class KnoxLife(_DrfLife):
    """Opaque tokens that are never exchanged; `AUTO_REFRESH`, off by default, would lengthen their life with use."""

    def operations(self) -> dict[str, Operation]:
        tickets = self.peer.mint(ASKED)
        opened, gone = "SELECT count(*) FROM knox_authtoken", "SELECT -count(*) FROM knox_authtoken"
        return {
            "login": again_and_again([_basic(n) for n in STRONG], count=opened),
            "login_cheap": again_and_again([_basic(n) for n in CHEAP], count=opened),
            "check": again_and_again([ticket.use for ticket in tickets]),
            "logout": Operation(self._logouts, count=gone, audited=1),
            "logout_all": Operation(self._all, count=gone, each=SESSIONS_OF_ONE, audited=1),
        }

    def _all(self, number: int) -> list[Attempt]:
        opened = self.peer.open_sessions(number * SESSIONS_OF_ONE, each=SESSIONS_OF_ONE)
        headers = [{"Authorization": f"Token {one[0]}"} for one in opened]
        closed = [headers[n : n + SESSIONS_OF_ONE] for n in range(0, len(headers), SESSIONS_OF_ONE)]
        return [
            Attempt(Request("POST", "/logoutall", own[0]), tuple(Request("GET", "/me", one) for one in own))
            for own in closed
        ]


class SimpleJwtLife(_DrfLife):
    """Signed tokens; `TokenVerifyView` says whether one is good, and is measured as its introspection."""

    def operations(self) -> dict[str, Operation]:
        opened = "SELECT count(*) FROM token_blacklist_outstandingtoken"
        blacklisted = "SELECT count(*) FROM token_blacklist_blacklistedtoken"
        tokens = self.peer.open_sessions(ASKED)
        return {
            "login": again_and_again([_body(n) for n in STRONG], count=opened),
            "login_cheap": again_and_again([_body(n) for n in CHEAP], count=opened),
            "refresh": Operation(self._refreshes, count=blacklisted),
            "check": again_and_again([self.peer.ticket(*one).use for one in tokens]),
            "introspection": again_and_again([_post("/verify", {"token": access}) for access, _ in tokens]),
            "logout": Operation(self._logouts, count=blacklisted, audited=1),
        }

    def _refreshes(self, number: int) -> list[Attempt]:
        requests = (_post("/refresh", {"refresh": refresh}) for _, refresh in self.peer.open_sessions(number))
        return [Attempt(request, (request,)) for request in requests]


def _basic(number: int) -> Request:
    word = base64.b64encode(f"user{number}:{PASSWORD}".encode()).decode()
    return Request("POST", "/login", {"Authorization": f"Basic {word}"})


def _body(number: int) -> Request:
    return _post("/login", {"username": f"user{number}", "password": PASSWORD})


def _post(path: str, body: dict[str, str]) -> Request:
    return Request("POST", path, JSON, json.dumps(body))
