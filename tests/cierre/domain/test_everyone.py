"""`cierre sessions close --everyone`: all sessions of all users are closed with one row, at once, everywhere."""

import asyncio

import pytest
from click.testing import CliRunner

from cierre.cli.sessions import command
from cierre.domain import closing
from cierre.principal import Actor, Caller
from cierre.revocation.denylist import Denylist
from cierre.verifier.issuer_keys import IssuerKeys
from cierre.verifier.sources import open_source
from tests.support.contexts import context
from tests.support.running import ADMIN, EMAIL, SUPERVISOR, USER, bearer

OPERATOR = Caller(None, "cierre", "00000000-0000-4000-8000-000000000001", Actor("operator", "ana"))


async def close_everyone(service):
    async with context(service.services, caller=OPERATOR) as now:
        await closing.close_everyone(now, "incident")


async def finish(service):
    async with context(service.services) as now:
        return await closing.finish_everyone(now, batch=2)


@pytest.fixture
async def nodes(start_service, database_url, monkeypatch):
    """Two nodes whose own sweepers leave it to the test to finish."""
    monkeypatch.setattr("cierre.node.lifecycle.Sweeper.sweep", lambda _: asyncio.sleep(0))
    return [await start_service(database_url) for _ in range(2)]


async def test_every_token_of_every_user_is_dead_at_once_on_every_node(nodes):
    here, _there = nodes
    minted = [*await here.mint(3), *await here.mint(2, ADMIN), *await here.mint(1, SUPERVISOR)]
    opaque = await here.login(tokenFormat="opaque")
    await close_everyone(here)
    for node in nodes:
        for session in minted:
            assert (await node.sessions(session.access)).status_code == 401
            again = await node.client.post("/api/v1/auth/refresh", json={"refreshToken": session.refresh})
            assert again.status_code == 401
        assert (await node.sessions(opaque["accessToken"])).status_code == 401
        form = {"token": minted[0].access, "client_id": "demo-resource", "client_secret": "cierre-demo"}
        asked = await node.client.post("/oauth2/introspect", data=form)
        assert asked.json() == {"active": False}
    assert len(await here.rows("SELECT * FROM revocations")) == 1


async def test_the_database_decides_whatever_a_node_remembers(nodes):
    here, there = nodes
    (session,) = await here.mint()
    await close_everyone(here)
    there.services.denylist._users.clear()
    assert (await there.sessions(session.access)).status_code == 401


async def test_a_session_that_begins_afterwards_lives(nodes):
    here, there = nodes
    await here.mint(2)
    await close_everyone(here)
    data = await there.login()
    for node in nodes:
        assert [one["sessionId"] for one in (await node.sessions(data["accessToken"])).json()["data"]["sessions"]] == [
            data["sessionId"]
        ]
    renewed = await here.client.post("/api/v1/auth/refresh", json={"refreshToken": data["refreshToken"]})
    assert renewed.status_code == 200
    assert await finish(here) == 2
    assert (await there.sessions(renewed.json()["data"]["accessToken"])).status_code == 200
    assert (await here.logout(data["accessToken"], {"logoutAll": True})).status_code == 200
    assert (await there.sessions(renewed.json()["data"]["accessToken"])).status_code == 401


async def test_a_logout_afterwards_is_a_second_one(nodes):
    here, _ = nodes
    (session,) = await here.mint()
    await close_everyone(here)
    (row,) = await here.rows("SELECT closed_at FROM everyone")
    answer = await here.logout(session.access)
    assert answer.status_code == 404
    assert answer.json()["details"]["sessionStatus"] == "already_closed"
    data = await here.login()
    shown = await here.client.get(f"/api/v1/auth/sessions/{session.session_id}", headers=bearer(data["accessToken"]))
    assert shown.json()["data"]["session"]["logoutReason"] == "admin_logout"
    await finish(here)
    (closed,) = await here.rows("SELECT closed_at FROM sessions WHERE id = :id", id=session.session_id)
    assert closed == row


