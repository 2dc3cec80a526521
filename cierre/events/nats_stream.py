"""JetStream of NATS: an event's subject is the topic and the event's type, such as `cierre.events.session.closed`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from nats.aio.client import Client
from nats.errors import Error
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from cierre.events.cloudevents import MEDIA_TYPE, Event
from cierre.events.queues import PATIENCE, QueueAway, one_by_one


class NatsStream:
    """A stream, which is made where no stream has the subjects yet.

    Args:
        topic: what the subjects begin with.
    """

    def __init__(self, url: str, topic: str) -> None:
        self._url = url
        self._topic = topic
        self._client: Client | None = None
        self._stream: JetStreamContext | None = None

    async def publish(self, events: Sequence[Event], done: Callable[[Event], None]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                stream = await self._connected()
            async with asyncio.timeout(PATIENCE):
                await one_by_one(events, lambda event: self._send(stream, event), done)
        except (OSError, TimeoutError, Error) as failure:
            await self.close()
            raise QueueAway(f"NATS: {failure!r}") from failure

    async def _send(self, stream: JetStreamContext, event: Event) -> None:
        # JetStream drops repeats by this header, within its own window.
        headers = {"Nats-Msg-Id": event.id, "Content-Type": MEDIA_TYPE}
        subject = f"{self._topic}.{event.type.removeprefix('cierre.')}"
        await stream.publish(subject, event.body, timeout=PATIENCE, headers=headers)

    async def _connected(self) -> JetStreamContext:
        if self._stream is not None and self._client is not None and self._client.is_connected:
            return self._stream
        await self.close()
        # Before it connects: a connection that fails in the middle is closed, too.
        self._client = client = Client()
        await client.connect(self._url, allow_reconnect=False, connect_timeout=int(PATIENCE), error_cb=_ignore)
        stream = client.jetstream(timeout=PATIENCE)
        subjects = f"{self._topic}.>"
        try:
            await stream.find_stream_name_by_subject(subjects)
        except NotFoundError:
            await stream.add_stream(name=self._topic.replace(".", "_").upper(), subjects=[subjects])
        self._stream = stream
        return stream

    async def close(self) -> None:
        client, self._client, self._stream = self._client, None, None
        if client is not None:
            with suppress(OSError, TimeoutError, Error):
                await client.close()


async def _ignore(_failure: Exception) -> None:
    """What fails here fails where it is waited for, too."""


def open_queue(url: str, topic: str) -> NatsStream:
    """As `queues.open_queue`."""
    return NatsStream(url, topic)
