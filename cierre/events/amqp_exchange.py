"""A topic exchange of AMQP 0-9-1, as RabbitMQ has it: an event's routing key is its type, as `session.closed`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import AMQPError

from cierre.events.cloudevents import MEDIA_TYPE, Event
from cierre.events.queues import PATIENCE, QueueAway, one_by_one


class AmqpExchange:
    """A durable exchange, and a durable queue of the same name with all of its events.

    Without that queue, what is sent before the first consumer has bound its own would be gone.

    Args:
        topic: the name of both.
    """

    def __init__(self, url: str, topic: str) -> None:
        self._url = url
        self._topic = topic
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None

    async def publish(self, events: Sequence[Event], done: Callable[[Event], None]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                exchange = await self._connected()
            async with asyncio.timeout(PATIENCE):
                await one_by_one(events, lambda event: _send(exchange, event), done)
        except (OSError, TimeoutError, RuntimeError, AMQPError) as failure:
            await self.close()
            raise QueueAway(f"AMQP: {failure!r}") from failure

    async def _connected(self) -> AbstractExchange:
        if self._exchange is not None and self._connection is not None and not self._connection.is_closed:
            return self._exchange
        await self.close()
        self._connection = await aio_pika.connect(self._url, timeout=PATIENCE)
        channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.declare_exchange(self._topic, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(self._topic, durable=True)
        await queue.bind(exchange, "#")
        self._exchange = exchange
        return exchange

    async def close(self) -> None:
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None:
            with suppress(OSError, TimeoutError, RuntimeError, AMQPError):
                await asyncio.wait_for(connection.close(), PATIENCE)


async def _send(exchange: AbstractExchange, event: Event) -> None:
    message = aio_pika.Message(
        event.body,
        message_id=event.id,
        type=event.type,
        content_type=MEDIA_TYPE,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    await exchange.publish(message, routing_key=event.type.removeprefix("cierre."), mandatory=True, timeout=PATIENCE)


def open_queue(url: str, topic: str) -> AmqpExchange:
    """As `queues.open_queue`."""
    return AmqpExchange(url, topic)
