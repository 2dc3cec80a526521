"""What the service is built on fails: it says so, does nothing by halves, and goes on when that is over."""

import asyncio
import contextlib
import signal
import sqlite3
import time

import asyncpg
import httpx
import pytest
import redis

from cierre.clock import boottime, now_ms
from cierre.revocation.denylist import Denylist
from cierre.storage import migrate
from cierre.storage.sqlite import SqliteDatabase
from tests.support.eventually import eventually
from tests.support.proxy import TcpProxy
from tests.support.running import EMAIL, LOGOUT, USER, bearer, free_port


async def is_unavailable(answer):
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0


async def nothing_was_closed(service, session):
    assert (await service.sessions(session.access)).status_code == 200
    assert await service.audit(session_id=session.session_id) == []
    assert await service.rows("SELECT * FROM revocations") == []


# --- a full disk


async def test_a_full_disk_under_sqlite_is_503_and_closes_nothing(start_service, sqlite_url, monkeypatch):
    service = await start_service(sqlite_url)
    (session,) = await service.mint()
    new_connection = SqliteDatabase._new_connection

    def full(database):
        connection = new_connection(database)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        # Nothing is left in the last page of any table.
        with contextlib.suppress(sqlite3.OperationalError):
            while True:
                connection.execute("CREATE TABLE IF NOT EXISTS filler (x)")
                connection.execute("INSERT INTO filler VALUES (zeroblob(300))")
        return connection

    monkeypatch.setattr(SqliteDatabase, "_new_connection", full)
    filled = await start_service(sqlite_url)
    answers = [await filled.logout(one.access) for one in await service.mint(40)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    for answer in refused:
        await is_unavailable(answer)
    await nothing_half_done(service)
    monkeypatch.undo()
    assert (await service.logout(session.access)).status_code == 200, "and when there is room again it goes on"


async def nothing_half_done(service):
    rows = await service.rows(
        "SELECT s.closed_at, (SELECT count(*) FROM audit_events a"
        " WHERE a.session_id = s.id AND a.logout_type IS NOT NULL) AS audited,"
        " (SELECT count(*) FROM revocations r WHERE r.session_id = s.id) AS revoked FROM sessions s"
    )
    for row in rows:
        assert row["audited"] == row["revoked"] == (row["closed_at"] is not None)


async def test_a_full_disk_under_postgresql_is_503_and_closes_nothing(start_service, postgres_url):
    service = await start_service(postgres_url)
    (session,) = await service.mint()
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        await connection.execute("CREATE TRIGGER full_disk BEFORE INSERT ON audit_events EXECUTE FUNCTION full_disk()")
        await is_unavailable(await service.logout(session.access))
        await is_unavailable(await service.logout(session.access, {"logoutAll": True}))
        await nothing_was_closed(service, session)
        assert (await service.client.get("/health/live")).status_code == 200
    finally:
        await connection.execute("DROP FUNCTION full_disk CASCADE")
        await connection.close()
    assert (await service.logout(session.access)).status_code == 200


# --- a database that doesn't answer, or isn't ready


async def test_readiness_says_what_is_wrong(start_service, postgres_url):
    service = await start_service(postgres_url)

    async def checks():
        answer = await service.client.get("/health/ready")
        return answer.status_code, answer.json()["checks"]

    assert await checks() == (200, {"database": "ok", "migrations": "ok", "clock": "ok"})
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("ALTER TABLE alembic_version RENAME TO elsewhere")
        assert await checks() == (503, {"database": "ok", "migrations": "pending", "clock": "ok"})
        await connection.execute("ALTER TABLE elsewhere RENAME TO alembic_version")
        # A newer one has migrated it: the old one goes on until it is replaced.
        await connection.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
        assert await checks() == (200, {"database": "ok", "migrations": "ok", "clock": "ok"})
        await connection.execute("UPDATE alembic_version SET version_num = $1", migrate.newest())
    finally:
        await connection.close()
    answer = await service.client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_file_that_is_no_database_any_more_is_503(start_service, sqlite_url, monkeypatch, tmp_path):
    service = await start_service(sqlite_url)
    (session,) = await service.mint()

    await service.services.database.close()
    monkeypatch.setattr(service.services.database, "path", str(tmp_path / "broken.db"))
    (tmp_path / "broken.db").write_bytes(b"this is no database" * 1000)
    await is_unavailable(await service.logout(session.access))
    assert (await service.client.get("/health/ready")).json()["checks"]["database"] == "unreachable"


async def test_requests_beyond_the_pool_wait_and_succeed(start_service, database_url):
    service = await start_service(database_url, pool_size=2)
    sessions = await service.mint(40)
    answers = await asyncio.gather(*[service.logout(session.access) for session in sessions])
    assert {answer.status_code for answer in answers} == {200}


# --- Redis


@pytest.fixture
async def hanging():
    """The port of a server that takes connections and never says a word."""
    held = []

    async def hold(_reader, writer):
        held.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    for writer in held:
        writer.close()
    server.close()
    await server.wait_closed()


async def test_without_redis_the_service_goes_on(start_service, database_url):
    service = await start_service(database_url, redis_url=f"redis://127.0.0.1:{free_port()}", rate_limit="on")
    for session in await service.mint(3):
        assert (await service.logout(session.access)).status_code == 200
    ready = await service.client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["checks"]["redis"] == "unreachable"


async def test_a_redis_that_hangs_holds_up_next_to_nobody(start_service, sqlite_url, hanging):
    service = await start_service(sqlite_url, redis_url=f"redis://127.0.0.1:{hanging}", rate_limit="on")
    sessions = await service.mint(20)
    began = time.perf_counter()
    for session in sessions:
        assert (await service.logout(session.access)).status_code == 200
    assert time.perf_counter() - began < 5


async def test_a_foreign_value_in_redis_keeps_no_revocation_out(start_service, sqlite_url, redis_url):
    client = redis.Redis.from_url(redis_url, decode_responses=True)
    client.set(f"cierre:not-before:{USER}", "nonsense")
    service = await start_service(sqlite_url, redis_url=redis_url, poll_interval=100)
    (one,) = await service.mint()
    await service.logout(one.access, {"logoutAll": True})
    await eventually(lambda: client.get(f"cierre:not-before:{USER}") == "1")
    client.close()


async def test_redis_is_filled_when_it_comes_back(start_service, postgres_url, redis_url):
    host, _, number = redis_url.removeprefix("redis://").partition("/")
    name, _, port = host.partition(":")
    client = redis.Redis.from_url(redis_url, decode_responses=True)

    async def denied(session, patience=60.0):
        deadline = time.monotonic() + patience
        while not client.exists(f"cierre:denied:{session.session_id}"):
            assert time.monotonic() < deadline, "Redis never heard of it"
            await asyncio.sleep(0.01)

    async with TcpProxy(name, int(port or 6379)) as proxy:
        through = f"redis://127.0.0.1:{proxy.port}/{number}"
        service = await start_service(postgres_url, redis_url=through, poll_interval=100)
        one, two, three = await service.mint(3)
        await service.logout(one.access)
        await denied(one)
        await proxy.stop()
        assert (await service.logout(two.access)).status_code == 200
        proxy.restart()
        await denied(two)
        # Emptied, as after a restart without a disk.
        for key in client.scan_iter("cierre:*"):
            client.delete(key)
        await denied(one)
        await denied(two)
        assert (await service.logout(three.access, {"logoutAll": True})).status_code == 200
        deadline = time.monotonic() + 60
        while client.get(f"cierre:not-before:{USER}") != "1":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
    left = client.pttl(f"cierre:denied:{one.session_id}")
    assert 0 < left <= service.services.settings.access_ttl + 300_000
    assert client.get("cierre:complete")
    client.close()


# --- clocks


def test_a_clock_that_jumps_ahead_and_back_frees_nobody(monkeypatch):
    start, minute = now_ms(), 60_000
    clock, passed = [start], [1000.0]
    monkeypatch.setattr("cierre.revocation.denylist.now_ms", lambda: clock[0])
    monkeypatch.setattr("cierre.revocation.denylist.boottime", lambda: passed[0])
    denylist = Denylist()

    def at(clock_minutes, uptime_minutes):
        clock[0], passed[0] = start + clock_minutes * minute, 1000 + uptime_minutes * 60
        denylist.forget()
        return denylist.denies("a" * 24, USER, 3), denylist.denies("b" * 24, USER, 2)

    denylist.deny_session("a" * 24, start + 20 * minute)
    denylist.deny_user(USER, 3, start + 20 * minute)
    assert at(-1, 1) == (True, True)
    assert at(60, 2) == (True, True), "ahead: no more than two minutes have passed"
    assert at(4, 4) == (True, True)
    assert at(15, 22) == (True, True), "back: the token's time is not over"
    assert at(22, 29) == (False, False)
    assert len(denylist) == 0


async def test_a_clock_that_steps_back_reopens_nothing(service, monkeypatch):
    one, other = await service.mint(2)
    await service.logout(one.access)
    await service.logout(other.access)
    monkeypatch.setattr("cierre.storage.database_clock.now_ms", lambda: now_ms() - 5_000)
    monkeypatch.setattr("cierre.storage.database_clock.boottime", lambda: boottime() - 5)
    service.services.denylist._sessions.clear()
    assert (await service.sessions(one.access)).status_code == 401
    assert (await service.logout(one.access)).status_code == 404
    assert len(await service.audit(session_id=one.session_id)) == 1


# --- the end


async def test_shutdown_finishes_what_it_began(serve, database_url):
    node = serve(database_url)
    body = {"username": EMAIL[USER], "password": "cierre-demo"}
    async with httpx.AsyncClient(timeout=30) as client:
        # Each takes a password's hash, some tens of milliseconds: most are under way when the signal comes.
        requests = [asyncio.create_task(client.post(f"{node.url}/api/v1/auth/login", json=body)) for _ in range(12)]
        await asyncio.sleep(0.15)
        node.process.send_signal(signal.SIGTERM)
        ended = await asyncio.gather(*requests, return_exceptions=True)
    # What came too late, on a busy machine, has no answer.
    answers = [one for one in ended if not isinstance(one, httpx.TransportError)]
    assert answers
    assert {answer.status_code for answer in answers} == {200}
    await asyncio.to_thread(node.process.wait, 15)
    node.start()
    async with httpx.AsyncClient() as client:
        token = answers[0].json()["data"]["accessToken"]
        listed = (await client.get(f"{node.url}/api/v1/auth/sessions", headers=bearer(token))).json()
        assert len(listed["data"]["sessions"]) == len(answers), "what has no answer has left nothing"
        for answer in answers:
            token = answer.json()["data"]["accessToken"]
            assert (await client.post(node.url + LOGOUT, headers=bearer(token))).status_code == 200
