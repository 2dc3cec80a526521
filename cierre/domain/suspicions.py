"""Who is behind an alert: users and addresses that did something often, on all nodes together."""

from __future__ import annotations

import structlog

from cierre.domain.context import OperationContext
from cierre.metrics.offenders import Offenders
from cierre.outcomes import Suspicion, SuspicionList
from cierre.settings import MINUTE
from cierre.storage.database import Database
from cierre.storage.repositories import suspicions

_log = structlog.get_logger("cierre.suspicions")

DEFAULT_MINUTES = 60
DEFAULT_LIMIT = 20


async def list_suspicions(
    context: OperationContext,
    *,
    kind: str | None = None,
    by: str | None = None,
    minutes: int = DEFAULT_MINUTES,
    limit: int = DEFAULT_LIMIT,
) -> SuspicionList:
    """Users and addresses that did something often, those that did most first.

    Args:
        kind: what they did; None: anything.
        by: `address` or `user`; None: both.
        minutes: who did it in so many minutes before now.
        limit: the largest number of them.
    """
    since = context.now - minutes * MINUTE
    rows = await suspicions.top(context.tx, since=since, limit=limit, kind=kind, counted_by=by)
    return SuspicionList(
        tuple(
            Suspicion(row["kind"], row["counted_by"], row["subject"], row["count"], row["first_at"], row["last_at"])
            for row in rows
        )
    )


async def write(database: Database, offenders: Offenders) -> None:
    """Write down who did something often in this process, and log each of them once in a window.

    Raises:
        ServiceUnavailable: the database is away; the next call writes it.
    """
    noticed = list(offenders.noticed())
    if not noticed:
        return
    window = offenders.window
    async with database.connect() as tx:
        for offence in noticed:
            await suspicions.put(
                tx,
                began_at=window,
                node=offenders.name,
                kind=offence.kind,
                counted_by=offence.by,
                subject=offence.subject,
                count=offence.count,
                last_at=offence.last_at,
            )
            if offence.is_new:
                _log.warning(
                    "suspicion", kind=offence.kind, by=offence.by, subject=offence.subject, count=offence.count
                )
            offenders.report(offence)
