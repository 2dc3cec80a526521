"""The only Connexion wiring: contract, resolver and middlewares, to one ASGI application.

    CORS → Edge → Routing → Unrouted (pages, 404) → Admission → Security → Validation → Terminal → handlers

Routing, security and the resolution of operationIds are Connexion's; the rest is compiled once, at start.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any, NamedTuple

# Connexion imports Starlette's test client, which warns of httpx; nothing of ours uses it.
with warnings.catch_warnings(action="ignore", category=UserWarning):
    from connexion.middleware import ConnexionMiddleware
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from cierre import oas
from cierre.http import wiring
from cierre.http.admission import AdmissionMiddleware, Unrouted
from cierre.http.conformance import Conformance
from cierre.http.dispatch import NOTHING, Terminal
from cierre.http.edge import Edge
from cierre.http.pages import Pages
from cierre.http.request import REQUEST, Request, trace_id_of
from cierre.http.routing import Routing, fix_ways
from cierre.http.security import SECURITY_MAP, Security
from cierre.http.validation import ValidationMiddleware
from cierre.node.lifecycle import Node
from cierre.services import Services, build
from cierre.settings import Settings

EXPOSED = [
    "Content-Language",
    "Deprecation",
    "Link",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Sunset",
    "WWW-Authenticate",
    "X-Trace-Id",
]


def create_app(settings: Settings) -> ASGIApp:
    """The service as an ASGI application; it connects when the server starts its lifespan.

    Raises:
        UnknownDatabase, BadKey, BrokenDocument: the settings or the contract are no good, or handlers don't fit it.
    """
    return assemble(build(settings))


def assemble(services: Services) -> ASGIApp:
    """The same from services that stand already."""
    routed = _routed()
    settings = services.settings
    edge = Edge(routed.app, services, Conformance(routed.document) if settings.validate_responses else None)
    app = _with_cors(edge, settings)
    if services.tracing is not None:
        from cierre.tracing.requests import TracedRequests  # noqa: PLC0415 - who has no traces need not wait for them

        app = TracedRequests(app, services.tracing, _operation_of)
    return _with_lifespan(app, services)


def _operation_of(scope: Scope) -> str | None:
    request: Request | None = scope.get(REQUEST)
    return request.operation if request else None


class Routed(NamedTuple):
    """What the contract alone decides, whatever the settings: Connexion's stack, with the handlers at its end."""

    app: ASGIApp
    document: dict[str, Any]


@cache
def checked_contract() -> dict[str, Any]:
    """The contract, as the service reads it, once handlers and renderings are known to fit it.

    Raises:
        BrokenDocument: every problem, with its file and line.
    """
    document = oas.read()
    wiring.check(document)
    return oas.bundle(dict(document.root), published=False)


@cache
def _routed() -> Routed:
    """Built once a process: Connexion takes half a second for it."""
    document = checked_contract()
    stack = ConnexionMiddleware(
        Terminal(),
        middlewares=[
            Routing,
            partial(Unrouted, pages=Pages(document, NOTHING)),
            AdmissionMiddleware,
            Security,
            ValidationMiddleware,
        ],
        security_map=SECURITY_MAP,
    )
    stack.add_api(document)
    return Routed(_started(stack), document)


def _started(routed: ConnexionMiddleware) -> ASGIApp:
    """Build Connexion's stack now: a mistake in it is the start's, not the first request's."""
    app, stack = routed._build_middleware_stack()  # noqa: SLF001 - Connexion does it at its first call only
    routed.app, routed.middleware_stack = app, stack
    fix_ways(list(stack))

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        # Starlette's router raises what it can't route, instead of answering, when it finds an application.
        scope["app"] = routed
        await app(scope, receive, send)

    return call


class Cors(CORSMiddleware):
    """Starlette's, whose answers to preflights have a trace id like all others."""

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        response.headers["X-Trace-Id"] = trace_id_of(request_headers.get("traceparent"))
        return response


def _with_cors(app: ASGIApp, settings: Settings) -> ASGIApp:
    if not settings.allowed_origins:
        return app
    return Cors(
        app,
        allow_origins=settings.allowed_origins,
        allow_credentials=True,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Prefer", "traceparent"],
        expose_headers=EXPOSED,
    )


def _with_lifespan(app: ASGIApp, services: Services) -> ASGIApp:
    node = Node(services)

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        await node.start()
        try:
            yield
        finally:
            await node.stop()

    # Starlette's router runs the lifespan; all else goes past it.
    router = Router(lifespan=lifespan)

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await (router if scope["type"] == "lifespan" else app)(scope, receive, send)

    return call
