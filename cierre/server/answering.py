"""uvicorn's answer to one request, with its head checked in one go, and written together with the body.

uvicorn looks through each name and each value by itself. What is refused is the same: bytes that would end a field
early, and a body that is not as long as was said. It writes head and body one after the other, which are two system
calls for us, and two for the client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

# Bytes of a body that are copied, to stand behind the head: to write two pieces at once costs as much.
_JOINED = 4 * 1024
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})
_WITHOUT_BODY = frozenset({204, 304})
_EVERY = [bytes([code]) for code in range(256)]
_NOT_IN_NAMES = b"".join(filter(HEADER_RE.search, _EVERY))
_NOT_IN_VALUES = b"".join(filter(HEADER_VALUE_RE.search, _EVERY))


class Answer(RequestResponseCycle):
    """One request and its answer, as uvicorn has them; `send` is what ASGI calls so."""

    _head = b""
    """That is still to be written."""

    async def send(self, message: Mapping[str, Any]) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if not self.response_started and kind == "http.response.start":
            self._start(message["status"], message.get("headers", ()))
        elif self.response_started and not self.response_complete and kind == "http.response.body":
            self._continue(message.get("body", b""), is_last=not message.get("more_body"))
        else:
            raise RuntimeError(f"the ASGI message {kind!r} is not expected here")

    def _start(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.response_started = True
        self.waiting_for_100_continue = False
        fields = [(name.lower(), value) for name, value in (*self.default_headers, *headers)]
        if _has_any(_NOT_IN_NAMES, b"".join([name for name, _ in fields])):
            raise RuntimeError("Invalid HTTP header name.")
        if _has_any(_NOT_IN_VALUES, b"".join([value for _, value in fields])):
            raise RuntimeError("Invalid HTTP header value.")
        lines = [STATUS_LINE[status]]
        for name, value in fields:
            lines += (name, b": ", value, b"\r\n")
        says_close = self._read_framing([field for field in fields if field[0] in _FRAMING])
        if not self.keep_alive and not says_close:
            lines.append(b"connection: close\r\n")
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in _WITHOUT_BODY:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        self._head = b"".join(lines)
        # A body that comes later does not hold it up.
        asyncio.get_running_loop().call_soon(self._write_head)

    def _write_head(self) -> None:
        if self._head and not self.disconnected and not self.transport.is_closing():
            self._write(b"")

    def _write(self, data: bytes) -> None:
        """Write data, after the head, if that isn't written."""
        head, self._head = self._head, b""
        if head and len(data) > _JOINED:
            self.transport.writelines((head, data))
        else:
            self.transport.write(head + data)

    def _read_framing(self, fields: list[tuple[bytes, bytes]]) -> bool:
        """Note how the body is framed, and whether the connection ends; returns whether a field says that it does."""
        says_close = False
        for name, value in fields:
            if name == b"content-length" and self.chunked_encoding is None:
                self.expected_content_length = int(value)
                self.chunked_encoding = False
            elif name == b"transfer-encoding" and value.lower() == b"chunked":
                self.expected_content_length = 0
                self.chunked_encoding = True
            elif name == b"connection" and b"close" in [token.lower().strip() for token in value.split(b",")]:
                self.keep_alive = False
                says_close = True
        return says_close

    def _continue(self, body: bytes, *, is_last: bool) -> None:
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
            self._write(b"")
        elif self.chunked_encoding:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            self._write(chunk + b"0\r\n\r\n" if is_last else chunk)
        else:
            if len(body) > self.expected_content_length:
                raise RuntimeError("Response content longer than Content-Length")
            self.expected_content_length -= len(body)
            self._write(body)
        if is_last:
            if self.expected_content_length:
                raise RuntimeError("Response content shorter than Content-Length")
            self.response_complete = True
            self.message_event.set()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()


def _has_any(forbidden: bytes, text: bytes) -> bool:
    """Whether a text has one of these bytes; a regular expression takes ten times as long to say so."""
    return len(text.translate(None, forbidden)) != len(text)
