"""A stream of Redis: each event is an entry with the field `event`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from redis.asyncio import Redis
from redis.exceptions import RedisError

from cierre.events.cloudevents import Event
from cierre.events.queues import PATIENCE, QueueAway

# Nothing else ever shortens a stream.
LENGTH = 1_000_000


class RedisStream:
    """A stream.

    Args:
        topic: the stream's key.
    """

    def __init__(self, url: str, topic: str) -> None:
        self._topic = topic
        self._redis = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)

    async def publish(self, events: Sequence[Event], done: Callable[[Event], None]) -> None:
        # Together or not at all: where memory ends in the middle, none of them is there.
        pipeline = self._redis.pipeline(transaction=True)
        for event in events:
            pipeline.xadd(self._topic, {"event": event.body}, maxlen=LENGTH, approximate=True)
        try:
            await pipeline.execute()
        except (OSError, RedisError) as failure:
            raise QueueAway(f"Redis: {failure}") from failure
        for event in events:
            done(event)

    async def close(self) -> None:
        await self._redis.aclose()


def open_queue(url: str, topic: str) -> RedisStream:
    """As `queues.open_queue`."""
    return RedisStream(url, topic)
