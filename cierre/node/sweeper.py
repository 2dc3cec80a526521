"""What time does to sessions and rows: it closes the one and takes away the other. One node at a time does it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable

import structlog

from cierre.clock import now_ms
from cierre.domain import closing, sessions
from cierre.domain.context import CLOCK_STEP, OperationContext
from cierre.principal import Caller
from cierre.services import Services
from cierre.settings import DAY, HOUR, MINUTE
from cierre.storage.repositories import audit, idempotency, leases, refresh_tokens, revocations
from cierre.storage.repositories import sessions as session_rows
from cierre.storage.statements import Tx

_log = structlog.get_logger("cierre.node.sweeper")

_LEASE = "sweeper"
# Few enough for a statement of milliseconds, which locks the rows that it deletes and nothing else.
BATCH = 500
# A node whose clock is ahead must not take away what the others still need.
CLOCKS = HOUR
# So long after its end a session still answers a repeat with the time that it was closed at.
REMEMBERED = DAY

Purge = Callable[[Tx], Awaitable[int]]


class Sweeper:
    """Closes what is due and deletes what nobody can ask for any more, in batches.

    Args:
        batch: rows a statement.
    """

    def __init__(self, services: Services, *, batch: int = BATCH) -> None:
        self._services = services
        self._batch = batch
        self._name = str(uuid.uuid4())
        self._lease = max(MINUTE, 3 * services.settings.sweep_interval)

    async def sweep(self) -> None:
        """Do it all once, if no other node does.

        Raises:
            ServiceUnavailable: the database is away.
        """
        async with self._services.database.connect() as tx:
            if not await self._mine(tx):
                return
            closed = await self._close_due(tx)
            deleted = {name: await self._delete(tx, purge) for name, purge in self._purges().items()}
        told = {name: count for name, count in deleted.items() if count}
        if closed or told:
            _log.info("swept", sessions_closed=closed, deleted=told)

    async def _mine(self, tx: Tx) -> bool:
        tx.now = now_ms()
        return await leases.acquire(tx, _LEASE, holder=self._name, until=tx.now + self._lease)

    async def _close_due(self, tx: Tx) -> int:
        settings = self._services.settings
        count = 0
        while True:
            due = await session_rows.due(tx, idle_since=tx.now - settings.idle_timeout, limit=self._batch)
            for row in due:
                # Each is an act of its own: nobody asked for them together.
                context = OperationContext(
                    tx, Caller(None, None, str(uuid.uuid4())), settings, self._services.announcer
                )
                reason = sessions.end_reason(context, row)
                if reason is not None:
                    why = closing.automatic(reason)
                    count += (await closing.close_one(context, row["user_id"], row["id"], why)).sessions_closed
                await asyncio.sleep(0)
            if len(due) < self._batch or not await self._mine(tx):
                return count

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
            "sessions": lambda tx: session_rows.purge(tx, ended_before=tx.now - token_life - REMEMBERED, limit=limit),
        }
        retention = settings.audit_retention
        if retention is not None:
            purges["audit_events"] = lambda tx: audit.purge(tx, before=tx.now - retention, limit=limit)
        return purges
