"""Sending what is in the outbox to the message queue: in order, at least once, one node at a time.

A node that stalls and comes back may send again what another one sent meanwhile, in the same order: the first time that
a consumer sees an event is in order, and what it sees again has an id that it knows.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AbstractContextManager, nullcontext

import structlog

from cierre.errors import ServiceUnavailable
from cierre.events.cloudevents import Event, event
from cierre.events.queues import Queue, QueueAway, system_of
from cierre.services import Services
from cierre.storage.repositories import leases, outbox

_log = structlog.get_logger("cierre.node.relay")

BATCH = 200
# Milliseconds. A node that dies is replaced after so long; longer than the queue may take for a batch.
LEASE = 10_000


class Relay:
    """Sends to one message queue.

    Args:
        queue: not yet connected.
        batch: events that are sent together.
    """

    def __init__(self, services: Services, queue: Queue, *, batch: int = BATCH) -> None:
        self._services = services
        self._database = services.database
        self._queue = queue
        self._batch = batch
        self._name = str(uuid.uuid4())
        self._renew_at = 0

    async def relay(self) -> None:
        """Send all that waits, if no other node does.

        Raises:
            ServiceUnavailable: the database or the queue is away.
        """
        while await self._mine():
            async with self._database.connect() as tx:
                rows = await outbox.oldest(tx, "queue", limit=self._batch)
            if not rows:
                return
            source = self._services.settings.issuer
            with self._span([row["traceparent"] for row in rows]):
                await self._send([event(row, source=source) for row in rows])

    def _span(self, traceparents: list[str | None]) -> AbstractContextManager[None]:
        settings, tracing = self._services.settings, self._services.tracing
        if tracing is None or settings.events_url is None:
            return nullcontext()
        return tracing.publishing(system_of(settings.events_url), settings.events_topic, traceparents)

    async def _send(self, events: list[Event]) -> None:
        """Send a batch, and record what the queue has acknowledged of it, be it all or not."""
        acknowledged: list[int] = []
        published = self._services.metrics.events_published
        try:
            await self._queue.publish(events, lambda one: acknowledged.append(one.seq))
        except QueueAway as away:
            published.labels("failed").inc(len(events) - len(acknowledged))
            raise ServiceUnavailable from away
        finally:
            if acknowledged:
                published.labels("acknowledged").inc(len(acknowledged))
                async with self._database.connect() as tx:
                    await outbox.acknowledge(tx, "queue", acknowledged)

    async def _mine(self) -> bool:
        """Whether this node has the lease; it is asked for when a third of it is over."""
        now = self._database.clock.now()
        if now < self._renew_at:
            return True
        async with self._database.connect() as tx:
            mine = await leases.acquire(tx, outbox.QUEUE_LEASE, holder=self._name, until=tx.now + LEASE)
        self._renew_at = now + LEASE // 3 if mine else 0
        return mine

    async def stop(self) -> None:
        """Send what the last requests have left, and give the lease to the next node."""
        try:
            async with asyncio.timeout(LEASE / 1000):
                await self.relay()
                if self._renew_at:
                    async with self._database.connect() as tx:
                        await leases.acquire(tx, outbox.QUEUE_LEASE, holder=self._name, until=tx.now)
        except (ServiceUnavailable, TimeoutError):
            _log.warning("events_left", then="they are in the outbox: the next node sends them")
        finally:
            await self._queue.close()

    async def measure(self) -> None:
        """How many events wait, and for how long: of any node, whoever has the lease.

        Raises:
            ServiceUnavailable: the database is away.
        """
        async with self._database.connect() as tx:
            depth = await outbox.depth(tx, "queue")
            age = max(0, tx.now - depth["oldest"]) if depth["oldest"] is not None else 0
        self._services.metrics.outbox_depth.set(depth["count"])
        self._services.metrics.outbox_age.set(age / 1000)
