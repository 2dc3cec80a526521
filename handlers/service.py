from __future__ import annotations

from cierre.http import scraping
from cierre.http.request import Request
from cierre.node import health
from cierre.node.gauges import read_gauges
from cierre.outcomes import StandardDocument, WithHeaders


async def jwks(request: Request) -> WithHeaders[StandardDocument]:
    return WithHeaders(StandardDocument(request.services.keys.jwks()), (("Cache-Control", "public, max-age=60"),))


async def health_live() -> WithHeaders[StandardDocument]:
    return WithHeaders(StandardDocument({"status": "ok"}), (("Cache-Control", "no-store"),))


async def health_ready(request: Request) -> WithHeaders[StandardDocument]:
    return await health.readiness(request.services)


async def metrics(request: Request) -> WithHeaders[StandardDocument]:
    scraping.require_scraper(request)
    read_gauges(request.services)
    media_type, text = scraping.metrics_of(request)
    return WithHeaders(StandardDocument(text, media_type=media_type), (("Cache-Control", "no-store"),))
