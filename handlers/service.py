from __future__ import annotations

from cierre.http.request import Request
from cierre.node import health
from cierre.outcomes import StandardDocument, WithHeaders


async def jwks(request: Request) -> WithHeaders[StandardDocument]:
    return WithHeaders(StandardDocument(request.services.keys.jwks()), (("Cache-Control", "public, max-age=60"),))


async def health_live() -> WithHeaders[StandardDocument]:
    return WithHeaders(StandardDocument({"status": "ok"}), (("Cache-Control", "no-store"),))


async def health_ready(request: Request) -> WithHeaders[StandardDocument]:
    return await health.readiness(request.services)
