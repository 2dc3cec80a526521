"""Work in the background ends when it is told to, and not before."""

import asyncio

from cierre.background import forever, stop
from cierre.errors import ServiceUnavailable


async def test_no_failure_ends_it():
    failures = [ServiceUnavailable(), ValueError("a mistake"), None, KeyError("another"), None]
    done = asyncio.Event()

    async def work():
        failure = failures.pop(0) if failures else done.set()
        if failure is not None:
            raise failure

    task = asyncio.create_task(forever("work", work, pause=0))
    await asyncio.wait_for(done.wait(), 5)
    await stop([task])
    assert task.cancelled()


async def test_it_ends_even_where_a_cancellation_is_swallowed():
    swallowed = []

    async def work():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if swallowed:
                raise
            swallowed.append(True)

    task = asyncio.create_task(forever("work", work, pause=0))
    await asyncio.sleep(0)
    await asyncio.wait_for(stop([task]), 5)
    assert swallowed
    assert task.cancelled()


async def test_an_outage_is_told_once(capsys):
    left = iter(range(50))
    back = asyncio.Event()

    async def work():
        if next(left, None) is not None:
            raise ServiceUnavailable
        back.set()

    task = asyncio.create_task(forever("work", work, pause=0))
    await asyncio.wait_for(back.wait(), 5)
    await asyncio.sleep(0)
    await stop([task])
    said = capsys.readouterr().out
    assert said.count("away") == 1
    assert said.count("recovered") == 1
