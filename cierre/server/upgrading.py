"""A connection that can become a WebSocket. Until it is one, it has the limits of `connections`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from cierre.server import refusals
from cierre.server.connections import FRAMING_FIELDS, LimitedProtocol
from cierre.server.phase import Phase
from cierre.settings import ConnectionLimits, WebSocketLimits

if TYPE_CHECKING:
    from cierre.server.websockets import LimitedWebSocket


class UpgradingProtocol(LimitedProtocol):
    """One connection. A request for a WebSocket is the last one that is read of it: a `LimitedWebSocket` has it then.

    Args:
        limits: of this connection, and of all connections of its server.
        websockets: of it as a WebSocket.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: ConnectionLimits,
        websockets: WebSocketLimits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop, limits=limits)
        self._websocket_limits = websockets
        self._websocket: LimitedWebSocket | None = None
        # What came behind the request for a WebSocket, while an earlier request is answered.
        self._early = b""

    # --- the request for it

    def _should_upgrade(self) -> bool:
        """Whether the request is for a WebSocket."""
        if self._get_upgrade() != b"websocket":
            return False
        has_body = any(name in FRAMING_FIELDS for name, _ in self.headers)
        return self.parser.get_method() == b"GET" and self.parser.get_http_version() == "1.1" and not has_body

    def _take_request(self) -> None:
        if self.parser.should_upgrade() and self._should_upgrade():
            self._phase = Phase.UPGRADED
        else:
            super()._take_request()

    def _read_after_head(self, rest: bytes) -> None:
        if self._phase is Phase.UPGRADED:
            self._pass_on(rest)
        else:
            super()._read_after_head(rest)

    def _feed(self, data: bytes) -> None:
        if self._phase is Phase.UPGRADED:
            self._pass_on(data)
        else:
            super()._feed(data)

    def _pass_on(self, data: bytes) -> None:
        """Let the WebSocket read what comes; it begins once earlier requests are answered."""
        if self._websocket is not None:
            self._websocket.data_received(data)
            return
        self._early += data
        if self._is_answering():
            self.flow.pause_reading()
        else:
            self._hand_over()

    def _await_next(self) -> None:
        if self._phase is Phase.UPGRADED:
            self._hand_over()
        else:
            super()._await_next()

    def _hand_over(self) -> None:
        """Let a WebSocket read the connection from now on."""
        from cierre.server.websockets import LimitedWebSocket  # noqa: PLC0415 - an extra, which few servers need

        self.flow.resume_reading()
        if self._is_ending or not self._crowd.admit_websocket(self):
            self._refuse(refusals.no_room())
            return
        self.connections.discard(self)
        self._websocket = LimitedWebSocket(
            self.config, self.server_state, self.app_state, self.loop, limits=self._websocket_limits
        )
        self._websocket.connection_made(self._lingering)
        fields = [name + b": " + value for name, value in self.headers]
        head = b"\r\n".join([b"GET " + self.url + b" HTTP/1.1", *fields, b"", b""])
        self._websocket.data_received(head + self._early)

    # --- once it is one

    def connection_lost(self, exc: Exception | None) -> None:
        if self._websocket is not None:
            self._websocket.connection_lost(exc)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        if self._websocket is not None:
            self._websocket.pause_writing()
        else:
            super().pause_writing()

    def resume_writing(self) -> None:
        if self._websocket is not None:
            self._unread.begin_anew()
            self._websocket.resume_writing()
        else:
            super().resume_writing()

    def _check_turn(self, now: float) -> None:
        if self._websocket is not None and self._phase is Phase.UPGRADED:
            self._websocket.check(now)
        else:
            super()._check_turn(now)

    def _linger(self) -> None:
        super()._linger()
        if self._websocket is not None and self._websocket.read_paused:
            self._lingering.resume_reading()
