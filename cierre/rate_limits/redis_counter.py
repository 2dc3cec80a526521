"""Requests that are counted in Redis, for all nodes together."""

from __future__ import annotations

from typing import Any

from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import ConnectionPool, Redis

from cierre.rate_limits.counters import standing_of
from cierre.rate_limits.limits import Limit, Standing


class RedisCounter:
    """In Redis.

    Args:
        patience: seconds for a connection, and for an answer.
    """

    def __init__(self, url: str, *, patience: float) -> None:
        self._pool = ConnectionPool.from_url(url, socket_timeout=patience, socket_connect_timeout=patience)
        self._client = Redis(connection_pool=self._pool)
        # The pool knows where Redis is; `limits` requires a URL all the same.
        options: dict[str, Any] = {"implementation": "redispy", "connection_pool": self._pool}
        self._storage = RedisStorage("async+redis://localhost:6379", **options)
        self._strategy = MovingWindowRateLimiter(self._storage)

    async def hit(self, limit: Limit, key: str) -> bool:
        return await self._strategy.hit(limit.item, key)

    async def give_back(self, limit: Limit, key: str) -> None:
        # `limits` keeps a window as a list, the newest entry first.
        await self._client.lpop(self._storage.bridge.prefixed_key(limit.item.key_for(key)))

    async def standing(self, limit: Limit, key: str) -> Standing:
        return await standing_of(self._strategy, limit, key)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()
