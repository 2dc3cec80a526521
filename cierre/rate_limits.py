"""Rate limits: documents 001 (60 a minute) and 003 (30 in 5 minutes an IP), both at once, and a brake on guessing.

Counted by the `limits` library, in Redis where there is one, in memory otherwise.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string
from redis.asyncio import ConnectionPool

from cierre.errors import LoginRateLimitExceeded, RateLimitExceeded
from cierre.settings import RateLimiting

_log = structlog.get_logger("cierre.rate_limits")

# Seconds for an answer of Redis, and without it after none came.
_PATIENCE = 0.5
_REST = 5.0


class Limit(NamedTuple):
    """So many requests a window (seconds), counted by what `name` says: `ip`, `user` or `account`."""

    bucket: str
    name: str
    quota: int
    window: int

    @property
    def policy(self) -> str:
        return f'"{self.name}";q={self.quota};w={self.window}'

    @property
    def item(self) -> RateLimitItem:
        return RateLimitItemPerSecond(self.quota, self.window, namespace=f"cierre:{self.bucket}")


class Standing(NamedTuple):
    """How a caller stands with a limit: requests left, seconds until the window moves on."""

    limit: Limit
    remaining: int
    reset: int


class Limits(NamedTuple):
    """The two limits of an operation.

    Attributes:
        by_account: by user, or by the account that a login names.
    """

    by_address: Limit
    by_account: Limit


LOGOUT = Limits(Limit("logout", "ip", 30, 300), Limit("logout", "user", 60, 60))
LOGIN = Limits(Limit("login", "ip", 100, 300), Limit("login", "account", 20, 300))

# The three logouts share one bucket an IP.
LIMITS: dict[str, Limits] = {
    "logout": LOGOUT,
    "logout_by_refresh_token": LOGOUT,
    "logout_by_user_token": LOGOUT,
    "login": LOGIN,
}


class RateLimiter:
    """Counts.

    Args:
        redis_url: None: in this process's memory.
        mode: `failures` counts only what `count_failure` is called for.
    """

    def __init__(self, *, redis_url: str | None, mode: RateLimiting) -> None:
        self._mode = mode
        uri = "async+memory://"
        options: dict[str, Any] = {}
        self._pool: ConnectionPool | None = None
        if redis_url is not None:
            self._pool = ConnectionPool.from_url(redis_url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
            options = {"implementation": "redispy", "connection_pool": self._pool}
            # The pool knows where Redis is; `limits` requires a URL all the same.
            uri = "async+redis://localhost:6379"
        storage = storage_from_string(uri, **options)
        assert isinstance(storage, Storage)
        self._strategy = MovingWindowRateLimiter(storage)
        self._away_until = 0.0

    @property
    def on(self) -> bool:
        return self._mode != "off"

    async def close(self) -> None:
        """Let go of the connections to Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def admit(self, limit: Limit, key: str) -> Standing | None:
        """Count a request; None: there is nothing to say, because limits are off or the counter is away.

        Raises:
            RateLimitExceeded: the quota is spent.
        """
        if self._mode == "off" or self._is_away():
            return None
        failures_only = self._mode == "failures" or limit.name == "account"
        try:
            count = self._strategy.test if failures_only else self._strategy.hit
            admitted = await count(limit.item, key)
            stats = await self._strategy.get_window_stats(limit.item, key)
        except Exception as failure:  # noqa: BLE001 - whatever it is, a limiter must not be an outage
            self._give_up(failure)
            return None
        standing = Standing(limit, stats.remaining, max(1, math.ceil(stats.reset_time - time.time())))
        if not admitted:
            raise LoginsSpent(standing) if limit in LOGIN else Spent(standing)
        return standing

    async def count_failure(self, limit: Limit, key: str) -> None:
        """A request that was let in has failed."""
        counts = self._mode == "failures" or (limit.name == "account" and self._mode == "on")
        if counts and not self._is_away():
            try:
                await self._strategy.hit(limit.item, key)
            except Exception as failure:  # noqa: BLE001 - as above
                self._give_up(failure)

    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def _give_up(self, failure: Exception) -> None:
        """Let a while pass before the next try: a Redis that hangs would hold up every request."""
        self._away_until = time.monotonic() + _REST
        _log.warning("rate_limiter_away", error=type(failure).__name__)


class Spent(RateLimitExceeded):
    """The quota is spent; it knows the standing for the header fields."""

    def __init__(self, standing: Standing) -> None:
        limit = standing.limit
        super().__init__(retry_after=standing.reset, limit=limit.quota, window_ms=limit.window * 1000)
        self.standing = standing


class LoginsSpent(LoginRateLimitExceeded, Spent):
    """The same, of logins."""


def fields(limits: Iterable[Limit], standings: Iterable[Standing]) -> list[tuple[str, str]]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11)."""
    now = ", ".join(f'"{one.limit.name}";r={one.remaining};t={one.reset}' for one in standings)
    policy = ", ".join(limit.policy for limit in limits)
    return [("RateLimit-Policy", policy), ("RateLimit", now)] if now else []
