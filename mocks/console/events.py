"""Server-sent events: what happens to the mock, for a page that watches."""

from __future__ import annotations

import asyncio
from itertools import islice

from cierre.mocks.console.board import Board
from cierre.mocks.console.shown import in_short
from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import Receive, Send
from cierre.server.protection import NO_PAGE

# Requests in one event, and seconds between two events and between two signs of life.
_MOST = 200
_PAUSE = 0.1
_SIGN = 15.0


async def send_events(board: Board, after: int, receive: Receive, send: Send) -> None:
    """Send an event for each batch of requests, and one for each other change, until the client goes or the mock ends.

    Args:
        board: that is watched.
        after: the number of the last request that the client knows.
        receive: of ASGI.
        send: of ASGI.
    """
    fields = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), *NO_PAGE]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    gone = asyncio.ensure_future(_gone(receive))
    revision, documents = board.revision, board.documents
    text = b"retry: 1000\n\n"
    try:
        with board.calls.watched() as watcher:
            while not (gone.done() or board.ended):
                watcher.clear()
                # Of a burst the newest are sent: the page shows them first, and asks for the rest where it wants it.
                calls = list(islice(board.calls.newest(after), _MOST))
                if calls:
                    after = calls[0].number
                    text += b"event: calls\ndata: " + write_json([in_short(call) for call in calls]) + b"\n\n"
                if board.revision != revision:
                    text += b"event: changed\ndata: " + write_json({"document": board.documents != documents}) + b"\n\n"
                    revision, documents = board.revision, board.documents
                await send({"type": "http.response.body", "body": text or b": \n\n", "more_body": True})
                text = b""
                waiting = asyncio.ensure_future(watcher.wait())
                await asyncio.wait({waiting, gone}, timeout=_SIGN, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if not board.ended:
                    await asyncio.wait({gone}, timeout=_PAUSE)
    finally:
        gone.cancel()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
