"""uvicorn's HTTP/1.1 protocol with limits: what a client sends is counted while it arrives, before any of it is kept.

uvicorn itself has no time-out but that of an idle connection, no limit on header fields, and takes fields after a
chunked body (RFC 9112, section 7.1.2) for header fields.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from cierre.server import refusals
from cierre.server.answering import Answer
from cierre.server.crowd import crowd_of
from cierre.server.lingering import LingeringTransport
from cierre.server.phase import Phase
from cierre.server.refusals import Refusal
from cierre.server.unread import Unread
from cierre.settings import ConnectionLimits

__all__ = ["ConnectionLimits", "LimitedProtocol"]

# To ask an enumeration for its member costs several times as much.
_IDLE, _HEAD, _BODY, _COMPLETE, _DEAF, _ = Phase
# Bytes that are parsed at once: so many more than a limit can be kept at the most.
_PIECE = 64 * 1024
# Bytes of chunk sizes and line ends that a byte of a body may cost.
_FRAMING = 8
# The fields of a request that has a body.
FRAMING_FIELDS = frozenset({b"content-length", b"transfer-encoding"})
# Seconds that a request may still take to arrive when the process is asked to end.
_ARRIVAL = 1.0
# Seconds without progress after which a client that does not read may have to give way.
_STUCK = 1.0


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Use it as `http=partial(LimitedProtocol, limits=limits)`; `cierre.server.config` does.

    No upgrade is offered; `upgrading` has those that can become WebSockets.

    Args:
        limits: of this connection, and of all connections of its server.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: ConnectionLimits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._crowd = crowd_of(server_state, limits)
        self._phase = _IDLE
        # Since when the server waits for what the phase is about.
        self._since = self.loop.time()
        # Bytes since the phase began that are no body, and bytes of the body.
        self._counted = self._received = 0
        self._is_oversized = False
        # The parser reads the head of a request for the second time.
        self._is_head_known = False
        self._answering: RequestResponseCycle | None = None
        self._is_ending = False
        patience = limits.send_timeout / 1000
        self._unread = Unread(patience, limits.body_rate * patience)
        self._lingering: LingeringTransport

    # --- the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        self._lingering = LingeringTransport(transport, self._is_sending, self._linger)
        if self._crowd.admit(self, self.loop):
            super().connection_made(self._lingering)
            return
        self.transport, self.flow = self._lingering, FlowControl(self._lingering)
        self._phase = _DEAF
        self._write_refusal(refusals.no_room())

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.leave(self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        if self._is_answering():
            super().shutdown()
        elif self._is_awaited():
            # Whoever has just connected is answered: no other process has this connection.
            self._is_ending = True
            self.loop.call_later(_ARRIVAL, self._end_unless_answering)
        else:
            self._lingering.end()

    def _is_awaited(self) -> bool:
        """Whether a request is on its way: the first of the connection, or one of which a part has come."""
        return self._answering is None if self._phase is _IDLE else self._phase is not _DEAF

    def _end_unless_answering(self) -> None:
        if not self._is_answering():
            self._lingering.end()

    def resume_writing(self) -> None:
        self._unread.begin_anew()
        super().resume_writing()

    # --- what arrives

    def data_received(self, data: bytes) -> None:
        if self._phase is _IDLE:
            self._phase = _HEAD
            self._since = self.loop.time()
            self._counted = 0
            if self._answering is not None:
                self._crowd.wait_again(self, self._since)
        if len(data) <= _PIECE:
            self._feed(data)
            return
        for begin in range(0, len(data), _PIECE):
            self._feed(data[begin : begin + _PIECE])

    def _feed(self, data: bytes) -> None:
        if self._phase is _DEAF:
            self._received += len(data)
            if self._received > self._limits.linger_bytes:
                self._lingering.end()
            return
        self._counted += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._read_after_head(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, Refusal) else refusals.bad_request())
        else:
            self._check_size()

    def _read_after_head(self, rest: bytes) -> None:
        """Go on with a request whose upgrade is not offered, as if it had not asked (RFC 9110, section 7.8).

        The parser ends with its header section, so another one reads the body, from a head that says its length alone.

        Args:
            rest: what has come of it.
        """
        # What the client sends next may be no HTTP/1.1: the connection ends with the answer.
        self._last_cycle().keep_alive = False
        framing = [(name, value) for name, value in self.headers if name in FRAMING_FIELDS]
        head = [b"POST / HTTP/1.1", *(name + b": " + value for name, value in framing), b"", b""]
        self.parser = httptools.HttpRequestParser(self)
        self._is_head_known = True
        self._feed(b"\r\n".join(head))
        if rest and self._phase is not _DEAF:
            self._feed(rest)

    def _check_size(self) -> None:
        limit = self._limits.header_bytes
        if self._phase is _HEAD and self._counted > limit:
            self._refuse(refusals.header_too_large(limit))
        elif self._phase is _BODY and self._counted > limit + _FRAMING * self._received:
            self._refuse(refusals.too_much_framing(limit))

    def on_message_begin(self) -> None:
        if self._is_head_known:
            return
        if self._phase is _COMPLETE:
            self._since = self.loop.time()
        self._phase = _HEAD
        self._counted = 0
        self._is_oversized = False
        if len(self.pipeline) >= self._limits.pipelined:
            raise refusals.bad_request()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        if self._is_head_known:
            return
        self.url += url
        if len(self.url) > self._limits.target_bytes:
            raise refusals.target_too_long(self._limits.target_bytes)

    def on_header(self, name: bytes, value: bytes) -> None:
        # A field after the body is no header field, and nothing here asks for such fields.
        if self._phase is _HEAD and not self._is_head_known:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self._is_head_known:
            self._is_head_known = False
            return
        self._check_fields()
        if self.url[:1] != b"/" or b"#" in self.url:
            refusals.check_target(self.url, self.headers)
        self._read_head()
        self._take_request()

    def _take_request(self) -> None:
        """Begin to answer a request whose head has come, and to read its body."""
        self._begin_answer()
        if self._is_oversized:
            # So much is not read only to get to the next request.
            self.cycle.keep_alive = False
        self._phase = _BODY
        self._counted = self._received = 0
        self._since = self.loop.time()

    def _check_fields(self) -> None:
        """Refuse too large a header section, which came in few pieces: that of many is refused while it comes."""
        limits, size = self._limits, 0
        for name, value in self.headers:
            size += len(name) + len(value) + 4
            if name == b"content-length" and int(value) > limits.linger_bytes:
                self._is_oversized = True
            elif name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
        if size > limits.header_bytes:
            raise refusals.header_too_large(limits.header_bytes)
        if len(self.headers) > limits.header_fields:
            raise refusals.too_many_fields(limits.header_fields)

    def _read_head(self) -> None:
        """Put method, version and target into the scope of ASGI."""
        scope = self.scope
        scope["method"] = self.parser.get_method().decode("ascii")
        version = self.parser.get_http_version()
        if version != "1.1":
            scope["http_version"] = version
        if self.url[:1] == b"/" and self.url.isascii():
            raw, _, query = self.url.partition(b"?")
        else:
            target = httptools.parse_url(self.url)
            raw, query = target.path, target.query or b""
        path = raw.decode("ascii")
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + raw
        scope["query_string"] = query

    def _begin_answer(self) -> None:
        """Let the application answer, after earlier requests of the connection."""
        before = self.cycle
        self.cycle = Answer(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=self.scope["http_version"] != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_body(self, body: bytes) -> None:
        self._received += len(body)
        self._counted -= len(body)
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.body += body
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            cycle.message_event.set()
        elif self._received > self._limits.linger_bytes:
            self._lingering.end()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            # What else it has is still to be read.
            return
        if not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()
        self._phase = _COMPLETE
        self._crowd.wait_no_more(self)
        if not self._is_answering():
            # It was answered before all of it had arrived.
            self._become_idle()

    # --- what is answered

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        cycle.keep_alive = cycle.keep_alive and not self._is_ending
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self._lingering.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._since = self.loop.time()
        self._received = 0
        self._await_next()

    def _await_next(self) -> None:
        """All is answered that has arrived as a whole."""
        if self._phase is _COMPLETE:
            self._phase = _IDLE
            self._crowd.idle(self, self._since)
        else:
            self._crowd.wait(self, self._since)

    def _become_idle(self) -> None:
        self._phase = _IDLE
        self._since = self.loop.time()
        self._crowd.idle(self, self._since)

    def _is_answering(self) -> bool:
        cycle = self._answering
        return cycle is not None and not cycle.response_complete and not cycle.disconnected

    def _last_cycle(self) -> RequestResponseCycle:
        """The last request that is to be answered."""
        if self.pipeline:
            return self.pipeline[0][0]
        assert self._answering is not None
        return self._answering

    def _refuse(self, refusal: Refusal) -> None:
        """Answer what is arriving, after which nothing more is read. What came before it keeps its answer."""
        arriving, self._phase = self._phase, _DEAF
        if arriving is _BODY and self.pipeline:
            # Nobody has begun to answer it.
            self.pipeline.popleft()
        elif arriving is _BODY and self._answering is not None:
            if self._answering.response_started:
                self.transport.close()
                return
            self._answering.disconnected = True
            self._answering.message_event.set()
        if self._is_answering():
            self._last_cycle().keep_alive = False
            return
        self._write_refusal(refusal)

    def _write_refusal(self, refusal: Refusal) -> None:
        self.transport.write(refusal.response(self.server_state.default_headers))
        self.transport.close()

    # --- time-outs

    def check(self, now: float) -> None:
        """End the connection where one of its time-outs has passed."""
        if self._is_stuck(now):
            self._lingering.abort()
        else:
            self._check_turn(now)

    def _check_turn(self, now: float) -> None:
        """The same of the time-outs of whose turn it is, the server's or the client's."""
        if self._is_servers_turn():
            self._since = now
        elif self._phase is _DEAF or (self._phase is _BODY and self.cycle.response_complete):
            if now - self._since > self._limits.linger_timeout / 1000:
                self._lingering.end()
        elif self._phase is _BODY:
            allowed = self._limits.body_timeout / 1000
            if now - self._since > allowed + self._received / self._limits.body_rate:
                self._give_up(refusals.too_slow("body", allowed))
        elif self._phase is _IDLE and self._answering is not None:
            if now - self._since > self._limits.keep_alive / 1000:
                self._lingering.end()
        else:
            allowed = self._limits.header_timeout / 1000
            if now - self._since > allowed:
                self._give_up(refusals.too_slow("header section", allowed))

    def give_way(self) -> None:
        """Close the connection for another one."""
        if self._phase is _DEAF or self._lingering.lingers:
            self._lingering.end()
        elif self._lingering.get_write_buffer_size():
            self._lingering.abort()
        else:
            self._give_up(refusals.gave_way())

    def _give_up(self, refusal: Refusal) -> None:
        """Refuse what has begun to arrive; a client that has sent nothing is told nothing."""
        if self._phase in {_HEAD, _BODY} and not self._lingering.lingers:
            self._refuse(refusal)
        self._lingering.end()

    def _is_servers_turn(self) -> bool:
        """It answers, or has stopped reading itself."""
        is_receiving = self._phase is _BODY and not self.pipeline
        return (self._is_answering() and not is_receiving) or (self.flow is not None and self.flow.read_paused)

    def _is_stuck(self, now: float) -> bool:
        seconds = self._unread.seconds(self._lingering.get_write_buffer_size(), now)
        if seconds > _STUCK:
            self._crowd.wait(self, self._unread.since)
        return self._unread.is_over(seconds)

    def _is_sending(self) -> bool:
        return self._phase not in {_IDLE, _COMPLETE}

    def _linger(self) -> None:
        self._phase = _DEAF
        self._since = self.loop.time()
        self._received = 0
        self.flow.resume_reading()
        self._crowd.wait(self, self._since)
