"""`cierre.rate_limits`: moving windows, attempts that are counted before they are decided, a bounded memory."""

import asyncio
from collections import OrderedDict

import pytest

from cierre.errors import RateLimitExceeded
from cierre.rate_limits.limiter import RateLimiter
from cierre.rate_limits.limits import LIMITS, Limit, fields
from cierre.rate_limits.memory import BoundedMemory

LIMIT = Limit("test", "ip", 2, 300)


@pytest.fixture
def limiter():
    return RateLimiter(redis_url=None, mode="on", keys=100)


async def test_a_window_moves_on(limiter):
    limit = Limit("test", "ip", 2, 1)
    for _ in range(2):
        await limiter.admit(limit, "someone")
    with pytest.raises(RateLimitExceeded):
        await limiter.admit(limit, "someone")
    await limiter.admit(limit, "somebody else")
    await asyncio.sleep(1.1)
    await limiter.admit(limit, "someone")


async def test_of_many_at_once_no_more_than_the_quota_are_let_in(limiter):
    by_address = LIMITS["logout"].by_address
    results = await asyncio.gather(*(limiter.admit(by_address, "x") for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(result, RateLimitExceeded) for result in results) == 20


def test_without_a_standing_nothing_is_said():
    assert fields([]) == []


async def attempt(limiter, *, right):
    reservation = await limiter.reserve(LIMIT, "someone")
    await asyncio.sleep(0.001)
    if right:
        await limiter.give_back(reservation)
    else:
        limiter.keep(reservation)


async def test_attempts_that_succeed_wait_for_each_other_and_none_is_refused(limiter):
    await asyncio.gather(*(attempt(limiter, right=True) for _ in range(20)))


async def test_of_attempts_that_fail_no_more_than_the_quota_are_made(limiter):
    results = await asyncio.gather(*(attempt(limiter, right=False) for _ in range(20)), return_exceptions=True)
    assert results.count(None) == 2
    assert sum(isinstance(result, RateLimitExceeded) for result in results) == 18


async def test_nodes_share_what_is_not_decided_yet(redis_url):
    one, two = [RateLimiter(redis_url=redis_url, mode="on", keys=100) for _ in range(2)]
    first, second = await one.reserve(LIMIT, "someone"), await one.reserve(LIMIT, "someone")
    with pytest.raises(RateLimitExceeded):
        await two.reserve(LIMIT, "someone")
    await one.give_back(first)
    third = await two.reserve(LIMIT, "someone")
    for limiter, reservation in ((one, second), (two, third)):
        limiter.keep(reservation)
        await limiter.close()


async def test_without_redis_what_succeeded_is_given_back_as_well():
    limiter = RateLimiter(redis_url="redis://127.0.0.1:1", mode="on", keys=100)
    for _ in range(5):
        await attempt(limiter, right=True)
    await limiter.close()


class CountedSteps(OrderedDict):
    """Counts what is looked at and what is deleted."""

    steps = 0

    def __iter__(self):
        for key in super().__iter__():
            self.steps += 1
            yield key

    def __delitem__(self, key):
        self.steps += 1
        super().__delitem__(key)


async def test_what_an_entry_costs_does_not_grow_with_the_keys():
    memory = BoundedMemory(5_000)
    memory.events = CountedSteps()
    before = asyncio.all_tasks()
    for number in range(20_000):
        assert await memory.acquire_entry(f"address-{number}", 30, 300)
    assert memory.events.steps <= 2 * 20_000
    assert len(memory.events) == 5_000
    assert asyncio.all_tasks() == before


async def test_keys_that_expired_are_forgotten_with_the_next_entries():
    memory = BoundedMemory(5_000)
    for number in range(100):
        assert await memory.acquire_entry(f"address-{number}", 30, 0)
    assert len(memory.events) <= 2


async def test_a_full_memory_forgets_who_was_counted_longest_ago():
    memory = BoundedMemory(2)
    for key in ("a", "b", "a", "c"):
        assert await memory.acquire_entry(key, 2, 300)
    assert not await memory.acquire_entry("a", 2, 300)
    assert list(memory.events) == ["a", "c"]
