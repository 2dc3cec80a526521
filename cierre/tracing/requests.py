"""A span a request."""

from __future__ import annotations

from collections.abc import Callable

from opentelemetry.trace import SpanKind, Status, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cierre.server.paths import loggable
from cierre.tracing.provider import Tracing

# W3C Trace Context.
_OURS = (b"traceparent", b"tracestate")


class TracedRequests:
    """An application whose requests are spans, named after their operations.

    A trace that came in goes on: the application finds the span's own context in `traceparent`, as if a proxy before it
    had written it, so that `X-Trace-Id` and the log name the span's trace.

    Args:
        operation_of: of a scope that was answered, the operationId; None: it is of no operation.
    """

    def __init__(self, app: ASGIApp, tracing: Tracing, operation_of: Callable[[Scope], str | None]) -> None:
        self._app = app
        self._tracing = tracing
        self._operation_of = operation_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with self._tracing.span(scope["method"], SpanKind.SERVER, carrier) as span:
            headers = [(name, value) for name, value in scope["headers"] if name not in _OURS]
            headers += [(name.encode(), value.encode()) for name, value in self._tracing.traceparent().items()]
            inner = {**scope, "headers": headers}

            async def sent(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(Status(StatusCode.ERROR))
                await send(message)

            span.set_attribute("http.request.method", scope["method"])
            span.set_attribute("url.path", loggable(scope["path"]))
            try:
                await self._app(inner, receive, sent)
            finally:
                operation = self._operation_of(inner)
                if operation is not None:
                    span.update_name(operation)
                    span.set_attribute("cierre.operation", operation)
