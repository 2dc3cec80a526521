"""`python -m benchmarks.flooding PORT`: 200 clients that try a wrong password again and again, until it is ended.

Each sends its next attempt once the last one is answered; told to come back later, it does. A program of its own, so
that its work is not part of what is measured beside it.
"""

import asyncio
import json
import random
import signal
import sys
from collections import Counter

from benchmarks import wire
from benchmarks.load import Request

CLIENTS = 200
LOGIN = Request(
    "POST",
    "/api/v1/auth/login",
    {"Content-Type": "application/json"},
    '{"username":"user0@example.com","password":"wrong"}',
).raw()


async def _client(port: int, statuses: Counter[int]) -> None:
    async with wire.connection(port) as stream:
        while True:
            answered = await wire.exchange(stream, LOGIN)
            statuses[answered.status] += 1
            # Not all at the same moment again.
            await asyncio.sleep(answered.retry_after * random.uniform(0.5, 1.5))


async def _flood(port: int) -> None:
    statuses: Counter[int] = Counter()
    clients = [asyncio.create_task(_client(port, statuses)) for _ in range(CLIENTS)]
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    for client in clients:
        client.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    print(json.dumps(statuses))


if __name__ == "__main__":
    asyncio.run(_flood(int(sys.argv[1])))
