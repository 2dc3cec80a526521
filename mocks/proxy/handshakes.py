"""The request for a WebSocket: held to the document where it has the path, passed on, and logged."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from typing import Any

from websockets.exceptions import WebSocketException

from cierre.mocks.answering.refusals import problem, violations_header
from cierre.mocks.app import MockApp, Scope
from cierre.mocks.control import CONTROL
from cierre.mocks.messages import MockReply, MockRequest, Receive, Send
from cierre.mocks.proxy.checks import Checks
from cierre.mocks.proxy.options import ProxyOptions
from cierre.mocks.proxy.refusing import AWAY, FALLBACK, LATE, SET, UNKNOWN, is_set, refused, request_of, sentence
from cierre.mocks.proxy.sending import adding, sent
from cierre.mocks.proxy.upstream import Upstream
from cierre.mocks.proxy.websockets import Refused, joined, opened
from cierre.oas.validation import Violation

_REQUESTS = b"mock-violations"
_SWITCHING = 101


async def pass_websocket(
    mock: MockApp, upstream: Upstream, options: ProxyOptions, scope: Scope, receive: Receive, send: Send
) -> None:
    """Open the WebSocket of the upstream server, and join it with the client's; or refuse that.

    Args:
        mock: that knows the document, its log and what somebody looks at.
        upstream: the server.
        options: of the proxy.
        scope: of ASGI, as `receive` and `send` are.
    """
    begun = time.perf_counter()
    request = request_of(scope)
    found = mock.operation_for(request)
    checks = None if isinstance(found, list) else Checks(found)
    # Few documents name a WebSocket: of a path that is not in it nothing is said.
    violations = [] if checks is None else checks.request(request, whole=True)
    name = checks.operation.name if checks is not None else None

    def note(reply: MockReply) -> None:
        seconds = time.perf_counter() - begun
        mock.board.calls.add(request, reply._replace(violations=tuple(violations)), seconds, name)
        mock.log.add_request(request, reply, seconds, name)

    if is_set(mock.board, checks, request):
        marked = adding(_as_answer(send), [(FALLBACK, SET.encode())])
        await mock({**scope, "type": "http", "method": "GET"}, _no_body, marked)
        return
    refusal = _refusal(request, checks, violations, errors=options.errors)
    if refusal is not None:
        note(await sent(refusal, _as_answer(send)))
        return
    try:
        there = await opened(upstream, scope, options.max_body)
    except Refused as answer:
        why = f"answered by {upstream.name}"
        await _as_answer(send)({"type": "http.response.start", "status": answer.status, "headers": answer.fields})
        await _as_answer(send)({"type": "http.response.body", "body": answer.body})
        note(MockReply(answer.status, answer.fields, answer.body, why))
        return
    except (OSError, TimeoutError, WebSocketException) as error:
        detail = f"{upstream.name}: {str(error) or type(error).__name__}"
        late = LATE if isinstance(error, TimeoutError) else AWAY
        note(await sent(problem(late, detail), _as_answer(send)))
        return
    fields = violations_header(violations, _REQUESTS)
    why = f"a WebSocket of {upstream.name}"
    if violations:
        why += f"; the request breaks the document: {sentence(violations[0])}"
    note(MockReply(_SWITCHING, fields, b"", why, violations=tuple(violations)))
    await joined(there, receive, send, fields)


def _refusal(
    request: MockRequest, checks: Checks | None, violations: list[Violation], *, errors: bool
) -> MockReply | None:
    if request.path.startswith(CONTROL):
        return problem(UNKNOWN, "the proxy's own routes are no WebSockets")
    return refused(request, checks, violations) if violations and errors else None


async def _no_body() -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def _as_answer(send: Send) -> Send:
    """Sends an answer of HTTP to a request for a WebSocket (ASGI's extension `websocket.http.response`)."""

    async def renamed(message: MutableMapping[str, Any]) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    return renamed
