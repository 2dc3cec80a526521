"""What a running process does beside answering: it connects, learns what other nodes revoked, and cleans up."""

from __future__ import annotations

from cierre.services import Services


class Node:
    """One process of the service."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def start(self) -> None:
        """Connect.

        Raises:
            ServiceUnavailable: the database is not there.
        """
        await self._services.database.open()
        await self._services.clients.load(self._services.database)

    async def stop(self) -> None:
        """Let go of everything; what was begun is finished by then."""
        await self._services.database.close()
