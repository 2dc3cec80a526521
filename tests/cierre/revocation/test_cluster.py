"""Several nodes on one database: what one closes the others refuse, whatever happens to any of them."""

import asyncio
import contextlib
import random

import asyncpg
import httpx
import pytest

from benchmarks import propagation
from cierre.services import build
from cierre.storage.repositories import users
from cierre.tokens.opaque import new_id
from cierre.verifier import Verifier
from tests.support.running import LOGOUT, bearer, mint, select

USE = "/api/v1/auth/sessions"


@pytest.fixture
async def inside(make_settings):
    """`await inside(url)`: the services of a node that doesn't serve, to mint and to look with."""
    opened = []

    async def open_(url):
        services = build(make_settings(url))
        await services.database.open()
        opened.append(services)
        return services

    yield open_
    for services in opened:
        await services.database.close()


async def many_users(services, count):
    ids = [new_id() for _ in range(count)]
    async with services.database.connect() as tx:
        for user_id in ids:
            await users.add(
                tx,
                user_id=user_id,
                email=f"{user_id}@ejemplo.com",
                password_hash="!",
                role="EMPLEADO",
                tokenable_id=None,
            )
    return ids


@contextlib.asynccontextmanager
async def resource_server(node, url, **more):
    jwks = f"{node.url}/.well-known/jwks.json"
    async with Verifier(issuer="http://cierre.test", revocations=url, jwks_url=jwks, **more) as verifier:
        yield verifier


@contextlib.asynccontextmanager
async def muted(url):
    """No notification of this database is sent, though everybody believes so."""
    name = url.rpartition("/")[2]
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE SCHEMA mute")
        await connection.execute("CREATE FUNCTION mute.pg_notify(text, text) RETURNS void LANGUAGE sql AS ''")
        await connection.execute(f"ALTER DATABASE {name} SET search_path = mute, pg_catalog, public")
        yield
    finally:
        await connection.execute(f"ALTER DATABASE {name} RESET search_path")
        await connection.execute("DROP SCHEMA mute CASCADE")
        await connection.close()


async def test_a_logout_on_one_node_is_refused_by_the_others_long_before_they_poll(serve, inside, postgres_url):
    """How soon, `python -m benchmarks.propagation` measures."""
    a, b = serve(postgres_url), serve(postgres_url)
    services = await inside(postgres_url)
    sessions = [session for user_id in await many_users(services, 50) for session in await mint(services, 4, user_id)]
    async with resource_server(a, postgres_url, poll_interval=3_600_000, max_age=3600) as verifier:
        delays = await propagation.measure(a.url, b.url, sessions, verifier)
    assert len(delays.node) == len(delays.resource_server) == 200


async def test_with_notifications_cut_the_poll_is_the_bound(serve, inside, postgres_url):
    sessions = await mint(await inside(postgres_url), 20)
    async with muted(postgres_url):
        a, b = serve(postgres_url), serve(postgres_url)
        async with resource_server(a, postgres_url, poll_interval=500) as verifier:
            delays = await propagation.measure(a.url, b.url, sessions, verifier)
    assert max(delays.resource_server) > 0.1, "nobody was woken"
    assert max(delays.resource_server) < 0.5 + 5


async def test_a_node_that_was_killed_refuses_at_once_what_was_closed_meanwhile(serve, inside, database_url):
    a, b = serve(database_url), serve(database_url)
    sessions = await mint(await inside(database_url), 6)
    async with httpx.AsyncClient() as client:
        for session in sessions:
            assert (await client.get(b.url + USE, headers=bearer(session.access))).status_code == 200
        b.kill()
        for session in sessions[:5]:
            assert (await client.post(a.url + LOGOUT, headers=bearer(session.access))).status_code == 200
        b.start()
        for session in sessions[:5]:
            assert (await client.get(b.url + USE, headers=bearer(session.access))).status_code == 401
        assert (await client.get(b.url + USE, headers=bearer(sessions[5].access))).status_code == 200


async def test_a_node_that_was_paused_refuses_at_once_what_was_closed_meanwhile(serve, inside, database_url):
    a, b = serve(database_url), serve(database_url)
    one, other = await mint(await inside(database_url), 2)
    async with httpx.AsyncClient() as client:
        b.pause()
        assert (await client.post(a.url + LOGOUT, headers=bearer(one.access))).status_code == 200
        b.resume()
        assert (await client.get(b.url + USE, headers=bearer(one.access))).status_code == 401
        assert (await client.get(b.url + USE, headers=bearer(other.access))).status_code == 200


async def test_workers_of_one_node_refuse_what_another_of_them_closed(serve, inside, database_url):
    node = serve(database_url, "--workers", "2")
    sessions = await mint(await inside(database_url), 20)
    for session in sessions:
        # A connection of its own for each request: any worker may get it.
        async with httpx.AsyncClient() as client:
            assert (await client.post(node.url + LOGOUT, headers=bearer(session.access))).status_code == 200
        async with httpx.AsyncClient() as client:
            assert (await client.get(node.url + USE, headers=bearer(session.access))).status_code == 401


@pytest.mark.parametrize("rounds", [5, pytest.param(20, marks=pytest.mark.long)])
async def test_a_killed_node_leaves_nothing_half_done(serve, inside, database_url, rounds):
    services = await inside(database_url)
    node = serve(database_url)
    succeeded, tried = set(), set()
    for _ in range(rounds):
        sessions = await mint(services, 200)
        killed = asyncio.Event()
        load = asyncio.create_task(_log_out(node.url, sessions, succeeded, tried, killed))
        enough = len(succeeded) + random.randint(1, 60)
        while len(succeeded) < enough and not load.done():  # noqa: ASYNC110 - a set has no event
            await asyncio.sleep(0.001)
        node.kill()
        killed.set()
        await load
        node.start()
    rows = await select(
        services.database,
        "SELECT s.id, s.closed_at, s.status,"
        " (SELECT count(*) FROM audit_events a WHERE a.session_id = s.id AND a.logout_type IS NOT NULL) AS audited,"
        " (SELECT count(*) FROM revocations r WHERE r.session_id = s.id) AS revoked FROM sessions s",
    )
    closed = {row["id"] for row in rows if row["closed_at"] is not None}
    assert len(succeeded) >= rounds, "there was load"
    assert len(tried) > len(succeeded), "the kills cut something short"
    assert succeeded <= closed <= tried
    for row in rows:
        whole = (1, 1, "closed") if row["id"] in closed else (0, 0, "active")
        assert (row["audited"], row["revoked"], row["status"]) == whole


async def _log_out(url, sessions, succeeded, tried, killed):
    waiting = list(sessions)

    async def client():
        async with httpx.AsyncClient() as http:
            while waiting and not killed.is_set():
                session = waiting.pop()
                tried.add(session.session_id)
                with contextlib.suppress(httpx.HTTPError):
                    if (await http.post(url + LOGOUT, headers=bearer(session.access))).status_code == 200:
                        succeeded.add(session.session_id)

    await asyncio.gather(*[client() for _ in range(8)])
