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
    """The answer to `/health/ready`.

    Args:
        services: of this process.

    Returns:
        200, or 503 with `Retry-After`. `checks` has `ok` or what is wrong for `database`, `migrations` and `clock`, and
        for `redis`, without which requests are served all the same.
    """
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
    if set(checks.values()) == {"ok"}:
        checks["database"] = await _writing(services)
    checks["clock"] = _clock(services)
    ready = set(checks.values()) == {"ok"}
    if services.mirror is not None:
        checks["redis"] = "ok" if services.mirror.whole else "unreachable"
    headers = [("Cache-Control", "no-store")]
    if not ready:
        headers.append(("Retry-After", "5"))
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return WithHeaders(StandardDocument(body, 200 if ready else 503), tuple(headers))


async def _writing(services: Services) -> str:
    """`ok`, or `not writable`: the disk is full, the file read-only, or the server a standby."""
    try:
        await services.probe.check()
    except ServiceUnavailable as refused:
        _log.warning("not_ready", check="database", error=repr(refused.__cause__ or refused))
        return "not writable"
    return "ok"


def _clock(services: Services) -> str:
    """`ok`, or how far this node's clock is from the database's."""
    ahead = services.database.clock.ahead()
    if abs(ahead) <= services.settings.clock_tolerance:
        return "ok"
    _log.warning("not_ready", check="clock", ahead_ms=ahead)
    return f"{abs(ahead) / 1000:.0f} s {'ahead of' if ahead > 0 else 'behind'} the database's"


def _migrations(revision: str | None) -> str:
    """`ok` or `pending`; a newer schema than this version's is `ok`, as it is during a rolling upgrade."""
    return "pending" if migrate.is_behind(revision) else "ok"
