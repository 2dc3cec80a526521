from __future__ import annotations

from cierre.http.request import Request
from cierre.node import health
from cierre.outcomes import Document, WithHeaders


async def jwks(request: Request) -> WithHeaders:
    return WithHeaders(Document(request.services.keys.jwks()), (("Cache-Control", "public, max-age=60"),))


async def health_live() -> WithHeaders:
    return WithHeaders(Document({"status": "ok"}), (("Cache-Control", "no-store"),))


async def health_ready(request: Request) -> WithHeaders:
    return await health.readiness(request.services)
