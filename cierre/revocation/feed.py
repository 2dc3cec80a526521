"""What other nodes revoked: read from the table `revocations`, at once after PostgreSQL's NOTIFY, and again and again.

What holds is what the table says. A notification only wakes: each role that may connect to the database may send one,
whatever else it may do, so nothing of what it says is used.

A message that is lost, a node that was paused, a connection that hangs: the next look finds what was missed, since it
asks from where the last successful one ended. On SQLite there are no notifications, and the poll is all there is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from cierre.background import forever, stop
from cierre.clock import boottime, now_ms
from cierre.errors import ServiceUnavailable
from cierre.revocation.denylist import Denylist
from cierre.storage.database import Database
from cierre.storage.repositories import revocations
from cierre.storage.repositories.revocations import CHANNEL
from cierre.storage.rows import RevocationRow
from cierre.storage.statements import Tx

_log = structlog.get_logger("cierre.revocation.feed")
# The first look at a million entries takes some seconds.
_PATIENCE = 60.0
# Seconds between two looks at the least, and as a multiple of what the last one took. Whoever sends notifications all
# the time, or holds a transaction open that makes each look read more, must not make looking all that a node does.
SHORTEST_PAUSE = 0.01
_REST = 4


class Feed:
    """Keeps a denylist as complete as the table `revocations`.

    Args:
        database: which is read, over a connection of its own; SELECT on `revocations` is all that its role needs.
        denylist: which is filled; nothing is ever taken out of it but what has expired.
        poll_interval: milliseconds between two looks at the table without a notification.
        on_arrival: called with the milliseconds from the writing of a revocation to its arrival here, for each that
            another node wrote while this one was looking.
    """

    def __init__(
        self,
        database: Database,
        denylist: Denylist,
        *,
        poll_interval: int,
        on_arrival: Callable[[int], None] | None = None,
    ) -> None:
        self._on_arrival = on_arrival
        self._database = database
        self._denylist = denylist
        self._interval = poll_interval / 1000
        self._looked_at = float("-inf")
        self._filled = asyncio.Event()
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Fill the denylist, and go on reading in the background.

        Raises:
            ServiceUnavailable: the database was not read within a minute.
        """
        self._tasks.append(asyncio.create_task(forever("feed", self._follow, pause=self._interval)))
        try:
            await asyncio.wait_for(self._filled.wait(), _PATIENCE)
        except TimeoutError:
            await self.stop()
            raise ServiceUnavailable from None

    async def stop(self) -> None:
        """End the reading, and close its connection."""
        await stop(self._tasks)

    @property
    def age(self) -> float:
        """Seconds since the table was last read: a revocation that is older than this is known."""
        return boottime() - self._looked_at

    async def _follow(self) -> None:
        """Read over one connection after another.

        Raises:
            ServiceUnavailable: a new connection could not be read even once.
        """
        while True:
            before = self._looked_at
            try:
                # Listening begins before the first look: what is committed between is seen, or wakes, or both.
                async with self._database.listen(CHANNEL, self._wake) as tx:
                    await self._look_on(tx)
            except ServiceUnavailable as lost:
                if self._looked_at == before:
                    raise
                _log.warning("connection_lost", error=repr(lost.__cause__ or lost))

    def _wake(self, _payload: str) -> None:
        self._news.set()

    async def _look_on(self, tx: Tx) -> None:
        # Everything once a connection: the database behind it may be another than before, restored or promoted.
        start = 0
        while True:
            began = boottime()
            self._news.clear()
            following = await revocations.horizon(tx)
            if following["now"] is not None:
                self._database.clock.compare(following["now"], took=boottime() - began)
            # What has not expired by either clock: tokens are checked by the one, rows are written by the other.
            tx.now = min(now_ms(), self._database.clock.now())
            async for page in revocations.since(tx, start):
                news = self._denylist.take(page)
                # The first look finds what is old already.
                if start and self._on_arrival is not None:
                    self._report_delays(news, self._on_arrival)
                await asyncio.sleep(0)
            start = following["horizon"]
            self._looked_at = began
            self._filled.set()
            self._denylist.forget()
            await self._pause(took=boottime() - began)

    def _report_delays(self, news: Sequence[RevocationRow], on_arrival: Callable[[int], None]) -> None:
        now = self._database.clock.now()
        for row in news:
            if row["revoked_at"] is not None:
                # Two clocks that differ by a little must not make time run backwards.
                on_arrival(max(0, now - row["revoked_at"]))

    async def _pause(self, *, took: float) -> None:
        """Wait until it is time for the next look.

        Args:
            took: seconds that the last one took.
        """
        # Not longer than without notifications: what was read last must not become too old to be relied on.
        rest = max(SHORTEST_PAUSE, min(_REST * took, max(self._interval, took)))
        await asyncio.sleep(rest)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._interval - rest):
                await self._news.wait()
