"""Admits requests, and attempts at secrets: these are counted before the secret is checked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from cierre.rate_limits.counters import Counter, MemoryCounter, key_of
from cierre.rate_limits.limits import Limit, Standing, refusal
from cierre.settings import RateLimiting

if TYPE_CHECKING:
    from cierre.rate_limits.redis_counter import RedisCounter

Result = TypeVar("Result")

_log = structlog.get_logger("cierre.rate_limits")

# Seconds for an answer of Redis, and without it after none came.
_PATIENCE = 1.0
_REST = 5.0
# Connections to Redis: a burst of requests that opened one each would take longer than that.
_CONNECTIONS = 8


def _in_redis(url: str) -> RedisCounter:
    # Who has no Redis need not wait for its client.
    from cierre.rate_limits.redis_counter import RedisCounter  # noqa: PLC0415

    return RedisCounter(url, patience=_PATIENCE)


@dataclass(frozen=True, slots=True)
class Reservation:
    """One of a limit's quota, taken for a request that is not decided yet.

    Attributes:
        counter: that counts it: Redis may have gone or come back since.
    """

    limit: Limit
    key: str
    counter: Counter


class _Undecided:
    """The reservations of one limit and key in this process."""

    def __init__(self) -> None:
        self.count = 0
        self.changed = asyncio.Event()

    def wake(self) -> None:
        """Wake who waits for a place."""
        self.changed.set()
        self.changed = asyncio.Event()


class RateLimiter:
    """Counts in Redis where there is one, and otherwise, or while it is away, in this process's memory.

    Args:
        redis_url: None: there is no Redis.
        mode: `off` admits everything.
        keys: addresses, users or accounts that each limit remembers in memory.
        on_decision: called with each limit that was asked, and whether it admitted.
    """

    def __init__(
        self,
        *,
        redis_url: str | None,
        mode: RateLimiting,
        keys: int,
        on_decision: Callable[[Limit, bool], None] = lambda _limit, _admitted: None,
    ) -> None:
        self.mode = mode
        self._on_decision = on_decision
        self._memory = MemoryCounter(keys)
        self._redis = None if redis_url is None else _in_redis(redis_url)
        self._turns = asyncio.Semaphore(_CONNECTIONS)
        self._away_until = 0.0
        self._undecided: dict[tuple[Limit, str], _Undecided] = {}

    async def close(self) -> None:
        """Let go of the connections to Redis."""
        if self._redis is not None:
            await self._redis.close()

    async def admit(self, limit: Limit, *key: str) -> Standing | None:
        """Count a request; None: there is nothing to say, because limits are off.

        Args:
            key: who is counted, in as many parts as it has.

        Raises:
            Spent: the quota is spent.
        """
        if self.mode == "off":
            return None
        whose = key_of(*key)
        admitted, counter = await self._hit(limit, whose)
        standing = await self._standing(counter, limit, whose)
        self._on_decision(limit, admitted)
        if not admitted:
            raise refusal(standing)
        return standing

    async def reserve(self, limit: Limit, *key: str) -> Reservation | None:
        """Count an attempt before it is decided; `keep` or `give_back` must follow. None: limits are off.

        An attempt that finds the quota taken by others of this process that are not decided yet waits for them: they
        may succeed.

        Args:
            key: as `admit`.

        Raises:
            Spent: the quota is spent.
        """
        if self.mode == "off":
            return None
        whose = key_of(*key)
        while True:
            others = self._undecided.get((limit, whose))
            changed = others.changed if others else None
            admitted, counter = await self._hit(limit, whose)
            if admitted:
                self._on_decision(limit, admitted)
                self._undecided.setdefault((limit, whose), _Undecided()).count += 1
                return Reservation(limit, whose, counter)
            if changed is None:
                self._on_decision(limit, admitted)
                raise refusal(await self._standing(counter, limit, whose))
            await changed.wait()

    def keep(self, reservation: Reservation) -> None:
        """The attempt has failed: it stays counted."""
        place = reservation.limit, reservation.key
        undecided = self._undecided[place]
        undecided.count -= 1
        if undecided.count == 0:
            del self._undecided[place]
            undecided.wake()

    async def give_back(self, reservation: Reservation) -> None:
        """The attempt was right, or was not made at all: it is not counted."""
        waiting = self._undecided[reservation.limit, reservation.key]
        try:
            await self._ask(reservation.counter, reservation.counter.give_back(reservation.limit, reservation.key))
        finally:
            self.keep(reservation)
            waiting.wake()

    async def _hit(self, limit: Limit, key: str) -> tuple[bool, Counter]:
        """Whether it is admitted, and who counted."""
        if self._redis is not None:
            admitted = await self._ask(self._redis, self._redis.hit(limit, key))
            if admitted is not None:
                return admitted, self._redis
        return await self._memory.hit(limit, key), self._memory

    async def _standing(self, counter: Counter, limit: Limit, key: str) -> Standing:
        standing = await self._ask(counter, counter.standing(limit, key))
        return standing or await self._memory.standing(limit, key)

    async def _ask(self, counter: Counter, question: Coroutine[Any, Any, Result]) -> Result | None:
        """The counter's answer; None: it is Redis, and away."""
        if counter is self._memory:
            return await question
        async with self._turns:
            if time.monotonic() < self._away_until:
                question.close()
                return None
            try:
                return await question
            except Exception as failure:  # noqa: BLE001 - whatever it is, a limiter must not be an outage
                # Let a while pass before the next try: a Redis that hangs would hold up every request.
                self._away_until = time.monotonic() + _REST
                _log.warning("rate_limiter_away", error=type(failure).__name__)
                return None
