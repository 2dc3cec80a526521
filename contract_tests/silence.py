"""Requests that get no answer: a cut connection, a time-out, a server that dies, comes back, or stays away.

Everything that a run sends notices it here, so that each is a finding, whatever phase it is.
"""

from __future__ import annotations

import itertools
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from schemathesis.core.transport import Response

from cierre.contract_tests.addresses import Addresses
from cierre.contract_tests.exchanges import NO_ANSWER, Exchange, unanswered
from cierre.contract_tests.limit_fields import seconds

# What `requests` raises where the server is at fault, and not the request.
SILENT = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
SILENT_OR_BROKEN = (*SILENT, requests.exceptions.ContentDecodingError)
# Time-outs in a row, and in all, after which an operation is not waited for again.
IN_A_ROW, IN_ALL = 3, 10
# Seconds between two looks at a server that is away, and for one look.
PAUSE, LOOK = 0.2, 3.0
_REASONS_OF_KINDS: dict[type, str] = {
    requests.exceptions.ContentDecodingError: "the body is not in the encoding that Content-Encoding names",
    requests.exceptions.ChunkedEncodingError: "the connection was cut in the middle of the answer",
}
# What urllib3 and http.client say, and what it means.
_REASONS = {
    "NameResolutionError": "no machine of that name is known",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted; REQUESTS_CA_BUNDLE names a file of others",
    "SSLError": "it does not speak TLS as HTTPS does",
    "NewConnectionError": "the server took no connection",
    "Connection refused": "the server took no connection",
    "IncompleteRead": "the connection was cut in the middle of the answer",
    "reset by peer": "the server reset the connection without an answer",
    "closed connection": "the server closed the connection without an answer",
    "Broken pipe": "the server closed the connection without an answer",
}
# Seconds that an answer to `Line.post` may take.
LONGEST = 30
TOO_MANY = 429
# Seconds that a run waits for one request that was refused with 429, and for all of them.
LONGEST_WAIT, WAITS = 61.0, 180.0


class ServerAway(KeyboardInterrupt):
    """The server went away and did not come back: no more requests.

    A KeyboardInterrupt, since Hypothesis and schemathesis end at one, and try again after any other exception.
    """


class Unanswered(Response):
    """In the place of an answer that did not come.

    Attributes:
        sent: whether the request was sent; an operation that never answers is given up.
    """

    __slots__ = ("sent",)

    def __init__(self, request: requests.PreparedRequest, elapsed: float, reason: str, *, sent: bool) -> None:
        super().__init__(NO_ANSWER, {}, b"", request, elapsed, verify=True, message=reason)
        self.sent = sent


def _ignored(_seen: Exchange) -> None:
    """What is done with a request that got no answer, where it is not reported."""


