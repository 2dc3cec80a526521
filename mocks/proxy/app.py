"""The proxy as an ASGI application: a request is checked, passed on, and its answer is checked and passed back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from cierre.mocks.answering.refusals import MOCK_FAILED, Refusal, problem, violations_header
from cierre.mocks.app import MockApp, Scope
from cierre.mocks.console.board import Board
from cierre.mocks.control import CONTROL
from cierre.mocks.log import Log
from cierre.mocks.messages import MockReply, MockRequest, Receive, Send
from cierre.mocks.options import MockOptions
from cierre.mocks.proxy.bodies import RequestBody, read_up_to, unpacked
from cierre.mocks.proxy.checks import Checks, unknown
from cierre.mocks.proxy.fields import forwarded, without_hops
from cierre.mocks.proxy.options import ProxyOptions
from cierre.mocks.proxy.refusing import (
    AWAY,
    FALLBACK,
    LATE,
    SET,
    is_set,
    refused,
    request_of,
    sentence,
    why_no_websockets,
)
from cierre.mocks.proxy.sending import adding, sent, stream
from cierre.mocks.proxy.upstream import Upstream
from cierre.mocks.reading import joined_headers
from cierre.mocks.recording import Exchange, Recording
from cierre.oas.document import Document
from cierre.oas.validation import Violation
from cierre.phrases import Phrase

if TYPE_CHECKING:
    from cierre.mocks.proxy.coverage import Coverage

BROKEN_ANSWER = Refusal(502, (502,), (), "The answer does not conform to the document")
NO_WEBSOCKETS = Refusal(501, (501,), (), "WebSockets do not pass")
_REQUESTS, _ANSWERS = b"mock-violations", b"mock-answer-violations"
# A server that has not got an operation yet answers one of these, not as the document says.
_NOT_YET = frozenset({404, 405})
_NOT_IMPLEMENTED = 501


class _Answer(NamedTuple):
    """An answer of the upstream server, read as far as it is checked.

    Attributes:
        head: what was read of its body.
        whole: that is all of it.
        violations: what it breaks.
    """

    response: httpx.Response
    pieces: AsyncIterator[bytes]
    head: bytes
    whole: bool
    violations: list[Violation]


class ProxyApp:
    """Passes requests on to a server, and holds both sides to a document.

    Args:
        document: to hold them to.
        upstream: the server.
        options: how to answer.
        log: for a line a request; silent where it is None.
        recording: that keeps exchanges as examples.
        coverage: that notes what of the document passes.
    """

    def __init__(
        self,
        document: Document,
        upstream: Upstream,
        options: ProxyOptions | None = None,
        log: Log | None = None,
        recording: Recording | None = None,
        coverage: Coverage | None = None,
    ) -> None:
        self._upstream = upstream
        self._options = options or ProxyOptions()
        self.log = log or Log("silent")
        self._recording = recording
        self._coverage = coverage
        own = MockOptions(max_body=self._options.max_body, allowed_hosts=self._options.allowed_hosts)
        self._mock = MockApp(document, own, self.log)

    @property
    def board(self) -> Board:
        """What it holds for those who look at it."""
        return self._mock.board

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._guarded(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            from cierre.mocks.proxy.handshakes import pass_websocket  # noqa: PLC0415 - an extra brings what it needs

            await pass_websocket(self._mock, self._upstream, self._options, scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._upstream.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; an error of the proxy itself is a 500 and a log line, where nothing was sent yet."""
        begun = False

        async def noting(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._http(scope, receive, noting)
        except Exception as error:
            if begun:
                # What the upstream server broke off is broken off here, too.
                raise
            self.log.add_crash(MockRequest(scope["method"], scope["path"], b"", {}, b""), error)
            await sent(problem(MOCK_FAILED, f"{type(error).__name__}: {error}"), send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        request = request_of(scope)
        headers = request.headers
        if request.path.startswith(CONTROL):
            await self._mock(scope, receive, adding(send, []))
            return
        if headers.get("upgrade", "").lower() == "websocket" and (reason := why_no_websockets()):
            await sent(problem(NO_WEBSOCKETS, reason), send)
            return
        found = self._mock.operation_for(request)
        checks = None if isinstance(found, list) else Checks(found)
        # What is not checked is passed on at once.
        answered = is_set(self.board, checks, request)
        reads = answered or (checks is not None and checks.reads_request(headers.get("content-type", "")))
        has_body = "content-length" in headers or "transfer-encoding" in headers
        body = RequestBody(receive, self._options.max_body if reads else 0)
        try:
            if reads or not has_body:
                await body.begin()
            request = request._replace(body=body.head if body.whole else b"")
            if answered and body.whole:
                await self._by_mock(scope, send, request, SET)
                return
            violations = unknown(request) if checks is None else checks.request(request, whole=body.whole)
            reply = await self._exchange(scope, receive, send, request, body, checks, violations)
        except ConnectionError:
            return
        name = checks.operation.name if checks is not None else None
        if reply is None:
            return
        seconds = time.perf_counter() - begun
        # Places in the document are those of requests.
        self.board.calls.add(request, reply._replace(violations=tuple(violations)), seconds, name)
        if not self.log.silent:
            self.log.add_request(request, reply, seconds, name)

    async def _exchange(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        request: MockRequest,
        body: RequestBody,
        checks: Checks | None,
        violations: list[Violation],
    ) -> MockReply | None:
        """Answer. Returns what was sent, for the log; None where the mock answered, which logs that itself."""
        if violations and self._options.errors:
            return await sent(refused(request, checks, violations), send)
        try:
            answer = await self._asked(scope, request, body, checks)
        except httpx.TransportError as error:
            if self._may_fall_back(body, checks):
                await self._by_mock(scope, send, request, f"{self._upstream.name} is away")
                return None
            refusal = LATE if isinstance(error, httpx.TimeoutException) else AWAY
            detail = f"{self._upstream.name}: {str(error) or type(error).__name__}"
            return await sent(problem(refusal, detail), send)
        try:
            status = answer.response.status_code
            lacks = status == _NOT_IMPLEMENTED or (status in _NOT_YET and answer.violations)
            if lacks and self._may_fall_back(body, checks):
                await self._by_mock(scope, send, request, f"{self._upstream.name} answered {status}")
                return None
            if answer.violations and self._options.errors:
                detail = "; ".join(sentence(one) for one in answer.violations[:3])
                return await sent(problem(BROKEN_ANSWER, detail, violations=answer.violations), send)
            reply = await self._passed(receive, send, answer, violations)
            if checks is not None and self._coverage is not None:
                self._coverage.add(checks.operation.operation, request, reply)
            if checks is not None and body.whole and answer.whole:
                self._record(request, checks, answer)
            return reply
        finally:
            await answer.response.aclose()

    def _record(self, request: MockRequest, checks: Checks, answer: _Answer) -> None:
        content_type = answer.response.headers.get("content-type", "")
        exchange = Exchange(request, answer.response.status_code, content_type, self._shown(answer))
        try:
            if self._recording is not None and self._recording.add(checks.candidate, exchange):
                recorded = Phrase("recorded: {name} {status}", name=checks.operation.name, status=exchange.status)
                self.log.add_note(recorded)
        except OSError as error:
            self.log.add_warning(Phrase("--record: {reason}", reason=error))

    def _may_fall_back(self, body: RequestBody, checks: Checks | None) -> bool:
        return self._options.fallback and checks is not None and body.whole

    async def _asked(self, scope: Scope, request: MockRequest, body: RequestBody, checks: Checks | None) -> _Answer:
        """The answer of the upstream server, of which a body that is checked and small is read.

        Raises:
            httpx.TransportError: there is none.
        """
        fields = forwarded(scope["headers"], self._upstream.host, request.client)
        path = request.path.encode("latin-1")
        content = body.head if body.whole else body.pieces()
        response = await self._upstream.ask(request.method, path, request.query, fields, content)
        pieces = response.aiter_raw()
        if checks is None:
            return _Answer(response, pieces, b"", whole=False, violations=[])
        headers = joined_headers(response.headers.raw)
        if request.method == "HEAD" or not checks.reads_answer(headers.get("content-type", "")):
            broken = checks.answer(response.status_code, headers, None)
            return _Answer(response, pieces, b"", whole=False, violations=broken)
        head, whole = await read_up_to(pieces, self._options.max_body)
        plain = unpacked(head, headers.get("content-encoding", ""), self._options.max_body) if whole else None
        return _Answer(response, pieces, head, whole, checks.answer(response.status_code, headers, plain))

    async def _passed(self, receive: Receive, send: Send, answer: _Answer, violations: list[Violation]) -> MockReply:
        """Pass the answer back, with what either side breaks in header fields."""
        added = [*violations_header(violations, _REQUESTS), *violations_header(answer.violations, _ANSWERS)]
        names = {name for name, _ in added}
        fields = [item for item in without_hops(answer.response.headers.raw) if item[0] not in names] + added
        await send({"type": "http.response.start", "status": answer.response.status_code, "headers": fields})
        if answer.whole:
            await send({"type": "http.response.body", "body": answer.head})
        else:
            await stream(receive, send, answer.head, answer.pieces)
        both = (*violations, *answer.violations)
        why = f"answered by {self._upstream.name}"
        if violations:
            why += f"; the request breaks the document: {sentence(violations[0])}"
        if answer.violations:
            why += f"; the answer breaks the document: {sentence(answer.violations[0])}"
        return MockReply(answer.response.status_code, fields, self._shown(answer), why, violations=both)

    def _shown(self, answer: _Answer) -> bytes:
        """The body for those who look at the requests: of a stream none, of a compressed one what it says."""
        coding = answer.response.headers.get("content-encoding", "")
        return (unpacked(answer.head, coding, self._options.max_body) or b"") if answer.whole else b""

    async def _by_mock(self, scope: Scope, send: Send, request: MockRequest, why: str) -> None:
        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": request.body, "more_body": False}

        marked = adding(send, [(FALLBACK, why.encode("latin-1", "replace"))])
        await self._mock(scope, receive, marked)
