"""The mock as an ASGI application, without a framework: what happens to a request, from top to bottom."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cierre.mocks import cors
from cierre.mocks.answering import refusals
from cierre.mocks.answering.fitting import Candidate, fitting
from cierre.mocks.answering.operation import MockedOperation
from cierre.mocks.answering.unrouted import UnroutedRefuser
from cierre.mocks.caching import fresh
from cierre.mocks.console.board import Board
from cierre.mocks.control import CONTROL, control, to_page
from cierre.mocks.faults import Faults, send_with_fault
from cierre.mocks.log import Log
from cierre.mocks.messages import MockReply, MockRequest, Receive, Send
from cierre.mocks.options import MockOptions
from cierre.mocks.preferences import NONE, Preferences, read_preferences
from cierre.mocks.reading import joined_headers, read_body
from cierre.mocks.router import Match, Router
from cierre.oas.document import Document
from cierre.phrases import Phrase

if TYPE_CHECKING:
    from cierre.mocks.console.scenarios.running import Scenarios
    from cierre.mocks.state.stateful import Stateful

# Says what of the field Prefer, or of a query such as `?__code=404`, was not understood.
_MISTAKES = b"mock-not-understood"
Scope = MutableMapping[str, Any]


class _Served(NamedTuple):
    """What one version of the document is served by; replaced as a whole at a reload.

    Attributes:
        document: as it was read.
        router: of its operations.
        operations: those that had a request, by the `id` of their node.
        by_path: those that method and path alone identify, which the router need not look for again.
        unrouted: refuses all other requests.
    """

    document: Document
    router: Router
    operations: dict[int, MockedOperation]
    by_path: dict[tuple[str, str], MockedOperation]
    unrouted: UnroutedRefuser


class MockApp:
    """Answers from an OpenAPI document.

    Args:
        document: to answer from.
        options: how to answer; the default ones where it is None.
        log: for a line a request; silent where it is None.
        on_start: called in the event loop when serving begins; what it returns is called, and awaited, at the end.
        state: that operations work upon; None: each answer is the document's own.
        scenarios: that answer before the document does; None: there are none.
    """

    def __init__(
        self,
        document: Document,
        options: MockOptions | None = None,
        log: Log | None = None,
        on_start: Callable[[MockApp], Callable[[], Awaitable[None]]] | None = None,
        state: Stateful | None = None,
        scenarios: Scenarios | None = None,
    ) -> None:
        self.options = options or MockOptions()
        self.log = log or Log("silent")
        self._faults = Faults(self.options)
        self._on_start = on_start
        self.state = state
        self.board = Board(scenarios)
        self._tasks: set[asyncio.Task[None]] = set()
        self.install(document)

    def install(self, document: Document) -> None:
        """Answer from this document from now on; requests under way keep the one that they began with.

        Raises:
            BrokenDocument: what is said of its state, or a scenario, does not fit it.
        """
        if self.board.scenarios is not None:
            self.board.scenarios.install(document)
        if self.state is not None:
            self.state.install(document)
        base = self.options.base_path
        self._served = _Served(document, Router(document, base), {}, {}, UnroutedRefuser(document, base))
        self.board.read_again()

    @property
    def document(self) -> Document:
        """The document that new requests are answered from."""
        return self._served.document

    @property
    def files(self) -> frozenset[Path]:
        """What is read again after an edit: the document's files, and those of scenarios."""
        scenarios = self.board.scenarios
        return self.document.paths if scenarios is None else self.document.paths.union(scenarios.files)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        stop: Callable[[], Awaitable[None]] | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                stop = self._on_start(self) if self._on_start else None
                await send({"type": "lifespan.startup.complete"})
            else:
                if stop is not None:
                    await stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        headers = joined_headers(scope["headers"])
        body, too_large = b"", False
        if "content-length" in headers or "transfer-encoding" in headers:
            body, too_large = await read_body(receive, self.options.max_body, headers.get("content-length", ""))
        client, server = scope.get("client"), scope.get("server")
        raw_path = scope.get("raw_path")
        request = MockRequest(
            scope["method"],
            raw_path.decode("latin-1").partition("?")[0] if raw_path else scope["path"],
            scope["query_string"],
            headers,
            body,
            client[0] if client else "",
            server[0] if server else "",
            too_large,
            scope.get("scheme", "http"),
            scope.get("root_path", ""),
        )
        own = request.path.startswith(CONTROL)
        try:
            reply, operation = await self._own_reply(request) if own else self._reply(request)
        except Exception as error:  # noqa: BLE001 - an error of the mock is a reply and a log line, not a closed connection
            self.log.add_crash(request, error)
            reply, operation = refusals.problem(refusals.MOCK_FAILED, f"{type(error).__name__}: {error}"), None
        if reply.stream is not None:
            await reply.stream(receive, send)
            return
        if reply.delay:
            await asyncio.sleep(reply.delay)
        seconds, name = time.perf_counter() - begun, operation.name if operation else None
        if not own:
            self.board.calls.add(request, reply, seconds, name)
        if not self.log.silent:
            self.log.add_request(request, reply, seconds, name)
        await self._send(request, reply, send, shares=self.options.cors and not own)
        if operation is not None and self.options.callbacks and "callbacks" in operation.operation.node:
            self._call_back(operation, request, reply)

    async def _own_reply(self, request: MockRequest) -> tuple[MockReply, MockedOperation | None]:
        return await control(self.document, request, self.options, self.state, self.board), None

    def _reply(self, request: MockRequest) -> tuple[MockReply, MockedOperation | None]:
        found = self.operation_for(request)
        if isinstance(found, list):
            return self._unrouted(self._served, request, found), None
        return self._answer(found.operation, request, found.parameters), found.operation

    def operation_for(self, request: MockRequest) -> Candidate | list[str]:
        """The operation that a request is for; the methods of its path where there is none."""
        served = self._served
        method = request.method.lower()
        known = served.by_path.get((method, request.path))
        if known is not None:
            return Candidate(known, {})
        found = self._find(served, method, request)
        if isinstance(found, list):
            return found
        candidate = self._candidate(served, found)
        if found.others:
            candidate = fitting([candidate, *(self._candidate(served, other) for other in found.others)])
        if not candidate.parameters and found.only:
            served.by_path[method, request.path] = candidate.operation
        return candidate

    def _candidate(self, served: _Served, found: Match) -> Candidate:
        operation = served.operations.get(id(found.operation.node))
        if operation is None or operation.operation != found.operation:
            operation = (
                MockedOperation(served.document, found.operation, self.options)
                if self.state is None
                else self.state.operation(served.document, found.operation)
            )
            served.operations[id(found.operation.node)] = operation
        return Candidate(operation, found.parameters)

    def _find(self, served: _Served, method: str, request: MockRequest) -> Match | list[str]:
        if cors.is_preflight(request.method, request.headers) and self.options.cors:
            method = "preflight"  # no operation has it: the path's methods come back
        found = served.router.find(method, request.path, request.query)
        if method == "head" and isinstance(found, list) and "get" in found:
            return served.router.find("get", request.path, request.query)
        return found

    def _answer(self, operation: MockedOperation, request: MockRequest, parameters: Mapping[str, str]) -> MockReply:
        prefer = request.headers.get("prefer", "")
        preferences = read_preferences(prefer, request.query) if prefer or b"__" in request.query else NONE
        if self.state is not None:
            self.state.enter(request.session)
        answers = self.board.answers
        given = answers.take(operation.name, request.session, preferences) if answers.any else None
        if given is None and self.board.scenarios is not None:
            given = self.board.scenarios.take(operation, request, parameters, preferences)
        if given is None:
            reply = self._of_operation(operation, request, parameters, preferences)
        else:
            reply = given.reply(partial(self._of_operation, operation, request, parameters), preferences)
            if "times" in given.given:
                self.board.changed()
        return _with_mistakes(reply, preferences.mistakes) if preferences.mistakes else reply

    def _of_operation(
        self, operation: MockedOperation, request: MockRequest, parameters: Mapping[str, str], preferences: Preferences
    ) -> MockReply:
        if request.too_large:
            accept = request.headers.get("accept", "")
            return operation.refuse(refusals.TOO_LARGE, f"more than {self.options.max_body} bytes", accept)
        if preferences is NONE and not self._faults.configured:
            return operation.answer(request, parameters, preferences)
        return self._answer_with_faults(operation, request, parameters, preferences)

    def _answer_with_faults(
        self, operation: MockedOperation, request: MockRequest, parameters: Mapping[str, str], preferences: Preferences
    ) -> MockReply:
        accept = request.headers.get("accept", "")
        reply = self._faults.refuse(operation, request.client, accept, preferences)
        reply = reply or operation.answer(request, parameters, preferences)
        return self._faults.apply(reply, operation, preferences)

    def _unrouted(self, served: _Served, request: MockRequest, methods: list[str]) -> MockReply:
        allowed = [method.upper() for method in methods]
        if "GET" in allowed and "HEAD" not in allowed:
            allowed.append("HEAD")
        if allowed and "OPTIONS" not in allowed:
            allowed.append("OPTIONS")
        if cors.is_preflight(request.method, request.headers) and self.options.cors:
            return MockReply(204, cors.preflight(request.headers, allowed), b"", "CORS preflight")
        if request.method == "OPTIONS" and allowed:
            return MockReply(204, [(b"allow", ", ".join(allowed).encode("latin-1"))], b"", "the path's methods")
        if f"{request.path}/" == CONTROL and request.method == "GET":
            return to_page(request)
        return served.unrouted.reply(request, allowed)

    async def _send(self, request: MockRequest, reply: MockReply, send: Send, *, shares: bool) -> None:
        headers = fresh(reply.headers, cache=self.options.cache)
        origin = request.headers.get("origin")
        if origin is not None and shares and not cors.is_preflight(request.method, request.headers):
            headers = cors.share(origin, headers)
        body = b"" if request.method == "HEAD" else reply.body
        start = {"type": "http.response.start", "status": reply.status, "headers": headers}
        if reply.fault:
            await send_with_fault(send, start, body, reply.fault)
            return
        await send(start)
        await send({"type": "http.response.body", "body": body})

    def _call_back(self, operation: MockedOperation, request: MockRequest, reply: MockReply) -> None:
        """Send the operation's callbacks, after the reply and without delaying other requests."""
        from cierre.mocks.callbacks import send_callbacks  # noqa: PLC0415 - most documents have none

        if len(self._tasks) >= self.options.max_callbacks:
            message = "callbacks of {name} are not sent: {count} are under way"
            self.log.add_warning(Phrase(message, name=operation.name, count=len(self._tasks)))
            return
        sending = send_callbacks(operation, request, reply, self.log, self.options.callback_hosts)
        task = asyncio.create_task(sending)
        # The loop holds tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _with_mistakes(reply: MockReply, mistakes: tuple[str, ...]) -> MockReply:
    """The reply with what of the preferences was not understood, in a header field and for the log."""
    text = "; ".join(mistakes)
    field = text.encode("ascii", "replace").decode("ascii")
    shown = "".join(character if character.isprintable() else "?" for character in field).encode()
    return reply._replace(headers=[*reply.headers, (_MISTAKES, shown)], why=f"{reply.why}; not understood: {text}")
