from __future__ import annotations

from cierre.http.request import Request
from cierre.node import health
from cierre.outcomes import Document


async def jwks(request: Request) -> Document:
    return Document(request.services.keys.jwks(), headers=(("Cache-Control", "public, max-age=60"),))


async def health_live() -> Document:
    return Document({"status": "ok"}, headers=(("Cache-Control", "no-store"),))


async def health_ready(request: Request) -> Document:
    return await health.readiness(request.services)
