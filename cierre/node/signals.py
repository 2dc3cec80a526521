"""Signals: clients and receivers are told of closed sessions, each by itself, until they took it or a day is over."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import urlencode, urlsplit

import structlog

from cierre.background import stop
from cierre.errors import ServiceUnavailable
from cierre.events.posting import NotDelivered, Poster
from cierre.services import Services
from cierre.settings import DAY, HOUR, MINUTE
from cierre.storage.repositories import deliveries, leases, outbox, receivers
from cierre.storage.rows import DeliveryRow, ReceiverRow
from cierre.storage.statements import EventConsumers, Tx
from cierre.tokens.signal_tokens import logout_token, session_revoked

_log = structlog.get_logger("cierre.node.signals")

BATCH = 200
# At once, to one receiver.
SIDE_BY_SIDE = 5
# Milliseconds.
LEASE = 30_000
TRIED_FOR = DAY
FIRST_PAUSE = 2_000
LONGEST_PAUSE = HOUR


def pause(attempts: int) -> int:
    """Milliseconds until the next attempt: twice as long each time, an hour at the most, and with jitter."""
    whole = min(LONGEST_PAUSE, FIRST_PAUSE << min(attempts, 20))
    return round(whole * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret


class Signals:
    """Sends signals, one node at a time, to all receivers side by side."""

    def __init__(self, services: Services, poster: Poster) -> None:
        self._services = services
        self._database = services.database
        self._poster = poster
        self._name = str(uuid.uuid4())
        self._sending: dict[tuple[str, str], asyncio.Task[None]] = {}
        # Receivers that gave no answer: how often in a row, and until when they are left alone.
        self._silent: dict[tuple[str, str], tuple[int, int]] = {}
        self._parked_at = 0

    async def look(self) -> None:
        """Find out whether anybody gets signals: where nobody does, nothing is written for them.

        Raises:
            ServiceUnavailable: the database is away.
        """
        async with self._database.connect() as tx:
            wanted = await receivers.any_there(tx)
        queue = self._services.settings.events_url is not None
        self._database.consumers = EventConsumers.of(queue=queue, signals=wanted)

    async def send(self) -> None:
        """Pass on what is in the outbox, and begin with what is due, if no other node does.

        Raises:
            ServiceUnavailable: the database is away.
        """
        if self._database.consumers is None or not self._database.consumers.signals:
            return
        async with self._database.connect() as tx:
            if not await leases.acquire(tx, deliveries.LEASE, holder=self._name, until=tx.now + LEASE):
                return
            known = await receivers.every(tx)
            await self._pass_on(tx, known)
            await self._park(tx)
        for receiver in known:
            self._begin(receiver)

    async def _pass_on(self, tx: Tx, known: Sequence[ReceiverRow]) -> None:
        """From the outbox to the deliveries of each receiver that an event is for."""
        while events := await outbox.oldest(tx, "signals", limit=BATCH):
            async with tx.atomic():
                for event in events:
                    for receiver in known:
                        if receiver["kind"] == "ssf" or receiver["id"] == event["client_id"]:
                            await deliveries.add(tx, event, receiver)
                await outbox.acknowledge(tx, "signals", [event["seq"] for event in events])

    async def _park(self, tx: Tx) -> None:
        if tx.now < self._parked_at + MINUTE:
            return
        self._parked_at = tx.now
        parked = await deliveries.park(tx, before=tx.now - TRIED_FOR)
        self._services.metrics.deliveries_parked.set(await deliveries.count_parked(tx))
        if parked:
            _log.error("deliveries_parked", count=parked, then="cierre deliveries list; cierre deliveries retry")

    def _begin(self, receiver: ReceiverRow) -> None:
        """Deliver to a receiver, in a task of its own: who does not answer delays nobody else."""
        key = (receiver["kind"], receiver["id"])
        running = self._sending.get(key)
        _, until = self._silent.get(key, (0, 0))
        if (running is None or running.done()) and self._database.clock.now() >= until:
            self._sending[key] = asyncio.create_task(self._deliver_to(key, receiver))

    async def _deliver_to(self, key: tuple[str, str], receiver: ReceiverRow) -> None:
        try:
            async with self._database.connect() as tx:
                due = await deliveries.due(tx, receiver, limit=SIDE_BY_SIDE)
            while due:
                answers = await asyncio.gather(*[self._deliver(receiver, one) for one in due])
                if not any(answers):
                    times = self._silent.get(key, (0, 0))[0] + 1
                    self._silent[key] = (times, self._database.clock.now() + pause(times))
                    return
                self._silent.pop(key, None)
                async with self._database.connect() as tx:
                    due = await deliveries.due(tx, receiver, limit=SIDE_BY_SIDE)
        except ServiceUnavailable:
            _log.warning("away", work="deliveries", receiver=receiver["id"])

    async def _deliver(self, receiver: ReceiverRow, delivery: DeliveryRow) -> bool:
        """Deliver once. Returns whether the receiver has answered at all."""
        body, media_type = self._message(delivery)
        outcomes = self._services.metrics.deliveries
        try:
            with self._span(receiver, delivery) as trace:
                allow = bool(receiver["allow_private"])
                await self._poster.post(receiver["url"], body, media_type, allow_private=allow, trace=trace)
        except NotDelivered as failure:
            outcomes.labels(receiver["kind"], receiver["id"], "failed").inc()
            _log.warning("not_delivered", receiver=receiver["id"], delivery=delivery["seq"], error=str(failure))
            async with self._database.connect() as tx:
                next_at = tx.now + pause(delivery["attempts"])
                await deliveries.failed(tx, delivery["seq"], next_at=next_at, error=str(failure)[:200])
            return failure.answered
        outcomes.labels(receiver["kind"], receiver["id"], "delivered").inc()
        async with self._database.connect() as tx:
            await deliveries.done(tx, delivery["seq"])
        return True

    def _span(self, receiver: ReceiverRow, delivery: DeliveryRow) -> AbstractContextManager[dict[str, str] | None]:
        if self._services.tracing is None:
            return nullcontext()
        return self._services.tracing.delivering(
            receiver["kind"],
            receiver["id"],
            urlsplit(receiver["url"]).hostname or "",
            attempt=delivery["attempts"] + 1,
            traceparent=delivery["traceparent"],
        )

    def _message(self, delivery: DeliveryRow) -> tuple[bytes, str]:
        """A body and its Content-Type."""
        services, now = self._services, self._database.clock.now()
        issuer, user_id, session_id = services.settings.issuer, delivery["user_id"], delivery["session_id"]
        if delivery["kind"] == "backchannel":
            token = logout_token(
                services.keys,
                issuer=issuer,
                client_id=delivery["receiver"],
                user_id=user_id,
                session_id=session_id,
                now=now,
            )
            return urlencode({"logout_token": token}).encode(), "application/x-www-form-urlencoded"
        token = session_revoked(
            services.keys,
            issuer=issuer,
            audience=delivery["receiver"],
            event_id=delivery["event_id"],
            user_id=user_id,
            session_id=session_id,
            time=delivery["time"],
            event=delivery["event"],
            reason=delivery["reason"],
            now=now,
        )
        return token.encode(), "application/secevent+jwt"

    async def stop(self) -> None:
        """End what is under way: it is tried again by the next node."""
        if self._sending:
            await stop(self._sending.values())
        await self._poster.close()
