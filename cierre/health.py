"""Whether requests can be served, and why not."""

from __future__ import annotations

from sqlalchemy import select

from cierre.errors import ServiceUnavailable
from cierre.outcomes import Document
from cierre.services import Services
from cierre.storage.statements import Statement
from cierre.storage.tables import clients

# Any table will do: a database that was never migrated is not ready either.
_ASK = Statement(select(clients.c.id).limit(1))


async def readiness(services: Services) -> Document:
    """200 or 503, with a word for each thing that it depends on."""
    try:
        async with services.database.connect() as tx:
            await tx.row(_ASK)
        database = "ok"
    except ServiceUnavailable:
        database = "unreachable"
    ready = database == "ok"
    body = {"status": "ok" if ready else "unavailable", "checks": {"database": database}}
    headers = [("Cache-Control", "no-store")]
    if not ready:
        headers.append(("Retry-After", "5"))
    return Document(body, 200 if ready else 503, tuple(headers))
