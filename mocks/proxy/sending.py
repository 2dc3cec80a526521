"""How the proxy sends: answers of its own, those of the mock, and bodies piece by piece."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, MutableMapping
from email.utils import formatdate
from typing import Any

import httpx

from cierre.mocks.messages import Headers, MockReply, Receive, Send


def date() -> tuple[bytes, bytes]:
    """Of an answer that is the proxy's own: the others have one."""
    return b"date", formatdate(usegmt=True).encode()


async def sent(reply: MockReply, send: Send) -> MockReply:
    """Send an answer that is the proxy's own; it is returned."""
    await send({"type": "http.response.start", "status": reply.status, "headers": [*reply.headers, date()]})
    await send({"type": "http.response.body", "body": reply.body})
    return reply


async def stream(receive: Receive, send: Send, head: bytes, pieces: AsyncIterator[bytes]) -> None:
    """Pass a body on as it comes, after what was read of it; it ends when the client goes."""

    async def pump() -> None:
        if head:
            await send({"type": "http.response.body", "body": head, "more_body": True})
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    pumping, waiting = asyncio.create_task(pump()), asyncio.create_task(gone())
    try:
        await asyncio.wait((pumping, waiting), return_when=asyncio.FIRST_COMPLETED)
        if pumping.done():
            pumping.result()
    finally:
        for task in (pumping, waiting):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, httpx.TransportError):
                await task


def adding(send: Send, fields: Headers) -> Send:
    """Sends what the mock answers, with header fields more."""

    async def send_more(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *fields, date()]
        await send(message)

    return send_more
