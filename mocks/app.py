"""The mock as an ASGI application, without a framework: what happens to a request, from top to bottom."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

from cierre.mocks import cors
from cierre.mocks.answering import refusals
from cierre.mocks.answering.operation import MockedOperation
from cierre.mocks.answering.unrouted import UnroutedRefuser
from cierre.mocks.control import CONTROL, control
from cierre.mocks.documents import Document
from cierre.mocks.faults import Faults, Send, send_with_fault
from cierre.mocks.log import Log
from cierre.mocks.messages import MockReply, MockRequest
from cierre.mocks.options import MockOptions
from cierre.mocks.preferences import NONE, Preferences, read_preferences
from cierre.mocks.router import Match, Router

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


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
    """

    def __init__(
        self,
        document: Document,
        options: MockOptions | None = None,
        log: Log | None = None,
        on_start: Callable[[MockApp], Callable[[], Awaitable[None]]] | None = None,
    ) -> None:
        self.options = options or MockOptions()
        self.log = log or Log("silent")
        self._faults = Faults(self.options)
        self._on_start = on_start
        self._tasks: set[asyncio.Task[None]] = set()
        self.install(document)

    def install(self, document: Document) -> None:
        """Answer from this document from now on; requests under way keep the one that they began with."""
        self._served = _Served(document, Router(document), {}, {}, UnroutedRefuser(document))

    @property
    def document(self) -> Document:
        """The document that new requests are answered from."""
        return self._served.document

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
        headers = _headers(scope["headers"])
        body = b""
        if "content-length" in headers or "transfer-encoding" in headers:
            body = await _read(receive, self.options.max_body)
        client = scope.get("client")
        raw_path = scope.get("raw_path")
        request = MockRequest(
            scope["method"],
            raw_path.decode("latin-1").partition("?")[0] if raw_path else scope["path"],
            scope["query_string"],
            headers,
            body,
            client[0] if client else "",
        )
        try:
            reply, operation = await self._reply(request)
        except Exception as error:  # noqa: BLE001 - an error of the mock is a reply and a log line, not a closed connection
            self.log.add_crash(request, error)
            reply, operation = refusals.problem(refusals.MOCK_FAILED, f"{type(error).__name__}: {error}"), None
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if not self.log.silent:
            self.log.add_request(request, reply, time.perf_counter() - begun, operation.name if operation else None)
        await self._send(request, reply, send)
        if operation is not None and self.options.callbacks and "callbacks" in operation.operation.node:
            self._call_back(operation, request, reply)

    async def _reply(self, request: MockRequest) -> tuple[MockReply, MockedOperation | None]:
        if request.path.startswith(CONTROL):
            return await control(self.document, request), None
        served = self._served
        method = request.method.lower()
        operation = served.by_path.get((method, request.path))
        parameters: dict[str, str] = {}
        if operation is None:
            found = self._find(served, method, request)
            if isinstance(found, list):
                return self._unrouted(served, request, found), None
            operation = served.operations.get(id(found.operation.node))
            if operation is None or operation.operation != found.operation:
                operation = MockedOperation(served.document, found.operation, self.options)
                served.operations[id(found.operation.node)] = operation
            parameters = found.parameters
            if not parameters and found.only:
                served.by_path[method, request.path] = operation
        return self._answer(operation, request, parameters), operation

    def _find(self, served: _Served, method: str, request: MockRequest) -> Match | list[str]:
        if cors.is_preflight(request.method, request.headers) and self.options.cors:
            method = "preflight"  # no operation has it: the path's methods come back
        found = served.router.find(method, request.path, request.query)
        if method == "head" and isinstance(found, list) and "get" in found:
            return served.router.find("get", request.path, request.query)
        return found

    def _answer(self, operation: MockedOperation, request: MockRequest, parameters: dict[str, str]) -> MockReply:
        prefer = request.headers.get("prefer", "")
        preferences = read_preferences(prefer, request.query) if prefer or b"__" in request.query else NONE
        if len(request.body) > self.options.max_body:
            accept = request.headers.get("accept", "")
            return operation.refuse(refusals.TOO_LARGE, f"more than {self.options.max_body} bytes", accept)
        if preferences is NONE and not self._faults.configured:
            return operation.answer(request, parameters, preferences)
        return self._answer_with_faults(operation, request, parameters, preferences)

    def _answer_with_faults(
        self, operation: MockedOperation, request: MockRequest, parameters: dict[str, str], preferences: Preferences
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
        return served.unrouted.reply(request, allowed)

    async def _send(self, request: MockRequest, reply: MockReply, send: Send) -> None:
        headers = reply.headers
        origin = request.headers.get("origin")
        if origin is not None and self.options.cors and not cors.is_preflight(request.method, request.headers):
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

        task = asyncio.create_task(send_callbacks(operation, request, reply, self.log))
        # The loop holds tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields with names in lower case; those of one name are joined (RFC 9110, section 5.3)."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        if key in headers:
            separator = "; " if key == "cookie" else ", "
            text = f"{headers[key]}{separator}{text}"
        headers[key] = text
    return headers


async def _read(receive: Receive, limit: int) -> bytes:
    """The whole body; cut one byte after the limit, by which the caller sees that it is too large."""
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += message.get("body", b"")
        if len(body) > limit:
            return body[: limit + 1]
        if not message.get("more_body"):
            return body
