"""Sealing the audit trail: events get their links in the hash chain soon after their commit, one node at a time."""

from __future__ import annotations

import asyncio
import uuid

import structlog

from cierre.domain import audit_chain
from cierre.domain.audit_chain import Head, Progress
from cierre.services import Services
from cierre.settings import MINUTE
from cierre.storage.repositories import leases
from cierre.storage.statements import Tx

_log = structlog.get_logger("cierre.node.sealer")

LEASE = "sealer"
# Few enough for hashing and a statement of milliseconds.
BATCH = 500


class Sealer:
    """Seals what was committed since the last time.

    Args:
        batch: events a statement.
    """

    def __init__(self, services: Services, *, batch: int = BATCH) -> None:
        self._database = services.database
        self._batch = batch
        self._name = str(uuid.uuid4())
        self._progress: Progress | None = None
        self._lease = max(MINUTE, 3 * services.settings.audit_seal_interval)

    async def seal(self) -> None:
        """Seal everything that is there, if no other node does.

        Raises:
            ServiceUnavailable: the database is away.
        """
        async with self._database.connect() as tx:
            count, head = await self._seal(tx)
        if count:
            # A head that is kept elsewhere shows later whether the trail was cut off: `cierre audit verify --head`.
            _log.info("audit_sealed", events=count, head=str(head))

    async def _seal(self, tx: Tx) -> tuple[int, Head | None]:
        count = 0
        while await self._mine(tx):
            events, self._progress = await audit_chain.seal(tx, limit=self._batch, progress=self._progress)
            count += events
            if events < self._batch:
                break
            await asyncio.sleep(0)
        return count, self._progress.head if self._progress else None

    async def _mine(self, tx: Tx) -> bool:
        tx.now = self._database.clock.now()
        return await leases.acquire(tx, LEASE, holder=self._name, until=tx.now + self._lease)
