"""Bodies that pass: small ones are read to be checked, the others go through piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class RequestBody:
    """The body of a request.

    Args:
        receive: of ASGI.
        limit: bytes that are read at the most before the request goes on.

    Attributes:
        head: what was read so far.
        whole: `head` is all of it.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self.head = b""
        self.whole = False

    async def begin(self) -> None:
        """Read it, up to the limit.

        Raises:
            ConnectionError: the client has gone.
        """
        read = bytearray()
        while len(read) <= self._limit:
            piece, more = await self._piece()
            read += piece
            if not more:
                self.whole = True
                break
        self.head = bytes(read)

    async def pieces(self) -> AsyncIterator[bytes]:
        """All of it: what was read, then what comes.

        Raises:
            ConnectionError: the client has gone.
        """
        if self.head:
            yield self.head
        more = not self.whole
        while more:
            piece, more = await self._piece()
            if piece:
                yield piece

    async def _piece(self) -> tuple[bytes, bool]:
        message = await self._receive()
        if message["type"] != "http.request":
            raise ConnectionError("the client has gone")
        return message.get("body", b""), message.get("more_body", False)


async def read_up_to(pieces: AsyncIterator[bytes], limit: int) -> tuple[bytes, bool]:
    """What comes, and whether that is all of it: reading ends with the piece that goes beyond the limit."""
    read = bytearray()
    async for piece in pieces:
        read += piece
        if len(read) > limit:
            return bytes(read), False
    return bytes(read), True


def unpacked(body: bytes, encoding: str, limit: int) -> bytes | None:
    """The body without its content coding; None for one that is not known, is broken, or is larger than the limit.

    Args:
        body: as it was sent.
        encoding: the field Content-Encoding, "" for none.
        limit: in bytes, of the result.
    """
    coding = encoding.strip().lower()
    if coding in {"", "identity"}:
        return body
    # 32 more: a header of gzip or of zlib, whichever is there.
    windows = {"gzip": 47, "x-gzip": 47, "deflate": 47}
    if coding not in windows:
        return None
    for window in (windows[coding], -15) if coding == "deflate" else (windows[coding],):
        reader = zlib.decompressobj(window)
        try:
            plain = reader.decompress(body, limit + 1)
        except zlib.error:
            continue
        return plain if len(plain) <= limit and reader.eof else None
    return None
