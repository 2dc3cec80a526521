"""What a running process does beside answering: it connects, learns what other nodes revoked, and cleans up."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress

from cierre.background import forever, stop
from cierre.errors import ServiceUnavailable
from cierre.node.sweeper import Sweeper
from cierre.services import Services
from cierre.settings import MINUTE

_CLIENTS_INTERVAL = MINUTE / 1000


class Node:
    """One process of the service."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Connect, learn what is revoked, and begin to look after the rest.

        Raises:
            ServiceUnavailable: the database is not there.
        """
        services = self._services
        try:
            await services.database.open()
            self._stack.push_async_callback(services.database.close)
            self._stack.push_async_callback(services.limiter.close)
            await services.clients.load(services.database)
            if services.mirror is not None:
                self._stack.push_async_callback(services.mirror.stop)
                await services.mirror.start()
            self._stack.push_async_callback(services.feed.stop)
            await services.feed.start()
            self._look_after()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Let go of everything, last things first; what was begun is finished by then."""
        await self._stack.aclose()

    def _look_after(self) -> None:
        services = self._services
        sweeper = Sweeper(services)
        tasks = [
            asyncio.create_task(forever("sweeper", sweeper.sweep, pause=services.settings.sweep_interval / 1000)),
            asyncio.create_task(forever("announcer", services.announcer.send, pause=0)),
            asyncio.create_task(forever("clients", self._reload_clients, pause=_CLIENTS_INTERVAL)),
        ]
        # What was closed by the last requests is told before the connection goes.
        self._stack.push_async_callback(self._tell_the_rest)
        self._stack.push_async_callback(stop, tasks)

    async def _tell_the_rest(self) -> None:
        with suppress(ServiceUnavailable):
            await self._services.announcer.flush()

    async def _reload_clients(self) -> None:
        await self._services.clients.load(self._services.database)
