"""Requests over connections that stay open, as bytes: little of the time that is measured is the client's own."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from benchmarks.load import LoadFailed

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Answered(NamedTuple):
    """An answer.

    Attributes:
        retry_after: in seconds; 0: the server named no time.
        seconds: from the request to its end.
    """

    status: int
    retry_after: int
    body: bytes
    seconds: float


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
    began = time.perf_counter()
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    body = await reader.readexactly(int(fields.get("content-length", 0)))
    return Answered(int(head.split()[1]), int(fields.get("retry-after", 0)), body, time.perf_counter() - began)


async def each(port: int, requests: Sequence[bytes], *, at_once: int, pause: float = 0.0) -> list[Answered]:
    """Send each request once, over so many connections. Returns the answers, in the order of the requests.

    Args:
        pause: seconds that a connection waits before each request.

    Raises:
        LoadFailed: an answer was not 200.
    """
    found: dict[int, Answered] = {}

    async def in_turn(numbers: range) -> None:
        async with connection(port) as stream:
            for number in numbers:
                await asyncio.sleep(pause)
                answered = found[number] = await exchange(stream, requests[number])
                if answered.status != 200:
                    raise LoadFailed(f"{requests[number][:60]!r}: {answered.status}")

    await asyncio.gather(*(in_turn(range(number, len(requests), at_once)) for number in range(at_once)))
    return [found[number] for number in range(len(requests))]
