"""WebSockets on their way through the proxy (RFC 6455): one to the client, one to the upstream server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import MutableMapping
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from cierre.mocks.messages import Headers, Receive, Send
from cierre.mocks.proxy.fields import forwarded, without_hops
from cierre.mocks.proxy.upstream import Upstream

# Seconds to connect and to shake hands, and that the upstream server may take to answer a close.
_OPEN, _CLOSE = 10.0, 5.0
# Each of the two connections negotiates its own.
_OF_HANDSHAKE = b"sec-websocket-"
# What may stand in a close frame (RFC 6455, section 7.4, and IANA's registry).
_SENDABLE = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}
_GONE = 1006


class Refused(Exception):
    """The upstream server answers otherwise than with a WebSocket."""

    def __init__(self, status: int, fields: Headers, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.fields = fields
        self.body = body


class _Once(connect):
    """Follows no redirect: that is up to the client."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


async def opened(upstream: Upstream, scope: MutableMapping[str, Any], limit: int) -> ClientConnection:
    """The connection to the upstream server, as a client asks for it.

    Args:
        upstream: the server.
        scope: of ASGI.
        limit: bytes of a message.

    Raises:
        Refused: it answers with something else.
        OSError, TimeoutError, InvalidHandshake: it is away, late, or speaks no WebSocket.
    """
    client = scope.get("client")
    fields = forwarded(scope["headers"], upstream.host, client[0] if client else "")
    path = scope["raw_path"].partition(b"?")[0]
    try:
        return await _Once(
            upstream.websocket(path, scope["query_string"]),
            subprotocols=[Subprotocol(name) for name in scope["subprotocols"]] or None,
            # The host is the URL's.
            additional_headers=_texts([one for one in fields if one[0] != b"host"]),
            user_agent_header=None,
            proxy=None,
            open_timeout=_OPEN,
            close_timeout=_CLOSE,
            max_size=limit,
        )
    except InvalidStatus as refusal:
        answer = refusal.response
        written = [(name.encode(), text.encode("latin-1", "replace")) for name, text in answer.headers.raw_items()]
        raise Refused(answer.status_code, without_hops(written), bytes(answer.body)) from refusal


async def joined(there: ClientConnection, receive: Receive, send: Send, fields: Headers) -> None:
    """Accept the client's WebSocket, and pass messages both ways until one side closes; its close is passed on.

    Args:
        there: the upstream server's.
        receive: of ASGI.
        send: of ASGI.
        fields: of the answer, beside those of the upstream server.
    """
    passing: list[asyncio.Task[None]] = []
    try:
        await send({"type": "websocket.accept", "subprotocol": there.subprotocol, "headers": _answered(there) + fields})
        passing += [asyncio.create_task(_out(receive, there)), asyncio.create_task(_back(there, send))]
        done, _ = await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)
        try:
            await there.close(CloseCode.GOING_AWAY)
        finally:
            there.transport.abort()


def _answered(there: ClientConnection) -> Headers:
    """The fields of the upstream server's answer, without those of its own handshake."""
    assert there.response is not None
    written = [(name.encode(), text.encode("latin-1", "replace")) for name, text in there.response.headers.raw_items()]
    return [one for one in without_hops(written) if not one[0].startswith(_OF_HANDSHAKE)]


async def _out(receive: Receive, there: ClientConnection) -> None:
    """What the client sends."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            # Only a close frame has a reason, though it be empty: otherwise the connection was lost.
            code = message.get("code", _GONE) if "reason" in message else _GONE
            with contextlib.suppress(ConnectionClosed):
                await there.close(_sendable(code, CloseCode.GOING_AWAY), message.get("reason") or "")
            return
        if message["type"] == "websocket.receive":
            text = message.get("text")
            try:
                await there.send(text if text is not None else message["bytes"])
            except ConnectionClosed:
                # `_back` says so.
                await asyncio.Event().wait()


async def _back(there: ClientConnection, send: Send) -> None:
    """What the upstream server sends."""
    try:
        while True:
            message = await there.recv()
            await send({"type": "websocket.send", "text" if isinstance(message, str) else "bytes": message})
    except ConnectionClosed as closed:
        frame = closed.rcvd or closed.sent
        code = _sendable(frame.code if frame is not None else _GONE, CloseCode.BAD_GATEWAY)
        with contextlib.suppress(Exception):
            await send({"type": "websocket.close", "code": code, "reason": frame.reason if frame is not None else ""})


def _sendable(code: int, lost: int) -> int:
    """The code of a close frame: that which came, 1000 for none, `lost` for a connection without a close."""
    if code == CloseCode.NO_STATUS_RCVD:
        return CloseCode.NORMAL_CLOSURE
    return code if code in _SENDABLE else lost


def _texts(fields: Headers) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), text.decode("latin-1")) for name, text in fields if not name.startswith(_OF_HANDSHAKE)
    ]
