"""Message queues: which one a URL names, and how events go there in the order that is promised."""

from __future__ import annotations

import asyncio
import importlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from cierre.events.cloudevents import Event
from cierre.masking import without_password

# Seconds: for a connection, and for the acknowledgement of what was sent.
PATIENCE = 3.0

_MODULES = {
    "redis": "redis_stream",
    "rediss": "redis_stream",
    "nats": "nats_stream",
    "tls": "nats_stream",
    "amqp": "amqp_exchange",
    "amqps": "amqp_exchange",
}
_SYSTEMS = {"redis_stream": "redis", "nats_stream": "nats", "amqp_exchange": "rabbitmq"}
_OFFERED = "redis://host:6379, nats://host:4222 or amqp://user:password@host:5672"


class QueueAway(Exception):
    """The message queue is not there, or did not acknowledge what it was sent; its cause is the client's own error."""


class Queue(Protocol):
    """A message queue; it connects at the first use, and again after a failure."""

    async def publish(self, events: Sequence[Event], done: Callable[[Event], None]) -> None:
        """Send events: those of one user one after the other, each once the one before is acknowledged.

        Args:
            events: in their order.
            done: called with each event that the queue has acknowledged.

        Raises:
            QueueAway: not all were acknowledged.
        """
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


def queue_url(text: str) -> str:
    """The URL of a message queue that events can be sent to. A message shows it without its password.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(text)
    if parts.scheme not in _MODULES or not parts.hostname:
        raise ValueError(f"{without_password(text)!r} is no message queue: write {_OFFERED}")
    # A port that is none is found out by looking.
    _ = parts.port
    return text


def system_of(url: str) -> str:
    """The message queue of a URL, as OpenTelemetry names it in `messaging.system`."""
    return _SYSTEMS[_MODULES[urlsplit(url).scheme]]


def open_queue(url: str, topic: str) -> Queue:
    """The queue of a URL, not yet connected.

    Args:
        url: as `queue_url` returned it.
        topic: the stream (Redis), the beginning of the subjects (NATS), or the exchange (AMQP).

    Raises:
        ModuleNotFoundError: its client is not installed.
    """
    module = importlib.import_module(f"cierre.events.{_MODULES[urlsplit(url).scheme]}")
    queue: Queue = module.open_queue(url, topic)
    return queue


async def one_by_one(
    events: Sequence[Event], send: Callable[[Event], Awaitable[object]], done: Callable[[Event], None]
) -> None:
    """Send events: those of a user one after the other, those of different users side by side.

    The first one of a user that fails holds back the user's others, and nobody else's.

    Args:
        send: returns once the queue has acknowledged the event.
        done: called with each that it has acknowledged.

    Raises:
        Exception: the first failure, after all that could be sent was sent.
    """
    by_user: dict[str | None, list[Event]] = defaultdict(list)
    for event in events:
        by_user[event.user_id].append(event)

    async def chain(of_user: list[Event]) -> None:
        for event in of_user:
            await send(event)
            done(event)

    results = await asyncio.gather(*map(chain, by_user.values()), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
