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
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.security import SecurityMiddleware
from connexion.middleware.swagger_ui import SwaggerUIMiddleware
from connexion.options import SwaggerUIOptions
from connexion.spec import Specification
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Mount, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from cierre import oas
from cierre.http.admission import AdmissionMiddleware, Unrouted
from cierre.http.conformance import Conformance
from cierre.http.dispatch import NOTHING, Terminal
from cierre.http.edge import Edge
from cierre.http.request import trace_id_of
from cierre.http.security import SECURITY_MAP
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
        UnknownDatabase, BadKey, ContractError: the settings or the contract are no good.
    """
    return assemble(build(settings))


def assemble(services: Services) -> ASGIApp:
    """The same from services that stand already."""
    routed = _routed()
    settings = services.settings
    edge = Edge(routed.app, services, Conformance(routed.document) if settings.validate_responses else None)
    return _with_lifespan(_with_cors(edge, settings), services)


class Routed(NamedTuple):
    """What the contract alone decides, whatever the settings: Connexion's stack, with the handlers at its end."""

    app: ASGIApp
    document: dict[str, Any]


@cache
def _routed() -> Routed:
    """Built once a process: Connexion takes half a second for it."""
    document = oas.bundle(oas.load(), published=False)
    stack = ConnexionMiddleware(
        Terminal(),
        middlewares=[
            Routing,
            partial(Unrouted, pages=_pages(document)),
            AdmissionMiddleware,
            SecurityMiddleware,
            ValidationMiddleware,
        ],
        security_map=SECURITY_MAP,
    )
    stack.add_api(document)
    return Routed(_started(stack), document)


class Routing(RoutingMiddleware):
    """Connexion's, for the paths of the contract alone: `/logout/` is none of them.

    Starlette would send such a request on, token and all, to `http://` and whatever its Host says.
    """

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        super().add_api(*args, **kwargs)
        for route in self.router.routes:
            if isinstance(route, Mount) and isinstance(route.app, Router):
                route.app.redirect_slashes = False


def _started(routed: ConnexionMiddleware) -> ASGIApp:
    """Build Connexion's stack now: a mistake in it is the start's, not the first request's."""
    app, stack = routed._build_middleware_stack()  # noqa: SLF001 - Connexion does it at its first call only
    routed.app, routed.middleware_stack = app, stack

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        # Starlette's router raises what it can't route, instead of answering, when it finds an application.
        scope["app"] = routed
        await app(scope, receive, send)

    return call


def _pages(document: dict[str, Any]) -> ASGIApp:
    """The contract at /openapi.json and /openapi.yaml, and its page at /ui."""
    pages = SwaggerUIMiddleware(NOTHING)
    options = SwaggerUIOptions(
        swagger_ui_config={
            "displayRequestDuration": True,
            "persistAuthorization": True,
            "tryItOutEnabled": True,
            "validatorUrl": None,
            # The schemas wait below the operations, closed.
            "defaultModelsExpandDepth": 0,
        }
    )
    published = oas.bundle(document, published=True)
    pages.add_api(Specification.load(published), swagger_ui_options=options)
    return pages


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
