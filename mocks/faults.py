"""Delays and faults: replies that are late, fail, or are not sent at all. The same seed gives the same faults."""

from __future__ import annotations

import asyncio
import time
from collections.abc import MutableMapping
from random import Random
from typing import Any

from cierre.mocks.answering.operation import MockedOperation
from cierre.mocks.answering.refusals import INTERNAL_ERROR, RATE_LIMITED
from cierre.mocks.messages import MockReply, Send
from cierre.mocks.options import MockOptions
from cierre.mocks.preferences import Preferences

_WINDOW = 60.0
_SLOW_PIECES = 10
_SLOW_PAUSE = 0.2
_TIMEOUT = 3600.0


class Faults:
    """Decides which replies fail, and how late they are.

    Attributes:
        configured: the options have a delay, a rate or a limit; otherwise only preferences can ask for faults.
    """

    def __init__(self, options: MockOptions) -> None:
        self._options = options
        self._rng = Random(options.seed)
        self._seen: dict[str, tuple[float, int]] = {}
        self.configured = bool(
            options.delay or options.delays or options.error_rate or options.drop_rate or options.rate_limit
        )

    def refuse(
        self, operation: MockedOperation, client: str, accept: str, preferences: Preferences
    ) -> MockReply | None:
        """The failure to send instead of the operation's reply; None where there is none.

        Args:
            operation: of the request; its documented failures are used.
            client: address that the request came from, for the rate limit.
            accept: the request's Accept field.
            preferences: of the request.
        """
        wait = self._seconds_to_wait(client)
        if preferences.fault == "rate-limit" or wait:
            seconds = str(max(1, int(wait or 30))).encode()
            return operation.refuse(RATE_LIMITED, "too many requests", accept, headers=[(b"retry-after", seconds)])
        if preferences.fault == "error" or (self._options.error_rate and self._rng.random() < self._options.error_rate):
            return operation.refuse(INTERNAL_ERROR, "a fault was asked for", accept)
        return None

    def _seconds_to_wait(self, client: str) -> float:
        """Seconds until the client's next minute begins; 0 while it is below the rate limit."""
        if not self._options.rate_limit:
            return 0.0
        now = time.monotonic()
        begun, count = self._seen.get(client, (now, 0))
        if now - begun >= _WINDOW:
            begun, count = now, 0
        self._seen[client] = begun, count + 1
        return _WINDOW - (now - begun) if count >= self._options.rate_limit else 0.0

    def apply(self, reply: MockReply, operation: MockedOperation, preferences: Preferences) -> MockReply:
        """The reply with its delay, and with a fault of the connection where the options or preferences have one.

        Args:
            reply: of the operation.
            operation: of the request, for its own delay.
            preferences: of the request; they go before the options.
        """
        span = preferences.delay or self._delay_of(operation) or self._options.delay
        delay = self._rng.uniform(*span) if span else 0.0
        fault = preferences.fault if preferences.fault in {"drop", "truncate", "slow", "timeout"} else None
        if fault is None and self._options.drop_rate and self._rng.random() < self._options.drop_rate:
            fault = "drop"
        return reply._replace(delay=delay, fault=fault) if delay or fault else reply

    def _delay_of(self, operation: MockedOperation) -> tuple[float, float] | None:
        delays = self._options.delays
        if not delays:
            return None
        documented = operation.operation
        return delays.get(operation.name) or delays.get(f"{documented.method.upper()} {documented.path}")


async def send_with_fault(send: Send, start: MutableMapping[str, Any], body: bytes, fault: str) -> None:
    """Send a reply over a connection that fails.

    Args:
        send: of ASGI.
        start: the message `http.response.start`.
        body: of the reply.
        fault: `drop` closes the connection at once, `truncate` in the middle of the body, `slow` sends the body in
            pieces over two seconds, `timeout` sends nothing for an hour.

    Raises:
        ConnectionResetError: the ASGI server gives no access to its connection; it closes it at this error.
    """
    if fault == "timeout":
        await asyncio.sleep(_TIMEOUT)
    if fault == "drop":
        _close(send)
        return
    await send(start)
    if fault == "truncate":
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        _close(send)
        return
    size = max(1, len(body) // _SLOW_PIECES)
    for begin in range(0, len(body), size):
        await send({"type": "http.response.body", "body": body[begin : begin + size], "more_body": True})
        await asyncio.sleep(_SLOW_PAUSE)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _close(send: Send) -> None:
    # uvicorn's `send` is a method of its cycle, which holds the transport.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the mock drops this connection: fault=drop or --drop-rate")
    transport.close()
