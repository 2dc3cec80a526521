"""Whether requests can be served, and why not."""

from __future__ import annotations

import structlog

from cierre.errors import ServiceUnavailable
from cierre.outcomes import StandardDocument, WithHeaders
from cierre.services import Services
from cierre.storage import migrate
from cierre.storage.repositories import schema

_log = structlog.get_logger("cierre.node.health")


async def readiness(services: Services) -> WithHeaders[StandardDocument]:
    """200 or 503, with a word for each thing that was looked at; Redis is told of, and is no reason to send nobody."""
    checks = {"database": "ok"}
    try:
        async with services.database.connect() as tx:
            revision = await schema.revision(tx)
        checks["migrations"] = _migrations(revision)
    except ServiceUnavailable as away:
        checks["database"] = "unreachable"
        _log.warning("not_ready", check="database", error=repr(away.__cause__ or away))
    except Exception as failure:  # noqa: BLE001 - each driver has its own error for a missing table
        checks["migrations"] = _migrations(None)
        _log.warning("not_ready", check="migrations", error=repr(failure))
    ready = set(checks.values()) == {"ok"}
    if services.mirror is not None:
        checks["redis"] = "ok" if services.mirror.whole else "unreachable"
    headers = [("Cache-Control", "no-store")]
    if not ready:
        headers.append(("Retry-After", "5"))
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return WithHeaders(StandardDocument(body, 200 if ready else 503), tuple(headers))


def _migrations(revision: str | None) -> str:
    """`ok` or `pending`; a newer schema than this version's is `ok`, as it is during a rolling upgrade."""
    return "pending" if migrate.is_behind(revision) else "ok"
