"""Calling an operation as one user, and keeping what was answered."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from schemathesis.core.transport import Response

from cierre.contract_tests.addresses import connections
from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.auth.presenting import credentials_for
from cierre.contract_tests.exchanges import Exchange, exchange
from cierre.contract_tests.run import Run
from cierre.contract_tests.silence import SILENT_OR_BROKEN, with_request
from cierre.oas.navigation import find
from cierre.oas.structure import Operation

NOTHING = object()
OK = range(200, 300)
GONE = frozenset({404, 410})
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        body: what its JSON says; None where it is none.
    """

    operation: Operation
    seen: Exchange
    body: Any

    @property
    def status(self) -> int:
        return self.seen.status

    @property
    def good(self) -> bool:
        """Whether it is a success."""
        return self.status in OK

    @property
    def text(self) -> str:
        return self.seen.body[:1_000_000].decode(errors="replace")


@dataclass(frozen=True, eq=False)
class User:
    """Somebody with credentials; without entries it is nobody."""

    entries: Sequence[Entry] = ()


NOBODY = User()


@dataclass
class Calls:
    """Sends requests of one phase.

    Attributes:
        count: how many were sent.
        trail: the exchanges since `start`, in order: what a finding's curl repeats.
    """

    run: Run
    phase: str
    count: int = 0
    trail: list[Exchange] = field(default_factory=list)
    _never: set[tuple[User, str]] = field(default_factory=set)

    def start(self) -> None:
        """Begin a new sequence."""
        self.trail = []

    def call(
        self,
        operation: Operation,
        user: User,
        *,
        path: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        body: Any = NOTHING,
        patience: float | None = None,
    ) -> Reply | None:
        """Send one request; a session that has ended is begun anew once.

        Args:
            path: the values of the path's parameters, unencoded.
            body: written in the media type that the operation has; `NOTHING` sends none.
            patience: seconds that an answer may take; twice the run's without it.

        Returns:
            the answer; None where none came, which is a finding already.

        Raises:
            ServerAway: the server does not come back.
            CouldNotRun: a login is refused.
        """
        where = operation.path
        for name, value in (path or {}).items():
            where = where.replace(f"{{{name}}}", quote(written(value), safe=""))
        arguments: dict[str, Any] = {
            "params": {name: written(value) for name, value in (query or {}).items()},
            "headers": {"Accept": self._accept(operation), **(headers or {}), **self.run.contract.headers},
            "timeout": patience or self.run.options.patience * 2,
        }
        if body is not NOTHING:
            arguments |= _body(self.media_type(operation), body, arguments["headers"])
        reply = self._send(operation, where, user, arguments)
        if reply is not None and reply.status == 401 and self._again(operation, user):
            again = self._send(operation, where, user, arguments)
            # Some refuse so what this user may never do: a new session changes nothing.
            self._never |= {(user, operation.label)} if again is not None and again.status == 401 else set()
            return again
        return reply

    def media_type(self, operation: Operation) -> str:
        """The media type of the operation's body, JSON where it may be; empty where it is none that can be written."""
        kinds = find(self.run.document, *operation.steps, "requestBody", "content") or {}
        names = [str(kind) for kind in kinds]
        wanted = [kind for kind in names if _is_json(kind)] + [kind for kind in names if kind.startswith(FORM)]
        return JSON if JSON in names else next(iter(wanted), "")

    def _accept(self, operation: Operation) -> str:
        answers = find(self.run.document, *operation.steps, "responses") or {}
        kinds = [kind for answer in answers.values() for kind in (_mapping(answer).get("content") or {})]
        return JSON if JSON in kinds else next((kind for kind in kinds if _is_json(kind)), "*/*")

    def _again(self, operation: Operation, user: User) -> bool:
        """Whether there is a new session to try again with."""
        entry = next((one for one in user.entries if one.fits(self.run.document, operation)), None)
        if entry is None or entry.path is None or (user, operation.label) in self._never:
            return False
        return self.run.logins.renew(entry)

    def _send(self, operation: Operation, where: str, user: User, arguments: dict[str, Any]) -> Reply | None:
        line, started = self.run.line, time.time()
        line.check()
        if line.gives_up(operation.label):
            return None
        url, method = self.run.options.url.rstrip("/") + where, operation.method.upper()
        credentials = credentials_for(self.run.document, operation, user.entries, self.run.logins)
        self.count += 1
        try:
            with connections(line.url) as session:
                raw = session.request(method, url, allow_redirects=False, auth=credentials, **arguments)
        except SILENT_OR_BROKEN as problem:
            with_request(problem, {"method": method, "url": url, **arguments})
            line.silent(problem, operation=operation.label, phase=self.phase, started=started)
            line.check()
            return None
        line.answered(operation.label)
        response = Response.from_requests(raw, verify=True)
        seen = exchange(response, operation=operation.label, phase=self.phase, started=started)
        self.run.keep(seen)
        self.trail.append(seen)
        return Reply(operation, seen, _parsed(raw.content))


def written(value: Any) -> str:
    """A value as a path or a query has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(written, value)) if isinstance(value, list) else str(value)


def _body(kind: str, body: Any, headers: dict[str, str]) -> dict[str, Any]:
    headers["Content-Type"] = kind or JSON
    if kind.startswith(FORM) and isinstance(body, dict):
        return {"data": {name: written(value) for name, value in body.items()}}
    return {"data": json.dumps(body).encode(errors="replace")}


def _is_json(kind: str) -> bool:
    kind = kind.partition(";")[0].strip().lower()
    return kind == JSON or kind.endswith("+json")


def _mapping(node: Any) -> dict[str, Any]:
    return node if isinstance(node, dict) else {}


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
