"""A transport that closes without taking the answer away from a client that is still sending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any


class LingeringTransport(asyncio.Transport):
    """Closes for writing only, as long as the client is sending: the protocol reads on, and calls `end`.

    To close a socket with unread bytes is a reset, which takes away from the client what it has not read yet
    (RFC 9112, section 9.6).

    Args:
        transport: the connection's own.
        is_sending: whether the client is in the middle of a request.
        on_linger: called when the connection is closed for writing only.

    Attributes:
        lingers: it is closed for writing, and still read.
    """

    def __init__(
        self, transport: asyncio.Transport, is_sending: Callable[[], bool], on_linger: Callable[[], None]
    ) -> None:
        super().__init__()
        self._transport = transport
        self._is_sending = is_sending
        self._on_linger = on_linger
        self.lingers = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self.lingers:
            self._transport.write(data)

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        if not self.lingers:
            self._transport.writelines(list_of_data)

    def close(self) -> None:
        if self.is_closing():
            return
        if not self._is_sending():
            self._transport.close()
            return
        self.lingers = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._on_linger()

    def end(self) -> None:
        """Send what is written, and close in both directions."""
        self.lingers = True
        self._transport.close()

    def abort(self) -> None:
        self.lingers = True
        self._transport.abort()

    def is_closing(self) -> bool:
        return self.lingers or self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)
