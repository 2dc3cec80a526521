"""uvicorn's WebSocket protocol with limits, on a connection that `connections` hands over; loaded for the first one."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import CloseCode

from cierre.settings import WebSocketLimits

_SEND = "websocket.send"


class LimitedWebSocket(WebSocketsSansIOProtocol):
    """One WebSocket. How large a message may be, and whether its client is alive, uvicorn sees to.

    Args:
        limits: of it.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: WebSocketLimits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._patience = limits.idle_timeout / 1000
        # When there was the last message, or ping of the client.
        self._active = self.loop.time()

    def check(self, now: float) -> None:
        """Close it where nothing was said for too long; `now` is of the event loop."""
        if self.handshake_complete and not self.close_sent and now - self._active > self._patience:
            self._close(CloseCode.GOING_AWAY, f"nothing was said for {self._patience:g} s")

    def _close(self, code: int, reason: str) -> None:
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()

    def send_receive_event_to_app(self) -> None:
        self._active = self.loop.time()
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        self._active = self.loop.time()
        super().handle_ping()

    async def send(self, message: MutableMapping[str, Any]) -> None:  # type: ignore[override] # as ASGI types it
        if message["type"] == _SEND:
            self._active = self.loop.time()
        await super().send(message)  # type: ignore[arg-type]
