import asyncio

import pytest

from cierre.storage.pool import ConnectionPool, Shares
from tests.support.eventually import eventually


def a_pool(size, *, timeout=1.0, idle=60.0, keep=0):
    """The pool; what it closes is in `pool.closed`."""
    closed = []
    pool = ConnectionPool(size, timeout=timeout, idle=idle, close=closed.append, keep=keep)
    pool.closed = closed
    return pool


async def test_the_connection_that_was_released_last_is_acquired_first():
    pool = a_pool(2, timeout=1)
    assert [await pool.acquire(), await pool.acquire()] == [None, None]

    pool.release("a")
    pool.release("b")

    assert await pool.acquire() == "b"


async def test_waiting_callers_are_served_in_order_even_if_another_one_comes_in_between():
    pool, served = a_pool(1, timeout=1), []
    await pool.acquire()

    async def wait(name):
        served.append((name, await pool.acquire()))

    waiting = [asyncio.create_task(wait(name)) for name in "ab"]
    await asyncio.sleep(0)
    pool.release("one")
    late = asyncio.create_task(wait("c"))
    await waiting[0]
    pool.release("two")
    await waiting[1]
    pool.release("three")
    await late

    assert served == [("a", "one"), ("b", "two"), ("c", "three")]


async def test_no_caller_waits_longer_than_the_timeout_and_no_connection_is_lost():
    pool = a_pool(1, timeout=0.01)
    await pool.acquire()

    with pytest.raises(TimeoutError):
        await pool.acquire()
    pool.release("back")

    assert await pool.acquire() == "back"


async def test_a_caller_that_is_cancelled_when_it_has_been_served_releases_its_connection():
    pool = a_pool(1, timeout=1)
    await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)

    pool.release("mine")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert await pool.acquire() == "mine"


async def test_a_connection_that_is_idle_is_closed_and_one_stays():
    pool = a_pool(3, idle=0.02, keep=1)
    for _ in range(3):
        await pool.acquire()
    for name in "abc":
        pool.release(name)

    await eventually(lambda: pool.closed == ["a", "b"])

    assert [await pool.acquire() for _ in range(3)] == ["c", None, None]


async def test_a_connection_that_is_used_is_not_idle():
    pool = a_pool(2, idle=0.5)
    await pool.acquire()
    pool.release("a")
    for _ in range(10):
        await asyncio.sleep(0.06)
        pool.release(await pool.acquire())

    assert pool.closed == []


async def test_one_key_has_its_share_and_no_more_while_others_go_on():
    shares, entered, end = Shares(2, timeout=60), [], asyncio.Event()

    async def use(key):
        await shares.enter(key)
        entered.append(key)
        await end.wait()
        shares.leave(key)

    tasks = [asyncio.create_task(use(key)) for key in ("a", "a", "a", "b", None)]
    await asyncio.sleep(0.01)
    assert entered == ["a", "a", "b", None]
    end.set()
    await asyncio.gather(*tasks)
    assert entered.count("a") == 3
    assert shares._taken == shares._waiting == {}


async def test_who_waits_for_a_share_waits_no_longer_than_the_timeout():
    shares = Shares(1, timeout=0.01)

    await shares.enter("a")
    with pytest.raises(TimeoutError):
        await shares.enter("a")
    shares.leave("a")
    await shares.enter("a")
    shares.leave("a")
    assert shares._taken == shares._waiting == {}


async def test_a_place_that_was_given_to_a_caller_who_is_gone_is_the_next_ones():
    shares = Shares(1, timeout=60)
    await shares.enter("a")
    gone, following = (asyncio.create_task(shares.enter("a")) for _ in range(2))
    await asyncio.sleep(0)
    shares.leave("a")
    gone.cancel()
    await asyncio.wait_for(following, timeout=5)
    assert gone.cancelled()
    shares.leave("a")
    assert shares._taken == shares._waiting == {}
