"""Message queues as a consumer sees them: the real Redis, NATS and RabbitMQ, read by their own clients."""

import asyncio
import contextlib
import json
import os
import secrets
from urllib.parse import urlsplit, urlunsplit

import aio_pika
import nats
import redis.asyncio

NATS = os.environ.get("CIERRE_TEST_NATS", "nats://127.0.0.1:4222")
AMQP = os.environ.get("CIERRE_TEST_AMQP", "amqp://guest:guest@127.0.0.1:5672/")


def through(url, port):
    """The same URL, by a proxy on this machine."""
    parts = urlsplit(url)
    userinfo = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return urlunsplit(parts._replace(netloc=f"{userinfo}127.0.0.1:{port}"))


class Topic:
    """A topic of the test's own: `url`, `name`; `await events()` has all that arrived so far, in order."""

    def __init__(self, url):
        self.url = url
        self.name = f"test.{secrets.token_hex(6)}"

    async def wait_for(self, count, patience=60.0):
        """All events, once there are so many different ones."""
        found = []
        async with asyncio.timeout(patience):
            while len({one["id"] for one in found}) < count:
                await asyncio.sleep(0.02)
                found = await self.events()
        return found


class RedisTopic(Topic):
    async def open(self):
        self._client = redis.asyncio.Redis.from_url(self.url)
        await self._client.ping()

    async def events(self):
        return [json.loads(entry[b"event"]) for _, entry in await self._client.xrange(self.name)]

    async def close(self):
        await self._client.delete(self.name)
        await self._client.aclose()


class NatsTopic(Topic):
    async def open(self):
        self._seen = []
        self._client = await nats.connect(self.url, connect_timeout=2, allow_reconnect=False)
        self._stream = self._client.jetstream()
        self._stream_name = self.name.replace(".", "_").upper()
        self._subscription = None

    async def events(self):
        if self._subscription is None:
            try:
                self._subscription = await self._stream.subscribe(f"{self.name}.>", ordered_consumer=True)
            except nats.js.errors.NotFoundError:
                return []
        while True:
            try:
                message = await self._subscription.next_msg(timeout=0.1)
            except nats.errors.TimeoutError:
                return list(self._seen)
            event = json.loads(message.data)
            assert message.subject == f"{self.name}.{event['type'].removeprefix('cierre.')}"
            self._seen.append(event)

    async def close(self):
        with contextlib.suppress(nats.js.errors.NotFoundError):
            await self._stream.delete_stream(self._stream_name)
        await self._client.close()


class AmqpTopic(Topic):
    async def open(self):
        self._seen = []
        self._connection = await aio_pika.connect(self.url, timeout=2)
        self._channel = await self._connection.channel()
        self._queue = await self._channel.declare_queue(self.name, durable=True)

    async def events(self):
        while (message := await self._queue.get(fail=False, no_ack=True)) is not None:
            event = json.loads(message.body)
            assert message.routing_key == event["type"].removeprefix("cierre.")
            assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
            self._seen.append(event)
        return list(self._seen)

    async def close(self):
        await self._queue.delete(if_unused=False, if_empty=False)
        await self._channel.exchange_delete(self.name)
        await self._connection.close()
