"""Requests over connections that stay open, as bytes: little of the time that is measured is the client's own."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from benchmarks.load import LoadFailed

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Answered(NamedTuple):
    """What is read of an answer. `retry_after` is in seconds; 0: the server named no time."""

    status: int
    retry_after: int
    body: bytes = b""


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[Stream]:
    """A connection to a server on this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def exchange(stream: Stream, request: bytes) -> Answered:
    """Send a request and read its answer to the end.

    Raises:
        asyncio.IncompleteReadError: the server closed the connection.
    """
    reader, writer = stream
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    body = await reader.readexactly(int(fields.get("content-length", 0)))
    return Answered(int(head.split()[1]), int(fields.get("retry-after", 0)), body)


async def each(port: int, requests: Sequence[bytes], *, at_once: int, pause: float = 0.0) -> list[float]:
    """Send each request once, over so many connections. Returns the seconds that each took.

    Args:
        pause: seconds that a connection waits before each request.

    Raises:
        LoadFailed: an answer was not 200.
    """
    parts = await asyncio.gather(*(_in_turn(port, requests[number::at_once], pause) for number in range(at_once)))
    return [seconds for part in parts for seconds in part]


async def _in_turn(port: int, requests: Sequence[bytes], pause: float) -> list[float]:
    found = []
    async with connection(port) as stream:
        for request in requests:
            await asyncio.sleep(pause)
            began = time.perf_counter()
            answered = await exchange(stream, request)
            found.append(time.perf_counter() - began)
            if answered.status != 200:
                raise LoadFailed(f"{request[:60]!r}: {answered.status}")
    return found


async def answers(port: int, requests: Sequence[bytes], *, at_once: int) -> list[bytes]:
    """Send each request once, over so many connections. Returns the bodies of the answers, in order.

    Raises:
        LoadFailed: an answer was not 200.
    """
    found = [b""] * len(requests)

    async def in_turn(numbers: range) -> None:
        async with connection(port) as stream:
            for number in numbers:
                answered = await exchange(stream, requests[number])
                if answered.status != 200:
                    raise LoadFailed(f"{requests[number][:60]!r}: {answered.status}")
                found[number] = answered.body

    await asyncio.gather(*(in_turn(range(number, len(requests), at_once)) for number in range(at_once)))
    return found
