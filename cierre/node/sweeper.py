"""Sessions whose time is over are closed, and rows that nobody can ask for any more deleted, by one node at a time."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from cierre.domain import audit_pruning, closing, sessions
from cierre.domain.context import CLOCK_STEP, OperationContext
from cierre.errors import RowLocked
from cierre.outcomes import ClosingMade
from cierre.principal import SYSTEM, Caller
from cierre.services import Services
from cierre.settings import DAY, HOUR, MINUTE
from cierre.storage.repositories import deliveries, idempotency, leases, outbox, refresh_tokens, revocations, suspicions
from cierre.storage.repositories import sessions as session_rows
from cierre.storage.rows import SessionTimesRow
from cierre.storage.statements import Tx

_log = structlog.get_logger("cierre.node.sweeper")

_LEASE = "sweeper"
# Few enough for a statement of milliseconds, which locks the rows that it deletes and nothing else.
BATCH = 500
# Milliseconds. A resource server whose clock is behind by so much still finds the revocations that it needs.
CLOCKS = HOUR
# Milliseconds after its end for which a repeated logout is still answered with the time of the first; and for which it
# is remembered who did something often.
REMEMBERED = DAY
# Milliseconds for which a signal that nobody took waits for somebody to look at it.
PARKED = 30 * DAY

Purge = Callable[[Tx], Awaitable[int]]


class Sweeper:
    """Closes sessions that are due, and deletes rows, in batches.

    Args:
        services: of this process, connected.
        batch: rows a statement deletes at most.
    """

    def __init__(self, services: Services, *, batch: int = BATCH) -> None:
        self._services = services
        self._batch = batch
        self._name = str(uuid.uuid4())
        self._lease = max(MINUTE, 3 * services.settings.sweep_interval)
        self._pruned_at = 0

    async def sweep(self) -> None:
        """Do it all once, unless another node does it, or the time is not certain.

        Raises:
            ServiceUnavailable: the database is away.
        """
        clock = self._services.database.clock
        if not clock.is_steady(self._services.settings.clock_tolerance):
            _log.warning("clock_off", ahead_ms=clock.ahead(), then="nothing is swept")
            return
        async with self._services.database.connect() as tx:
            if not await self._mine(tx):
                return
            closed = await self._close_due(tx) + await self._finish_everyone(tx)
            deleted = {name: await self._delete(tx, purge) for name, purge in self._purges().items()}
            deleted["audit_events"] = await self._prune_trail(tx)
            await self._count_open(tx)
        counts = {name: count for name, count in deleted.items() if count}
        if closed or counts:
            _log.info("swept", sessions_closed=closed, deleted=counts)

    async def _count_open(self, tx: Tx) -> None:
        """Every sweep, since a count of all sessions is too much for each look at the metrics."""
        metrics = self._services.metrics
        metrics.sessions_open.set(await session_rows.count_all_open(tx))
        metrics.sweeper_last_run.set(tx.now / 1000)

    def _context(self, tx: Tx) -> OperationContext:
        """Of an act of its own, since nobody asked for it."""
        caller = Caller(None, None, str(uuid.uuid4()), SYSTEM)
        services = self._services
        return OperationContext(tx, caller, services.settings, services.announcer, on_closing=self._count_closing)

    def _count_closing(self, closing_made: ClosingMade) -> None:
        self._services.metrics.closed(closing_made, "none")

    async def _mine(self, tx: Tx) -> bool:
        tx.now = self._services.database.clock.now()
        return await leases.acquire(tx, _LEASE, holder=self._name, until=tx.now + self._lease)

    async def _close_due(self, tx: Tx) -> int:
        settings = self._services.settings
        count = 0
        while True:
            due = await session_rows.due(tx, idle_since=tx.now - settings.idle_timeout, limit=self._batch)
            closed = 0
            for row in due:
                # Its turn comes with the next sweep; the others' is now.
                with suppress(RowLocked):
                    closed += await self._close(tx, row)
                await asyncio.sleep(0)
            count += closed
            if len(due) < self._batch or not closed or not await self._mine(tx):
                return count

    async def _close(self, tx: Tx, row: SessionTimesRow) -> int:
        """Close a session that is due: an act of its own, since nobody asked for them together."""
        context = self._context(tx)
        reason = sessions.end_reason(context, row)
        if reason is None:
            return 0
        why = closing.automatic(reason)
        return (await closing.close_one(context, row["user_id"], row["id"], why)).sessions_closed

    async def _finish_everyone(self, tx: Tx) -> int:
        """What a closing of everyone's sessions has left, where its command did not come to its end."""
        context = self._context(tx)
        return await closing.finish_everyone(context, batch=self._batch)

    async def _delete(self, tx: Tx, purge: Purge) -> int:
        count = 0
        while True:
            batch = await purge(tx)
            count += batch
            await asyncio.sleep(0)
            if batch < self._batch or not await self._mine(tx):
                return count

    def _purges(self) -> dict[str, Purge]:
        settings, limit = self._services.settings, self._batch
        token_life = settings.access_ttl + CLOCK_STEP
        purges: dict[str, Purge] = {
            "revocations": lambda tx: revocations.purge(tx, before=tx.now - CLOCKS, limit=limit),
            "idempotency_keys": lambda tx: idempotency.purge(tx, limit=limit),
            "refresh_tokens": lambda tx: refresh_tokens.purge(tx, expired_before=tx.now - REMEMBERED, limit=limit),
            "deliveries": lambda tx: deliveries.purge(tx, before=tx.now - PARKED, limit=limit),
            "outbox": lambda tx: outbox.purge(tx, before=tx.now - settings.events_retention, limit=limit),
            "sessions": lambda tx: session_rows.purge(tx, ended_before=tx.now - token_life - REMEMBERED, limit=limit),
            "suspicions": lambda tx: suspicions.purge(tx, before=tx.now - REMEMBERED, limit=limit),
        }
        return purges

    async def _prune_trail(self, tx: Tx) -> int:
        """Each pruning leaves a row, so it is done once an hour at most."""
        retention = self._services.settings.audit_retention
        if retention is None or tx.now < self._pruned_at + HOUR:
            return 0
        self._pruned_at = tx.now
        context = self._context(tx)
        return await audit_pruning.prune(context, before=tx.now - retention, batch=self._batch)
