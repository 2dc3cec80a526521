"""Nodes and connections to the queue die under load: each closing's event arrives, in order for each user."""

import asyncio
import contextlib
import itertools
from urllib.parse import urlsplit

import httpx
import pytest

from cierre.services import build
from tests.cierre.events.conftest import KINDS, open_topic
from tests.support.proxy import TcpProxy
from tests.support.queues import through
from tests.support.running import ADMIN, LOGOUT, SUPERVISOR, USER, bearer, mint, select

USERS = (USER, SUPERVISOR, ADMIN)
KILLS = 20


async def close_one_after_the_other(nodes, sessions, closed, over):
    """Close the sessions of one user in order, each until a node has answered that it is closed."""
    async with httpx.AsyncClient(timeout=5) as client:
        for session, node in zip(sessions, itertools.cycle(nodes), strict=False):
            if over.is_set():
                return
            for url in itertools.cycle([node.url, *(one.url for one in nodes)]):
                with contextlib.suppress(httpx.HTTPError):
                    answer = await client.post(url + LOGOUT, headers=bearer(session.access))
                    if answer.status_code in {200, 404}:
                        break
                await asyncio.sleep(0.02)
            closed.append(session.session_id)


async def kill_again_and_again(nodes, proxy):
    """By turns a node and the connections to the queue, 20 times."""
    for number in range(KILLS):
        await asyncio.sleep(0.4)
        if number % 2:
            await proxy.stop()
            await asyncio.sleep(0.5)
            proxy.restart()
        else:
            node = nodes[number // 2 % len(nodes)]
            node.kill()
            await asyncio.to_thread(node.start)


@pytest.mark.long
@pytest.mark.parametrize("kind", list(KINDS))
async def test_each_closing_arrives_in_order_though_nodes_and_connections_die(serve, make_settings, postgres_url, kind):
    async with open_topic(kind) as topic:
        target = urlsplit(topic.url)
        async with TcpProxy(target.hostname, target.port) as proxy:
            options = ("--events", through(topic.url, proxy.port), "--events-topic", topic.name)
            nodes = [serve(postgres_url, *options) for _ in range(2)]
            services = build(make_settings(postgres_url))
            await services.database.open()
            try:
                minted = {user: await mint(services, 2_000, user) for user in USERS}
                closed = {user: [] for user in USERS}
                over = asyncio.Event()
                closing = [
                    asyncio.create_task(close_one_after_the_other(nodes, minted[user], closed[user], over))
                    for user in USERS
                ]
                await kill_again_and_again(nodes, proxy)
                over.set()
                await asyncio.gather(*closing)
                rows = await select(
                    services.database, "SELECT session_id FROM audit_events WHERE logout_type IS NOT NULL"
                )
            finally:
                await services.database.close()
            assert len(rows) > 100, "there was no load"
            events = await topic.wait_for(len(rows))
    first = list({one["id"]: one for one in events}.values())
    assert sorted(one["data"]["sessionId"] for one in first) == sorted(row["session_id"] for row in rows)
    for user in USERS:
        assert [one["data"]["sessionId"] for one in first if one["subject"] == user] == closed[user]
