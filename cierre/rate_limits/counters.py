"""Where requests are counted, by the `limits` library: in this process."""

from __future__ import annotations

import hashlib
import math
import time
from typing import Protocol

from limits.aio.strategies import MovingWindowRateLimiter

from cierre.rate_limits.limits import Limit, Standing
from cierre.rate_limits.memory import BoundedMemory


class Counter(Protocol):
    """Counts what takes place in the moving window of each limit and key."""

    async def hit(self, limit: Limit, key: str) -> bool:
        """Count one more. Returns whether the quota allows it; otherwise it is not counted."""
        ...

    async def give_back(self, limit: Limit, key: str) -> None:
        """Count one less."""
        ...

    async def standing(self, limit: Limit, key: str) -> Standing:
        """How the caller stands."""
        ...


class MemoryCounter:
    """In this process.

    Args:
        size: keys of each limit.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        # One for each limit: who fills one up makes no other forget, and keys expire in the order of their entries.
        self._memories: dict[Limit, BoundedMemory] = {}

    async def hit(self, limit: Limit, key: str) -> bool:
        return await self._strategy(limit).hit(limit.item, key)

    async def give_back(self, limit: Limit, key: str) -> None:
        self._memory(limit).give_back(limit.item.key_for(key))

    async def standing(self, limit: Limit, key: str) -> Standing:
        return await standing_of(self._strategy(limit), limit, key)

    def _strategy(self, limit: Limit) -> MovingWindowRateLimiter:
        return MovingWindowRateLimiter(self._memory(limit))

    def _memory(self, limit: Limit) -> BoundedMemory:
        memory = self._memories.get(limit)
        if memory is None:
            memory = self._memories[limit] = BoundedMemory(self._size)
        return memory


async def standing_of(strategy: MovingWindowRateLimiter, limit: Limit, key: str) -> Standing:
    """How the caller stands in the window of a limit."""
    stats = await strategy.get_window_stats(limit.item, key)
    return Standing(limit, stats.remaining, max(1, math.ceil(stats.reset_time - time.time())))


def key_of(*parts: str) -> str:
    """One key of several parts, of the same length whatever they are: some are what a client sent."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
