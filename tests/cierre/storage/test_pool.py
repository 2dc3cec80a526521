import asyncio

import pytest

from cierre.storage.pool import ConnectionPool


async def test_the_connection_that_was_released_last_is_acquired_first():
    pool = ConnectionPool(2, timeout=1)
    assert [await pool.acquire(), await pool.acquire()] == [None, None]

    pool.release("a")
    pool.release("b")

    assert await pool.acquire() == "b"


async def test_waiting_callers_are_served_in_order_even_if_another_one_comes_in_between():
    pool, served = ConnectionPool(1, timeout=1), []
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
    pool = ConnectionPool(1, timeout=0.01)
    await pool.acquire()

    with pytest.raises(TimeoutError):
        await pool.acquire()
    pool.release("back")

    assert await pool.acquire() == "back"


async def test_a_caller_that_is_cancelled_when_it_has_been_served_releases_its_connection():
    pool = ConnectionPool(1, timeout=1)
    await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)

    pool.release("mine")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert await pool.acquire() == "mine"
