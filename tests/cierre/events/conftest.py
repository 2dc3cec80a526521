"""A topic of each message queue."""

import contextlib

import pytest

from tests.conftest import REDIS, missing
from tests.support.queues import AMQP, NATS, AmqpTopic, NatsTopic, RedisTopic

KINDS = {"redis": (RedisTopic, REDIS), "nats": (NatsTopic, NATS), "amqp": (AmqpTopic, AMQP)}


@contextlib.asynccontextmanager
async def open_topic(kind):
    make, url = KINDS[kind]
    topic = make(url)
    try:
        await topic.open()
    except Exception as failure:  # noqa: BLE001 - each client has its own
        missing(f"no {kind} at {url}: {failure!r}")
    yield topic
    await topic.close()


@pytest.fixture(params=list(KINDS))
async def topic(request):
    """A topic of each message queue, one after the other."""
    async with open_topic(request.param) as opened:
        yield opened


@pytest.fixture
async def redis_topic():
    async with open_topic("redis") as opened:
        yield opened