@dataclass
class Line:
    """The line to one server.

    Attributes:
        url: the base URL of the server.
        headers: sent with each request, such as `Host`.
        comeback: seconds that a server which is away has to come back.
        report: called with each request that got no answer.
        away: since which request the server is away; empty while it is there.
        silences: how many requests got no answer.
        answers: whether the base URL answered a plain GET at the start of the run.
        patient: after a 429 send again, from another address or once Retry-After is over.
        spending: quotas are spent on purpose: what is refused is not sent again, and logins come from elsewhere.
        addresses: from which requests are sent.
    """

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    comeback: float = 10.0
    report: Callable[[Exchange], None] = _ignored
    away: str = ""
    answers: bool = True
    patient: bool = False
    spending: bool = False
    waits: float = WAITS
    silences: int = 0
    _in_a_row: Counter[str] = field(default_factory=Counter)
    _in_all: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.addresses = Addresses(self.url)

    def again(self, status: int, retry_after: str | None, attempt: int) -> bool:
        """Whether to send a request again that was refused with 429; waits where that helps.

        Args:
            attempt: how often it was sent before, from 0.
        """
        if status != TOO_MANY or not self.patient or self.spending or attempt > 1:
            return False
        if attempt == 0 and self.addresses.change():
            return True
        wait = seconds(retry_after)
        if wait is None or not 0 <= wait <= min(LONGEST_WAIT, self.waits):
            return False
        self.waits -= wait
        time.sleep(wait)
        return True

    def gives_up(self, operation: str) -> bool:
        """Whether the operation has timed out so often that it is not waited for again."""
        return self._in_a_row[operation] >= IN_A_ROW or self._in_all[operation] >= IN_ALL

    def check(self) -> None:
        """Send nothing to a server that is away.

        Raises:
            ServerAway: it is.
        """
        if self.away:
            raise ServerAway(self.away)

    def answered(self, operation: str) -> None:
        """Note that the operation answers."""
        self._in_a_row[operation] = 0

    def post(self, url: str, *, operation: str, phase: str, **arguments: Any) -> requests.Response | None:
        """The answer to a POST; None where none came, twice.

        Args:
            operation: `METHOD /path` of the contract.
            arguments: as of `requests`.

        Raises:
            ServerAway: the server does not come back.
        """
        for _ in range(2):
            self.check()
            started = time.time()
            try:
                for attempt in itertools.count():
                    session = self.addresses.elsewhere if self.spending else self.addresses.session
                    answer = session.post(url, timeout=LONGEST, **arguments)
                    if not self.again(answer.status_code, answer.headers.get("Retry-After"), attempt):
                        return answer
            except SILENT_OR_BROKEN as problem:
                made: dict[str, Any] = {name: arguments[name] for name in ("json", "headers") if name in arguments}
                with_request(problem, {"method": "POST", "url": url, **made})
                self.silent(problem, operation=operation, phase=phase, started=started)
        self.check()
        return None

    def silent(
        self, problem: requests.RequestException, *, operation: str, phase: str, started: float
    ) -> tuple[requests.PreparedRequest, Exchange]:
        """Note a request that got no answer, and wait for the server to come back.

        Args:
            operation: `METHOD /path` of the contract.
            started: seconds since the epoch.

        Returns:
            the request, and the exchange that says why there is no answer.

        Raises:
            RequestException: the request was never sent.
        """
        request = problem.request
        if isinstance(request, requests.Request):
            request = request.prepare()
        if request is None:
            raise problem
        self.silences += 1
        if isinstance(problem, requests.Timeout):
            self._in_a_row[operation] += 1
            self._in_all[operation] += 1
        elapsed = time.time() - started
        reason = reason_of(problem, elapsed)
        seen = unanswered(request, operation=operation, phase=phase, reason=reason, started=started, elapsed=elapsed)
        self.report(seen)
        if not self.back():
            self.away = f"{seen.method} {seen.path} ({operation}, {phase})"
        return request, seen

    def back(self) -> bool:
        """Whether the server is there, after waiting for it."""
        deadline = time.monotonic() + self.comeback
        while not self.there():
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE)
        return True

    def there(self) -> bool:
        """Whether the server answers now: any answer is one."""
        if not self.answers:
            return self._accepts()
        try:
            requests.get(self.url, headers=self.headers, timeout=LOOK, allow_redirects=False, stream=True).close()
        except requests.RequestException:
            return False
        return True

    def _accepts(self) -> bool:
        parts = urlsplit(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            socket.create_connection((str(parts.hostname), port), LOOK).close()
        except OSError:
            return False
        return True


def with_request(problem: requests.RequestException, made_of: dict[str, Any]) -> None:
    """Give an error the request that it is about: `requests` forgets it where the answer breaks off.

    Args:
        made_of: arguments of `requests.Request`; others are ignored.
    """
    if problem.request is None:
        known = ("method", "url", "headers", "files", "data", "params", "auth", "cookies", "json")
        problem.request = requests.Request(**{name: made_of[name] for name in known if name in made_of}).prepare()


def reason_of(problem: requests.RequestException, elapsed: float) -> str:
    """Why there is no answer, in one sentence."""
    text = str(problem)
    if isinstance(problem, requests.Timeout) or "Read timed out" in text:
        return f"no answer came within {elapsed:.1f} s"
    kinds = (kind for kind in type(problem).__mro__ if kind in _REASONS_OF_KINDS)
    found = next((_REASONS_OF_KINDS[kind] for kind in kinds), None)
    return found or next((why for word, why in _REASONS.items() if word in text), "what came is no answer of HTTP")
