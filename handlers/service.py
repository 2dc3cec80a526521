from __future__ import annotations

from cierre import health
from cierre.outcomes import Document
from cierre.request import Request


async def jwks(request: Request) -> Document:
    return Document(request.services.keys.jwks(), headers=(("Cache-Control", "public, max-age=60"),))


async def health_live() -> Document:
    return Document({"status": "ok"}, headers=(("Cache-Control", "no-store"),))


async def health_ready(request: Request) -> Document:
    return await health.readiness(request.services)
