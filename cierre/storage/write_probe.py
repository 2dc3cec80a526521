"""Whether the database takes writes: a full disk, a read-only file and a standby all answer reads as ever."""

from __future__ import annotations

import asyncio

from cierre.clock import boottime
from cierre.errors import ServiceUnavailable
from cierre.storage.database import Database
from cierre.storage.repositories import leases


class WriteProbe:
    """Finds out by writing one row, the same each time; all that ask at once wait for one write.

    Args:
        database: which is written.
        interval: milliseconds for which a result holds: anybody may ask whether the service is ready.
        patience: milliseconds that the write may take.
    """

    def __init__(self, database: Database, *, interval: int, patience: int) -> None:
        self._database = database
        self._interval = interval / 1000
        self._patience = patience / 1000
        self._tried_at = float("-inf")
        self._failure: Exception | None = None
        self._trying: asyncio.Task[None] | None = None

    async def check(self) -> None:
        """Write, unless that was tried a moment ago.

        Raises:
            ServiceUnavailable: the database takes no writes, or is not reached; its cause says why.
        """
        if self._trying is None and boottime() - self._tried_at >= self._interval:
            self._trying = asyncio.create_task(self._try())
        if self._trying is not None:
            # Shielded: a caller that is cancelled must not end it for the others.
            await asyncio.shield(self._trying)
        if self._failure is not None:
            raise ServiceUnavailable from self._failure

    async def _try(self) -> None:
        self._failure = None
        try:
            async with asyncio.timeout(self._patience), self._database.connect() as tx:
                await leases.write(tx)
        except ServiceUnavailable as failure:
            self._failure = failure.__cause__ if isinstance(failure.__cause__, Exception) else failure
        except Exception as failure:  # noqa: BLE001 - each driver has its own error for a right that is missing
            self._failure = failure
        finally:
            self._tried_at = boottime()
            self._trying = None