async def test_the_trail_has_one_row_of_the_act_and_one_of_each_session(nodes):
    here, _ = nodes
    minted = [*await here.mint(3), *await here.mint(2, ADMIN)]
    await close_everyone(here)
    (act,) = await here.trail()
    assert (act["event"], act["actor_type"], act["actor_id"], act["reason"]) == (
        "everyone_logout",
        "operator",
        "ana",
        "incident",
    )
    assert await here.audit() == []
    assert await finish(here) == 5
    rows = await here.audit()
    assert {row["session_id"] for row in rows} == {one.session_id for one in minted}
    assert {(row["event"], row["actor_id"], row["reason"], row["trace_id"]) for row in rows} == {
        ("admin_logout", "ana", "incident", act["trace_id"])
    }
    assert len(await here.rows("SELECT * FROM revocations")) == 1, "finishing revokes nothing again"
    assert await finish(here) == 0


async def test_a_second_time_closes_what_began_since(nodes):
    here, there = nodes
    await close_everyone(here)
    (session,) = await here.mint()
    assert (await there.sessions(session.access)).status_code == 200
    await close_everyone(there)
    assert (await here.sessions(session.access)).status_code == 401


async def test_the_sweeper_finishes_what_the_command_left(start_service, database_url):
    service = await start_service(database_url, sweep_interval=200)
    (session,) = await service.mint()
    await close_everyone(service)
    async with asyncio.timeout(60):
        while not (rows := await service.audit()):  # noqa: ASYNC110 - a task of the node writes them
            await asyncio.sleep(0.05)
    assert [row["session_id"] for row in rows] == [session.session_id]


def run(*arguments, **more):
    return CliRunner().invoke(command, ["close", *arguments], **more)


async def test_the_command_asks_and_names_the_operator(nodes, database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("CIERRE_OPERATOR", "ana")
    here, _there = nodes
    (session,) = await here.mint()
    where = ("--database-url", database_url, "--data-dir", str(tmp_path))
    refused = await asyncio.to_thread(run, "--everyone", *where, input="n\n")
    assert refused.exit_code == 1
    assert (await here.sessions(session.access)).status_code == 200
    done = await asyncio.to_thread(run, "--everyone", "--yes", "--reason", "incident", *where)
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "1 session closed")
    for node in nodes:
        assert (await node.sessions(session.access)).status_code == 401
    assert [(row["actor_type"], row["actor_id"]) for row in await here.audit()] == [("operator", "ana")]
    nobody = await asyncio.to_thread(run, *where)
    both = await asyncio.to_thread(run, EMAIL[USER], "--everyone", *where)
    assert (nobody.exit_code, both.exit_code) == (2, 2)
    long = await asyncio.to_thread(run, "--everyone", "--yes", "--reason", "x" * 101, *where)
    assert long.exit_code == 2


async def denied(source, denylist, session):
    await source.start()
    try:
        deadline = asyncio.get_running_loop().time() + 20
        while not denylist.denies(session.session_id, session.user_id, 0):
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.05)
        assert not denylist.denies(session.session_id, session.user_id, 2**45)
    finally:
        await source.stop()


def source_of(service, url, denylist):
    issuer = service.services.settings.issuer
    keys = IssuerKeys(service.client, f"{issuer}/.well-known/jwks.json")
    return open_source(url, denylist, poll_interval=50, keys=keys, issuer=issuer)


async def test_a_verifier_learns_it_from_the_database(nodes, database_url):
    here, _ = nodes
    (session,) = await here.mint()
    await close_everyone(here)
    denylist = Denylist()
    await denied(source_of(here, database_url, denylist), denylist, session)


async def test_a_verifier_learns_it_from_redis(start_service, sqlite_url, redis_url):
    service = await start_service(sqlite_url, redis_url=redis_url, poll_interval=50)
    (session,) = await service.mint()
    await close_everyone(service)
    denylist = Denylist()
    await denied(source_of(service, redis_url, denylist), denylist, session)
