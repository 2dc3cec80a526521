"""What happens is told to a message queue: in its own transaction, at least once, in order for each user."""

import asyncio
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
import yaml
from click.testing import CliRunner

from cierre.cli.sessions import command as sessions_command
from cierre.errors import ServiceUnavailable
from cierre.events.cloudevents import event
from cierre.events.queues import open_queue, queue_url
from cierre.node.relay import Relay
from cierre.node.signals import Signals
from cierre.node.sweeper import Sweeper
from cierre.settings import DAY
from cierre.storage.repositories import leases, outbox
from cierre.storage.statements import EventConsumers
from tests.cierre.node.test_sweeper import free_the_lease
from tests.support.paths import ROOT
from tests.support.proxy import TcpProxy
from tests.support.queues import through
from tests.support.running import ADMIN, EMAIL, USER

DOCUMENT = yaml.safe_load((ROOT / "openapi" / "events" / "asyncapi.yaml").read_text(encoding="utf-8"))
MESSAGES = {message["name"]: message for message in DOCUMENT["components"]["messages"].values()}


def validator(kind):
    schema = {"components": DOCUMENT["components"], **MESSAGES[kind]["payload"]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


VALIDATORS = {kind: validator(kind) for kind in MESSAGES}


def checked(events):
    """As a consumer takes them: each by its schema, repeats dropped by their id."""
    for one in events:
        VALIDATORS[one["type"]].validate(one)
        assert one["source"] == "http://cierre.test"
    return list({one["id"]: one for one in events}.values())


def values_of(events, *names):
    return [(one["type"].removeprefix("cierre."), *(one["data"].get(name) for name in names)) for one in events]


@pytest.fixture
async def telling(start_service, database_url, topic):
    """The service, which tells a message queue."""
    return await start_service(database_url, events_url=topic.url, events_topic=topic.name)


async def waiting(service):
    return await service.rows("SELECT * FROM outbox ORDER BY seq")


async def test_without_traces_the_outbox_keeps_no_trace_of_the_client(start_service, database_url):
    service = await start_service(database_url, events_url="redis://127.0.0.1:1", events_topic="x")
    (session,) = await service.mint()
    await service.logout(session.access, traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    rows = await waiting(service)
    assert [row["traceparent"] for row in rows] == [None]
    assert b"traceparent" not in event(rows[0], source="http://cierre.test").body


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_an_example_is_as_its_schema_says(kind):
    assert MESSAGES[kind]["examples"]
    for example in MESSAGES[kind]["examples"]:
        VALIDATORS[kind].validate(example["payload"])


async def test_openings_closings_refusals_and_replays_arrive_in_order(telling, topic):
    first = await telling.login(deviceId="my-laptop")
    await telling.logout(first["accessToken"])
    for _ in range(2):
        wrong = {"username": EMAIL[USER], "password": "wrong"}
        await telling.client.post("/api/v1/auth/login", json=wrong)
        await telling.services.refusals.write(everything=True)
    second = await telling.login()
    tokens = [second["refreshToken"]]
    for _ in range(2):
        answer = await telling.client.post("/api/v1/auth/refresh", json={"refreshToken": tokens[-1]})
        tokens.append(answer.json()["data"]["refreshToken"])
    assert (await telling.client.post("/api/v1/auth/refresh", json={"refreshToken": tokens[0]})).status_code == 401

    events = checked(await topic.wait_for(7))
    refused = [one for one in events if one["type"] == "cierre.access.refused"]
    assert sum(one["data"]["attempts"] for one in refused) == 2
    assert {one["data"]["userId"] for one in refused} == {USER}
    assert values_of([one for one in events if one not in refused], "sessionId", "event") == [
        ("session.opened", first["sessionId"], "login"),
        ("session.closed", first["sessionId"], "user_logout"),
        ("session.opened", second["sessionId"], "login"),
        ("session.closed", second["sessionId"], "security_logout"),
        ("refresh.reused", second["sessionId"], "refresh_reuse"),
    ]
    assert events[1]["data"]["deviceId"] == "my-laptop"
    assert events[1]["data"]["sessionDuration"] >= 0


async def test_closing_all_tells_each_session_and_the_act_ties_them(telling, topic):
    minted = await telling.mint(3)
    assert (await telling.logout(minted[0].access, {"logoutAll": True})).status_code == 200
    events = checked(await topic.wait_for(3))
    assert {one["data"]["sessionId"] for one in events} == {one.session_id for one in minted}
    assert {one["data"]["sessionsClosed"] for one in events} == {3}
    assert len({one["data"]["traceId"] for one in events}) == 1
    async with asyncio.timeout(5):
        while await waiting(telling):  # noqa: ASYNC110 - the relay tells nobody
            await asyncio.sleep(0.01)


async def test_a_closing_that_closes_nothing_tells_nothing(telling, topic):
    (session,) = await telling.mint()
    for _ in range(3):
        await telling.logout(session.access)
    await telling.login()
    assert len(checked(await topic.wait_for(2))) == 2


async def test_without_a_queue_nothing_is_written(service):
    data = await service.login()
    await service.logout(data["accessToken"])
    await service.client.post("/api/v1/auth/login", json={"username": EMAIL[USER], "password": "wrong"})
    await service.services.refusals.write(everything=True)
    assert await waiting(service) == []


async def test_what_a_command_closes_is_told_as_well(telling, topic, database_url):
    await telling.mint(2)
    done = await asyncio.to_thread(
        CliRunner().invoke,
        sessions_command,
        ["close", EMAIL[USER], "--database-url", database_url],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    events = checked(await topic.wait_for(2))
    assert {one["data"]["actor"]["type"] for one in events} == {"operator"}


async def test_closing_everyone_is_told_at_once_and_then_session_by_session(telling, topic, database_url):
    await telling.mint(2)
    await telling.mint(1, ADMIN)
    done = await asyncio.to_thread(
        CliRunner().invoke,
        sessions_command,
        ["close", "--everyone", "--yes", "--reason", "a leak", "--database-url", database_url],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    events = checked(await topic.wait_for(4))
    assert values_of(events[:1], "reason") == [("everyone.closed", "a leak")]
    assert [kind for (kind,) in values_of(events[1:])] == ["session.closed"] * 3


async def test_a_queue_that_is_away_gets_all_once_it_is_back(start_service, database_url, topic):
    target = urlsplit(topic.url)
    async with TcpProxy(target.hostname, target.port) as proxy:
        url = through(topic.url, proxy.port)
        service = await start_service(database_url, events_url=url, events_topic=topic.name)
        minted = await service.mint(30)
        await service.logout(minted[0].access)
        await topic.wait_for(1)
        await proxy.stop()
        for one in minted[1:]:
            assert (await service.logout(one.access)).status_code == 200
        assert len(await waiting(service)) >= 29
        proxy.restart()
        events = checked(await topic.wait_for(30))
    assert [one["data"]["sessionId"] for one in events] == [one.session_id for one in minted]


async def test_the_depth_and_the_age_of_what_waits_are_measured(start_service, database_url):
    service = await start_service(database_url, events_url="redis://127.0.0.1:1")
    metrics = service.services.metrics.registry
    (session,) = await service.mint()
    await service.logout(session.access)
    relay = Relay(service.services, open_queue("redis://127.0.0.1:1", "x"))
    async with asyncio.timeout(10):
        while not metrics.get_sample_value("cierre_outbox_age_seconds"):
            await asyncio.sleep(0.02)
            await relay.measure()
    assert metrics.get_sample_value("cierre_outbox_depth") == 1
    async with asyncio.timeout(10):
        while not metrics.get_sample_value("cierre_events_published_total", {"outcome": "failed"}):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


class Forgetful:
    """A queue that loses its connection after some events, before it could acknowledge the last of them."""

    def __init__(self, fails_after):
        self.got = []
        self._left = fails_after

    async def publish(self, events, done):
        for one in events:
            self.got.append(one)
            if not self._left:
                self._left = -1
                from cierre.events.queues import QueueAway

                raise QueueAway("gone")
            self._left -= 1
            done(one)

    async def close(self):
        pass


async def test_what_was_acknowledged_goes_and_the_rest_is_sent_again(start_service, database_url):
    service = await start_service(database_url, events_url="redis://127.0.0.1:1")
    await free_the_lease(service, "relay")
    minted = await service.mint(5)
    for one in minted:
        await service.logout(one.access)
    queue = Forgetful(2)
    relay = Relay(service.services, queue)
    await free_the_lease(service, "relay")
    with pytest.raises(ServiceUnavailable):
        await relay.relay()
    assert [row["session_id"] for row in await waiting(service)] == [one.session_id for one in minted[2:]]
    await relay.relay()
    ids = [one.id for one in queue.got]
    assert ids == [*ids[:3], ids[2], *ids[4:]]
    assert len(set(ids)) == 5
    assert await waiting(service) == []


async def test_one_node_at_a_time_tells(start_service, database_url, redis_topic):
    service = await start_service(database_url, events_url=redis_topic.url, events_topic=redis_topic.name)
    queue = Forgetful(100)
    (session,) = await service.mint()
    await service.logout(session.access)
    await Relay(service.services, queue).relay()
    assert len(await redis_topic.wait_for(1)) == 1
    assert queue.got == []


async def test_a_node_that_stops_gives_the_lease_to_the_next(service):
    relay = Relay(service.services, Forgetful(100))
    await relay.relay()
    await relay.stop()
    async with service.services.database.connect() as tx:
        assert await leases.acquire(tx, outbox.QUEUE_LEASE, holder="another", until=tx.now + 1000)


async def test_an_event_that_nobody_took_in_time_is_deleted(start_service, database_url):
    service = await start_service(database_url, events_url="redis://127.0.0.1:1", events_retention=7 * DAY)
    old, new = await service.mint(2)
    for one in (old, new):
        await service.logout(one.access)
    async with service.services.database.connect() as tx:
        assert await outbox.purge(tx, before=tx.now - DAY, limit=1) == 0
        first = (await outbox.oldest(tx, "queue", limit=1))[0]
        assert await outbox.purge(tx, before=first["time"] + 1, limit=1) == 1
    assert [row["session_id"] for row in await waiting(service)] == [new.session_id]
    assert "outbox" in Sweeper(service.services)._purges()


@pytest.fixture
async def undecided(start_service, database_url, monkeypatch):
    """A service that does not find out by itself whether anybody gets events: the test says it."""

    async def look(_):
        pass

    monkeypatch.setattr(Signals, "look", look)
    return await start_service(database_url)


async def test_a_row_waits_for_both_who_wait_for_it(undecided):
    service = undecided
    service.services.database.consumers = EventConsumers(queue=True, signals=True)
    (session,) = await service.mint()
    await service.logout(session.access)
    async with service.services.database.connect() as tx:
        (row,) = await outbox.oldest(tx, "queue", limit=9)
        await outbox.acknowledge(tx, "queue", [row["seq"]])
        assert not await outbox.oldest(tx, "queue", limit=9)
        assert len(await outbox.oldest(tx, "signals", limit=9)) == 1
        await outbox.acknowledge(tx, "signals", [row["seq"]])
    assert await waiting(service) == []


async def test_an_event_has_no_address_and_no_user_agent(undecided):
    service = undecided
    service.services.database.consumers = EventConsumers(queue=True, signals=False)
    await service.login()
    async with service.services.database.connect() as tx:
        (row,) = await outbox.oldest(tx, "queue", limit=9)
    body = event(row, source="http://cierre.test").body.decode()
    assert "127.0.0.1" not in body
    assert "httpx" not in body


@pytest.mark.parametrize(
    "url", ["kafka://localhost:9092", "http://localhost", "redis://", "nats:/localhost", "localhost:4222"]
)
def test_a_url_of_no_queue_is_refused_with_what_to_write(url):
    with pytest.raises(ValueError, match="is no message queue: write redis://"):
        queue_url(url)


def test_a_password_is_not_in_the_refusal():
    with pytest.raises(ValueError, match=r"\*\*\*") as refused:
        queue_url("kafka://me:hunter2@localhost")
    assert "hunter2" not in str(refused.value)
