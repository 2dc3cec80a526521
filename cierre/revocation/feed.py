"""What other nodes revoked: told by PostgreSQL's NOTIFY at commit, and asked for by sequence as the net under it.

A message that is lost, a node that was paused, a connection that hangs: the next look finds what was missed, since it
asks from where the last successful one ended. On SQLite the look is all there is.
"""

from __future__ import annotations

import asyncio

import structlog

from cierre.background import forever, stop
from cierre.clock import boottime, now_ms
from cierre.errors import ServiceUnavailable
from cierre.revocation.denylist import Denylist
from cierre.storage.database import Database
from cierre.storage.repositories import revocations
from cierre.storage.repositories.revocations import CHANNEL
from cierre.storage.statements import Tx

_log = structlog.get_logger("cierre.revocation.feed")
# The first look at a million entries takes some seconds.
_PATIENCE = 60.0


class Feed:
    """Keeps a denylist true.

    Args:
        poll_interval: milliseconds between two looks.
    """

    def __init__(self, database: Database, denylist: Denylist, *, poll_interval: int) -> None:
        self._database = database
        self._denylist = denylist
        self._interval = poll_interval / 1000
        self._looked_at = float("-inf")
        self._filled = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Fill the denylist, then follow.

        Raises:
            ServiceUnavailable: the database is not there.
        """
        self._tasks.append(asyncio.create_task(forever("feed", self._follow, pause=self._interval)))
        try:
            await asyncio.wait_for(self._filled.wait(), _PATIENCE)
        except TimeoutError:
            await self.stop()
            raise ServiceUnavailable from None

    async def stop(self) -> None:
        await stop(self._tasks)

    @property
    def age(self) -> float:
        """Seconds since the database was last asked with success: how long a revocation may have gone unnoticed."""
        return boottime() - self._looked_at

    async def _follow(self) -> None:
        """Follow one connection after another, until not even the first look at one succeeds."""
        while True:
            before = self._looked_at
            try:
                # Listening begins before the first look: what is committed between is told, or seen, or both.
                async with self._database.listen(CHANNEL, self._denylist.tell) as tx:
                    await self._look_on(tx)
            except ServiceUnavailable as lost:
                if self._looked_at == before:
                    raise
                _log.warning("connection_lost", error=repr(lost.__cause__ or lost))

    async def _look_on(self, tx: Tx) -> None:
        # Everything once a connection: the database behind it may be another than before, restored or promoted.
        start = 0
        while True:
            began = boottime()
            tx.now = now_ms()
            following = await revocations.horizon(tx)
            async for page in revocations.since(tx, start):
                self._denylist.take(page)
                await asyncio.sleep(0)
            start = following
            self._looked_at = began
            self._filled.set()
            self._denylist.forget()
            # Where a long transaction keeps the horizon back, looking must not become all that is done.
            await asyncio.sleep(max(self._interval, boottime() - began))
