"""Speaking to the server in the words of the contract: operationId in, answer out, each answer held to its schema."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response

from cierre.contract_tests.auth import tokens_in
from cierre.contract_tests.documents import Operation, operations, pointer
from cierre.contract_tests.exchanges import Exchange, exchange
from cierre.contract_tests.findings import Limited

if TYPE_CHECKING:
    from schemathesis.specs.openapi.schemas import OpenApiSchema

    from cierre.contract_tests.runner import Run


SESSION = "application/vnd.cierre.session+json"


class BrokenRule(AssertionError):
    """The server did not do what the contract says. `trace` is everything that was sent and came, in order."""

    def __init__(self, message: str, answer: Answer, clause: str) -> None:
        super().__init__(message)
        self.message, self.operation, self.clause = message, answer.operation.label, clause
        self.trace = tuple(answer.client.trace)


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
        """Say that the contract is broken, unless it holds. `clause`: steps from the operation."""
        if not holds:
            shown = self.raw[:500].decode(errors="replace")
            where = pointer(self.client.run.document, *self.operation.steps, *clause)
            broken = BrokenRule(f"{message}\nThe answer: {self.status} {shown}", self, where)
            self.client.broken.append(broken)
            raise broken

    def is_(self, *statuses: int, because: str) -> Answer:
        """Say that the contract is broken, unless the status is one of these."""
        self.must(self.status in statuses, f"{because}: expected {' or '.join(map(str, statuses))}", "responses")
        return self

    def at(self, *steps: str) -> Any:
        """A member of the body; the contract is broken where there is none."""
        node = self.body
        for step in steps:
            self.must(isinstance(node, dict) and step in node, f"The body has no {'.'.join(steps)}", "responses")
            node = node[step]
        return node


class Client:
    """Calls operations by their name, and keeps every exchange.

    Attributes:
        broken: everything that was found broken, also by other clients of the run.
        trace: what this client sent and got.
    """

    def __init__(self, run: Run, schema: OpenApiSchema, broken: list[BrokenRule]) -> None:
        self.run, self.schema, self.broken = run, schema, broken
        self.operations = {operation.name: operation for operation in operations(run.document)}
        self.trace: list[Exchange] = []
        self.traces: set[str | None] = set()

    def call(
        self,
        name: str,
        *,
        token: str | None = None,
        cookie: str | None = None,
        basic: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
        spoken: str = SESSION,
        path: dict[str, str] | None = None,
        **body: Any,
    ) -> Answer:
        """Send one request; under /api/v1 in the canonical dialect, unless `headers` have an Accept.

        Args:
            headers: an empty Accept is left out.
            path: the values of the path's parameters.
            spoken: the vendor type whose shape `application/json` has, by client or host.
            body: as of `requests`: `json`, `data` or `params`.
        """
        operation = self.operations[name]
        sent = {"Accept": SESSION} if operation.path.startswith("/api/v1/") else {}
        sent |= (headers or {}) | self.run.options.headers
        sent = {field: value for field, value in sent.items() if value}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if basic is not None:
            sent["Authorization"] = f"Basic {self.run.ring.secrets.basic(*basic)}"
        if cookie is not None:
            sent["Cookie"] = f"refreshToken={cookie}"
        where = operation.path.format_map({name: quote(value, safe="") for name, value in (path or {}).items()})
        return self._answer(operation, where, spoken, {"headers": sent, **body})

    def _answer(self, operation: Operation, path: str, spoken: str, arguments: dict[str, Any]) -> Answer:
        started = time.time()
        url = self.run.options.url.rstrip("/") + path
        raw = requests.request(operation.method.upper(), url, timeout=30, allow_redirects=False, **arguments)
        response = Response.from_requests(raw, verify=True)
        seen = exchange(response, operation=operation.label, phase="rules", started=started)
        self.trace.append(seen)
        self.run.report.exchanges.append(seen)
        if raw.status_code == 429:
            raise Limited(f"{operation.label} was refused")
        answer = Answer(raw.status_code, _parsed(raw), dict(raw.headers.lower_items()), raw.content, operation, self)
        self._learn(answer)
        self._hold(answer, response, spoken)
        return answer

    def _learn(self, answer: Answer) -> None:
        """Tokens that come get a shell variable each, so that the sequence can be sent again."""
        names = self.run.ring.secrets.names
        told = {name: value for name, (_, value) in tokens_in(answer.body)}
        if cookie := set_cookie(answer):
            told["COOKIE"] = cookie
        fresh = {f"{name}_{len(names)}": value for name, value in told.items() if value not in names}
        self.run.ring.secrets.add(fresh, "")

    def _hold(self, answer: Answer, response: Response, spoken: str) -> None:
        """Every answer of a sequence is documented and conforms."""
        trace = answer.headers.get("x-trace-id")
        answer.must(trace is None or trace not in self.traces, "The trace id is that of another request", "responses")
        self.traces.add(trace)
        documented = answer.operation.definition["responses"]
        answer.must(str(answer.status) in documented, f"{answer.status} is not documented", "responses")
        if answer.headers.get("content-type") == "application/json" and answer.operation.name == "logout":
            response.headers["content-type"] = [spoken]
        try:
            self.schema[answer.operation.path][answer.operation.method.upper()].validate_response(response)
        except FailureGroup as group:
            answer.must(None, str(group.exceptions[0]), "responses", str(answer.status))
        except Failure as failure:
            answer.must(None, str(failure), "responses", str(answer.status))


def set_cookie(answer: Answer) -> str | None:
    """The value of the cookie `refreshToken` that an answer sets; empty where it clears it; None: it does neither."""
    for part in answer.headers.get("set-cookie", "").split(", "):
        name, _, value = part.split(";")[0].partition("=")
        if name == "refreshToken":
            return value
    return None


def _parsed(raw: requests.Response) -> Any:
    try:
        return raw.json()
    except ValueError:
        return None
