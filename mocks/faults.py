"""Faults and time: answers that come late, spoiled, or not at all; chance is seeded like all else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from random import Random
from typing import Any

from cierre.mocks.exchange import Reply
from cierre.mocks.operation import MockedOperation
from cierre.mocks.options import Options
from cierre.mocks.preferences import Preferences
from cierre.mocks.refusals import FAILED, RATE_LIMITED

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
# What `Prefer: fault=` can ask for.
FAULTS = ("error", "rate-limit", "drop", "truncate", "slow", "timeout")
_WINDOW = 60.0
_SLOW_PIECES = 10
_SLOW_PAUSE = 0.2
_NEVER = 3600.0


class Faults:
    """Decides what goes wrong, and how late an answer is."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._rng = Random(options.seed)
        self._seen: dict[str, tuple[float, int]] = {}
        self.quiet = not (
            options.delay or options.delays or options.error_rate or options.drop_rate or options.rate_limit
        )

    def replace(self, operation: MockedOperation, client: str, accept: str, wishes: Preferences) -> Reply | None:
        """The failure to answer with instead; None where none is due."""
        wait = self._over_limit(client)
        if wishes.fault == "rate-limit" or wait:
            seconds = str(max(1, int(wait or 30))).encode()
            return operation.refuse(RATE_LIMITED, "too many requests", accept, headers=[(b"retry-after", seconds)])
        if wishes.fault == "error" or (self._options.error_rate and self._rng.random() < self._options.error_rate):
            return operation.refuse(FAILED, "a fault was asked for", accept)
        return None

    def _over_limit(self, client: str) -> float:
        """Seconds until the client may come again; 0 where it may now."""
        if not self._options.rate_limit:
            return 0.0
        now = time.monotonic()
        begun, count = self._seen.get(client, (now, 0))
        if now - begun >= _WINDOW:
            begun, count = now, 0
        self._seen[client] = begun, count + 1
        return _WINDOW - (now - begun) if count >= self._options.rate_limit else 0.0

    def spoil(self, reply: Reply, operation: MockedOperation, wishes: Preferences) -> Reply:
        """The reply with its delay, and with a fault of the connection where one is due."""
        span = wishes.delay or self._delay_of(operation) or self._options.delay
        delay = self._rng.uniform(*span) if span else 0.0
        fault = wishes.fault if wishes.fault in {"drop", "truncate", "slow", "timeout"} else None
        if fault is None and self._options.drop_rate and self._rng.random() < self._options.drop_rate:
            fault = "drop"
        return reply._replace(delay=delay, fault=fault) if delay or fault else reply

    def _delay_of(self, operation: MockedOperation) -> tuple[float, float] | None:
        delays = self._options.delays
        if not delays:
            return None
        written = operation.operation
        return delays.get(operation.name) or delays.get(f"{written.method.upper()} {written.path}")


async def send_spoiled(send: Send, start: MutableMapping[str, Any], body: bytes, fault: str) -> None:
    """Send an answer in the way that the fault has it.

    Raises:
        ConnectionResetError: where the server in front gives no hold of its connection: it then closes it.
    """
    if fault == "timeout":
        await asyncio.sleep(_NEVER)
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
        raise ConnectionResetError("the mock drops this connection, as it was told to")
    transport.close()
