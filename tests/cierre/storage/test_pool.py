import asyncio

import pytest

from cierre.storage.pool import Places


async def test_the_last_one_back_goes_out_first():
    places = Places(2, patience=1)
    assert [await places.take(), await places.take()] == [None, None]

    places.give("a")
    places.give("b")

    assert await places.take() == "b"


async def test_who_waits_is_served_in_turn_even_if_somebody_comes_in_between():
    places, served = Places(1, patience=1), []
    await places.take()

    async def wait(name):
        served.append((name, await places.take()))

    waiting = [asyncio.create_task(wait(name)) for name in "ab"]
    await asyncio.sleep(0)
    places.give("one")
    late = asyncio.create_task(wait("c"))
    await waiting[0]
    places.give("two")
    await waiting[1]
    places.give("three")
    await late

    assert served == [("a", "one"), ("b", "two"), ("c", "three")]


async def test_nobody_waits_longer_than_patience_and_no_place_is_lost():
    places = Places(1, patience=0.01)
    await places.take()

    with pytest.raises(TimeoutError):
        await places.take()
    places.give("back")

    assert await places.take() == "back"


async def test_one_who_goes_away_when_his_turn_has_come_gives_his_place_back():
    places = Places(1, patience=1)
    await places.take()
    waiting = asyncio.create_task(places.take())
    await asyncio.sleep(0)

    places.give("mine")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert await places.take() == "mine"
