"""Start and end of a process: it connects, reads what is revoked, and begins its work in the background."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress

from cierre.background import forever, stop
from cierre.domain import suspicions
from cierre.errors import ServiceUnavailable
from cierre.events.posting import Poster
from cierre.events.queues import open_queue
from cierre.node.gauges import read_gauges
from cierre.node.key_rotation import KeyRotation
from cierre.node.relay import Relay
from cierre.node.sealer import Sealer
from cierre.node.signals import Signals
from cierre.node.sweeper import Sweeper
from cierre.revocation.feed import SHORTEST_PAUSE
from cierre.services import Services
from cierre.settings import MINUTE

# Seconds between two looks.
_CLIENTS_INTERVAL = MINUTE / 1000
_ROTATION_INTERVAL = MINUTE / 1000
# Seconds for which the gauges of one worker stay as they are, where another one is asked for the metrics.
_GAUGES_INTERVAL = 1.0
# Seconds in which the first refusal of a kind is in the audit trail.
_REFUSALS_INTERVAL = 0.5
# Seconds until a signal is on its way, and until a node knows that somebody gets signals at all.
_SIGNALS_INTERVAL = 0.5
_RECEIVERS_INTERVAL = 2.0
# Seconds between two looks at how much waits in the outbox.
_OUTBOX_INTERVAL = 5.0
# Seconds until whoever does something often is in the database.
_SUSPICIONS_INTERVAL = 2.0


class Node:
    """One process of the service.

    Args:
        services: not yet connected.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stack = AsyncExitStack()
        self._signals = Signals(services, Poster())

    async def start(self) -> None:
        """Connect, read what is revoked, and begin the work in the background.

        Raises:
            ServiceUnavailable: the database is not there.
        """
        services = self._services
        try:
            if services.tracing is not None:
                self._stack.push_async_callback(asyncio.to_thread, services.tracing.stop)
            await services.database.open()
            self._stack.push_async_callback(services.database.close)
            self._stack.push_async_callback(services.limiter.close)
            self._stack.callback(services.passwords.close)
            await services.clients.load(services.database)
            await self._signals.look()
            if services.mirror is not None:
                self._stack.push_async_callback(services.mirror.stop)
                await services.mirror.start()
            self._stack.push_async_callback(services.feed.stop)
            await services.feed.start()
            self._begin_background()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the work in the background and close the connections, in the reverse order of the start."""
        await self._stack.aclose()

    def _begin_background(self) -> None:
        services = self._services
        sweeper, sealer = Sweeper(services), Sealer(services)
        sealing_interval = services.settings.audit_seal_interval / 1000
        tasks = [
            asyncio.create_task(forever("sealer", sealer.seal, pause=sealing_interval)),
            asyncio.create_task(forever("sweeper", sweeper.sweep, pause=services.settings.sweep_interval / 1000)),
            # No node looks again sooner, so more messages would say nothing.
            asyncio.create_task(forever("announcer", services.announcer.send, pause=SHORTEST_PAUSE)),
            asyncio.create_task(forever("refusals", services.refusals.write, pause=_REFUSALS_INTERVAL)),
            asyncio.create_task(forever("suspicions", self._write_suspicions, pause=_SUSPICIONS_INTERVAL)),
            asyncio.create_task(forever("gauges", self._read_gauges, pause=_GAUGES_INTERVAL)),
            asyncio.create_task(forever("clients", self._reload_clients, pause=_CLIENTS_INTERVAL)),
        ]
        every = services.settings.rotate_keys_every
        if every is not None:
            rotation = KeyRotation(services, every=every)
            tasks.append(
                asyncio.create_task(forever("key_rotation", rotation.rotate_when_due, pause=_ROTATION_INTERVAL))
            )
        if services.settings.events_url is not None:
            relay = Relay(services, open_queue(services.settings.events_url, services.settings.events_topic))
            interval = services.settings.events_interval / 1000
            tasks += [
                asyncio.create_task(forever("relay", relay.relay, pause=interval)),
                asyncio.create_task(forever("outbox", relay.measure, pause=_OUTBOX_INTERVAL)),
            ]
            self._stack.push_async_callback(relay.stop)
        tasks += [
            asyncio.create_task(forever("signals", self._signals.send, pause=_SIGNALS_INTERVAL)),
            asyncio.create_task(forever("receivers", self._signals.look, pause=_RECEIVERS_INTERVAL)),
        ]
        self._stack.push_async_callback(self._signals.stop)
        # What the last requests closed is announced before the connections are closed.
        self._stack.push_async_callback(self._announce_the_rest)
        self._stack.push_async_callback(stop, tasks)

    async def _announce_the_rest(self) -> None:
        with suppress(ServiceUnavailable):
            await self._services.announcer.flush()
            await self._services.refusals.write(everything=True)

    async def _read_gauges(self) -> None:
        read_gauges(self._services)

    async def _write_suspicions(self) -> None:
        await suspicions.write(self._services.database, self._services.offenders)

    async def _reload_clients(self) -> None:
        await self._services.clients.load(self._services.database)
