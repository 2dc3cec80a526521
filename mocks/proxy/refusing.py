"""Requests to the proxy that do not get an answer of the upstream server, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cierre.extras import ExtraNotInstalled, named_when_missing
from cierre.mocks.answering.refusals import MALFORMED, Refusal, problem, violations_header
from cierre.mocks.console.board import Board
from cierre.mocks.messages import MockReply, MockRequest
from cierre.mocks.proxy.checks import Checks
from cierre.mocks.reading import joined_headers
from cierre.oas.validation import Violation

UNKNOWN = Refusal(404, (404,), (), "Not in the document")
AWAY = Refusal(502, (502,), (), "The upstream server is away")
# The field that says why the mock answers, and one of its reasons.
FALLBACK, SET = b"mock-fallback", "an answer is set"
LATE = Refusal(504, (504,), (), "The upstream server is late")


def request_of(scope: Mapping[str, Any]) -> MockRequest:
    """A request without its body, of HTTP or for a WebSocket."""
    path = scope["raw_path"].partition(b"?")[0] if scope.get("raw_path") else scope["path"].encode()
    client = scope.get("client")
    return MockRequest(
        scope.get("method", "GET"),
        path.decode("latin-1"),
        scope["query_string"],
        joined_headers(scope["headers"]),
        b"",
        client[0] if client else "",
        scheme=scope.get("scheme", "http"),
    )


def refused(request: MockRequest, checks: Checks | None, violations: Sequence[Violation]) -> MockReply:
    """The refusal of a request that breaks the document, as the mock refuses it.

    Args:
        request: received.
        checks: of its operation; None where the document has none.
        violations: what it breaks.
    """
    detail = "; ".join(sentence(one) for one in violations[:3])
    if checks is None:
        return problem(UNKNOWN, detail, violations=violations)
    accept = request.headers.get("accept", "")
    return checks.operation.refuse(MALFORMED, detail, accept, violations_header(list(violations)))


def is_set(board: Board, checks: Checks | None, request: MockRequest) -> bool:
    """Whether somebody has set an answer for the operation: then the mock gives it."""
    if checks is None or not board.answers.any:
        return False
    answers, name = board.answers, checks.operation.name
    return bool(answers.of(name, request.session) or answers.of(name))


def sentence(violation: Violation) -> str:
    """In short."""
    return f"{violation.location}{violation.pointer}: {violation.message}"


def why_no_websockets() -> str:
    """What to install for them, "" where it is there."""
    try:
        with named_when_missing():
            import websockets  # noqa: F401, PLC0415 - an extra brings it
    except ExtraNotInstalled as missing:
        return str(missing)
    return ""
