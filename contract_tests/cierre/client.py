"""Calling operations by their operationId; each answer is checked against the contract."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.exchanges import Exchange, exchange
from cierre.contract_tests.findings import Limited
from cierre.contract_tests.run import Run
from cierre.contract_tests.secrets import tokens_in
from cierre.contract_tests.silence import SILENT_OR_BROKEN, with_request
from cierre.oas.navigation import pointer
from cierre.oas.structure import Operation, operations
from cierre.phrases import Phrase

# The phase of the exchanges, and of the extension that makes them.
PHASE = "rules"
SESSION = "application/vnd.cierre.session+json"
# The refresh token's; another one, of the documented name, is cleared beside it.
COOKIE = "__Host-refreshToken"
# Seconds that simultaneous requests wait for each other.
_TOGETHER = 5.0


class BrokenRule(AssertionError):
    """The server did not do what the contract says.

    Attributes:
        clause: JSON pointer into the document.
        exchanges: everything that was sent and answered up to here, in order.
    """

    def __init__(self, message: str, answer: Answer, clause: str) -> None:
        super().__init__(message)
        self.message, self.operation, self.clause = message, answer.operation.label, clause
        self.exchanges = tuple(answer.client.exchanges)


class Silence(AssertionError):
    """A request got no answer. It is a finding already; the sequence cannot go on."""


@dataclass(frozen=True)
class Answer:
    """An answer, and the operation that it is of."""

    status: int
    body: Any
    headers: dict[str, str]
    raw: bytes
    operation: Operation
    client: Client

    def must(self, holds: object, message: str, *clause: str) -> None:
        """Report a broken rule, unless it holds.

        Args:
            message: what is wrong; its first line is the finding's title.
            clause: steps from the operation to what is broken.

        Raises:
            BrokenRule: it does not hold.
        """
        if not holds:
            shown = self.raw[:500].decode(errors="replace")
            where = pointer(self.client.run.document, *self.operation.steps, *clause)
            broken = BrokenRule(f"{message}\nThe answer: {self.status} {shown}", self, where)
            self.client.broken.append(broken)
            raise broken

    def has_status(self, *statuses: int, because: str) -> Answer:
        """This answer, with one of the statuses.

        Args:
            because: what was done, for the message.

        Raises:
            BrokenRule: the status is another.
        """
        self.must(self.status in statuses, f"{because}: expected {' or '.join(map(str, statuses))}", "responses")
        return self

    def at(self, *steps: str) -> Any:
        """The member of the body that `steps` lead to.

        Raises:
            BrokenRule: there is none.
        """
        node = self.body
        for step in steps:
            self.must(isinstance(node, dict) and step in node, f"The body has no {'.'.join(steps)}", "responses")
            node = node[step]
        return node


class Client:
    """Calls operations by their name, and keeps every exchange.

    Attributes:
        broken: everything that was found broken, also by other clients of the run.
        exchanges: what this client sent, and the answers.
        trace_ids: of the answers so far.
    """

    def __init__(self, run: Run, schema: OpenApiSchema, broken: list[BrokenRule]) -> None:
        self.run, self.schema, self.broken = run, schema, broken
        self.operations = {operation.name: operation for operation in operations(run.document)}
        self.exchanges: list[Exchange] = []
        self.trace_ids: set[str | None] = set()
        # `start`, in a thread of `at_once`: what its first request waits for.
        self._thread = threading.local()

    def call(
        self,
        name: str,
        *,
        token: str | None = None,
        cookie: str | None = None,
        basic: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
        vendor_type: str = SESSION,
        path: dict[str, str] | None = None,
        **body: Any,
    ) -> Answer:
        """Send one request; under /api/v1 in the canonical dialect, unless `headers` have an Accept.

        Args:
            headers: an empty Accept is left out.
            vendor_type: the type whose shape `application/json` has, by client or host.
            path: the values of the path's parameters.
            body: as of `requests`: `json`, `data` or `params`.

        Raises:
            BrokenRule: the answer does not conform to the contract.
            Limited: the server refused the request because there were too many.
            Silence: there was no answer; it is reported already.
            ServerAway: there was no answer, and the server stays away.
        """
        operation = self.operations[name]
        sent = {"Accept": SESSION} if operation.path.startswith("/api/v1/") else {}
        sent |= (headers or {}) | self.run.contract.headers
        sent = {field: value for field, value in sent.items() if value}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if basic is not None:
            sent["Authorization"] = f"Basic {self.run.secrets.basic(*basic)}"
        if cookie is not None:
            sent["Cookie"] = f"{COOKIE}={cookie}"
        where = operation.path.format_map({name: quote(value, safe="") for name, value in (path or {}).items()})
        return self._answer(operation, where, vendor_type, {"headers": sent, **body})

    def at_once(self, *calls: Callable[[], Answer]) -> list[Answer]:
        """Make calls in threads; the first request of each waits, ready to be sent, until all the others are.

        Returns:
            The answers, in the order of the calls.

        Raises:
            BrokenRule, Limited, Silence, ServerAway: as `call`.
        """
        start = threading.Barrier(len(calls))

        def run(call: Callable[[], Answer]) -> Answer:
            self._thread.start = start
            return call()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))

    def _answer(self, operation: Operation, path: str, vendor_type: str, arguments: dict[str, Any]) -> Answer:
        line, started = self.run.line, time.time()
        url = self.run.options.url.rstrip("/") + path
        line.check()
        try:
            raw = self._sent(operation.method.upper(), url, arguments)
        except SILENT_OR_BROKEN as problem:
            with_request(problem, {"method": operation.method.upper(), "url": url, **arguments})
            _, silent = line.silent(problem, operation=operation.label, phase=PHASE, started=started)
            self.exchanges.append(silent)
            line.check()
            raise Silence(operation.label) from problem
        response = Response.from_requests(raw, verify=True)
        seen = exchange(response, operation=operation.label, phase=PHASE, started=started)
        self.exchanges.append(seen)
        if raw.status_code == 429 and not line.spending:
            self.run.keep(seen)
            raise Limited(Phrase("{operation} was refused", operation=operation.label))
        answer = Answer(raw.status_code, _parsed(raw), dict(raw.headers.lower_items()), raw.content, operation, self)
        self._name_tokens(answer)
        self.run.keep(seen)
        self._check(answer, response, vendor_type)
        return answer

    def _sent(self, method: str, url: str, arguments: dict[str, Any]) -> requests.Response:
        line, session = self.run.line, self.run.line.addresses.session
        request = session.prepare_request(requests.Request(method, url, **arguments))
        settings = session.merge_environment_settings(url, {}, None, None, None)
        start, self._thread.start = getattr(self._thread, "start", None), None
        if start is not None:
            # Whoever fails before keeps the others waiting no longer than that.
            with contextlib.suppress(threading.BrokenBarrierError):
                start.wait(_TOGETHER)
        for attempt in itertools.count():
            answer = session.send(request, timeout=30, allow_redirects=False, **settings)
            if not line.again(answer.status_code, answer.headers.get("Retry-After"), attempt):
                break
        return answer

    def _name_tokens(self, answer: Answer) -> None:
        """Tokens in an answer get a shell variable each, so that the sequence can be sent again."""
        names = self.run.secrets.names
        tokens = {name: value for name, (_, value) in tokens_in(answer.body)}
        if cookie := set_cookie(answer):
            tokens["COOKIE"] = cookie
        fresh = {f"{name}_{len(names)}": value for name, value in tokens.items() if value not in names}
        self.run.secrets.add(fresh, "")

    def _check(self, answer: Answer, response: Response, vendor_type: str) -> None:
        """Every answer of a sequence is documented, conforms, and has a trace id of its own."""
        trace_id = answer.headers.get("x-trace-id")
        answer.must(trace_id not in self.trace_ids - {None}, "The trace id is that of another request", "responses")
        self.trace_ids.add(trace_id)
        documented = answer.operation.node["responses"]
        answer.must(str(answer.status) in documented, f"{answer.status} is not documented", "responses")
        if answer.headers.get("content-type") == "application/json" and answer.operation.name == "logout":
            response.headers["content-type"] = [vendor_type]
        try:
            self.schema[answer.operation.path][answer.operation.method.upper()].validate_response(response)
        except FailureGroup as group:
            answer.must(None, str(group.exceptions[0]), "responses", str(answer.status))
        except Failure as failure:
            answer.must(None, str(failure), "responses", str(answer.status))


def set_cookie(answer: Answer) -> str | None:
    """The value of the refresh token's cookie that an answer sets; empty: clears it; None: neither."""
    return next((value for value, _ in _refresh_cookies(answer)), None)


def clears_cookie(answer: Answer) -> bool:
    """Whether an answer clears the refresh token's cookie: no value, and it expires at once (RFC 6265, 5.2.2)."""
    return any(not value and "max-age=0" in attributes for value, attributes in _refresh_cookies(answer))


def _refresh_cookies(answer: Answer) -> Iterator[tuple[str, set[str]]]:
    """Value and lower-case attributes of each cookie of the refresh token that an answer sets."""
    for line in answer.headers.get("set-cookie", "").split(", "):
        pair, *attributes = (part.strip() for part in line.split(";"))
        name, _, value = pair.partition("=")
        if name == COOKIE:
            yield value, {attribute.lower() for attribute in attributes}


def _parsed(raw: requests.Response) -> Any:
    try:
        return raw.json()
    except ValueError:
        return None
