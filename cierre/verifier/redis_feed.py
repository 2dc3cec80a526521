"""What was revoked, from the stream that `cierre.revocation.redis_mirror` describes:
told at once, and whole or not used.
"""

from __future__ import annotations

import asyncio
from typing import Any

from redis.exceptions import RedisError

from cierre.background import forever, stop
from cierre.clock import boottime
from cierre.errors import ServiceUnavailable
from cierre.revocation.denylist import Denylist
from cierre.revocation.redis_mirror import COMPLETE, STREAM, connect

_PAGE = 5_000
_PATIENCE = 60.0


class RedisFeed:
    """Keeps a denylist true by Redis alone.

    Args:
        interval: milliseconds between two looks at whether Redis is complete.
    """

    def __init__(self, url: str, denylist: Denylist, *, interval: int) -> None:
        self._redis = connect(url)
        self._denylist = denylist
        self._interval = min(interval, 2_000)
        self._copy: str | None = None
        self._position = "0"
        self._looked_at = float("-inf")
        self._filled = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Fill the denylist, then follow.

        Raises:
            ServiceUnavailable: Redis is not there, or not complete.
        """
        self._tasks.append(asyncio.create_task(forever("redis_feed", self._follow, pause=self._interval / 1000)))
        try:
            await asyncio.wait_for(self._filled.wait(), _PATIENCE)
        except TimeoutError:
            await self.stop()
            raise ServiceUnavailable from None

    async def stop(self) -> None:
        await stop(self._tasks)
        await self._redis.aclose()

    @property
    def age(self) -> float:
        """Seconds since Redis was last seen complete."""
        return boottime() - self._looked_at

    async def _follow(self) -> None:
        try:
            while True:
                began = boottime()
                copy: Any = await self._redis.get(COMPLETE)
                if copy is None:
                    raise ServiceUnavailable
                if copy != self._copy:
                    # Redis was filled anew: its stream may have begun anew, too.
                    self._copy, self._position = copy, "0"
                await self._read()
                self._looked_at = began
                self._filled.set()
                self._denylist.forget()
        except (RedisError, OSError) as failure:
            raise ServiceUnavailable from failure

    async def _read(self) -> None:
        """Everything that is there; where that is nothing, wait a moment for news."""
        wait: int | None = self._interval
        while True:
            # RESP2 gives a list of pairs, RESP3 a mapping.
            found: Any = await self._redis.xread({STREAM: self._position}, count=_PAGE, block=wait)
            pairs = list(found.items() if isinstance(found, dict) else found or [])
            entries = pairs[0][1] if pairs else []
            for position, fields in entries:
                self._denylist.tell(fields["revoked"])
                self._position = position
            if len(entries) < _PAGE:
                return
            wait = None
