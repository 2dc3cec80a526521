"""Clocks that are wrong: the database's time decides, and a node whose own is far from it says so."""

import contextlib
import time

import httpx
import pytest

from cierre.clock import now_ms
from cierre.services import build
from cierre.settings import DAY, HOUR, MINUTE
from cierre.storage import database_clock
from cierre.storage.database_clock import HostClock, ServerClock
from cierre.storage.repositories import leases
from tests.support.eventually import eventually
from tests.support.running import LOGOUT, Node, bearer, free_port, login_over_http, mint, select

USE = "/api/v1/auth/sessions"


class NodeOfWrongTime(Node):
    """A `cierre serve` process whose clock is ahead; it is never ready, so it is waited for until it answers."""

    def wait_until_ready(self, patience=60.0):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/health/live", timeout=2).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(self.log())


@pytest.fixture
def ahead(tmp_path):
    """`ahead(node, days)`: another node like this one, with its clock ahead."""
    started = []

    def start(node, days):
        code = (
            "import time; real = time.time_ns; time.time_ns = lambda: real() + {}; from cierre.cli import main; main()"
        )
        port = free_port()
        command = [word.replace(str(node.port), str(port)) for word in node._command]
        command[2] = code.format(days * 86_400 * 10**9)
        other = NodeOfWrongTime(command, port, tmp_path / "ahead.log", node._environment)
        started.append(other)
        return other

    yield start
    for node in started:
        node.stop(5)


@pytest.fixture
async def services(make_settings, postgres_url):
    services = build(make_settings(postgres_url))
    await services.database.open()
    yield services
    await services.database.close()


async def test_a_node_that_is_days_ahead_is_not_ready_and_closes_nobodys_session(serve, ahead, services, postgres_url):
    good = serve(postgres_url)
    sessions = await mint(services, 5)
    wrong = ahead(good, days=15)
    async with httpx.AsyncClient(timeout=30) as client:
        ready = await client.get(wrong.url + "/health/ready")
        assert ready.status_code == 503
        assert ready.json()["checks"]["clock"] == "1296000 s ahead of the database's"
        await eventually(lambda: '"event": "clock_off"' in wrong.log() or '"event":"clock_off"' in wrong.log(), 20)
        assert "not_ready" in wrong.log()
        for session in sessions:
            for node in (wrong, good):
                assert (await client.get(node.url + USE, headers=bearer(session.access))).status_code == 200
        made = login_over_http(wrong)["accessToken"]
        assert (await client.get(good.url + USE, headers=bearer(made))).status_code == 200
        assert (await client.post(wrong.url + LOGOUT, headers=bearer(made))).status_code == 200
        assert (await client.get(good.url + USE, headers=bearer(made))).status_code == 401
    rows = await select(services.database, "SELECT closed_at FROM sessions WHERE closed_at IS NOT NULL")
    assert [abs(row["closed_at"] - now_ms()) < MINUTE for row in rows] == [True]


async def test_a_lease_that_ends_too_late_holds_nothing(service):
    async with service.services.database.connect() as tx:
        assert await leases.acquire(tx, "work", holder="one", until=tx.now + 400 * DAY)
        (row,) = await service.rows("SELECT until FROM leases WHERE name = 'work'")
        assert row["until"] <= now_ms() + HOUR, "it is capped"
        assert not await leases.acquire(tx, "work", holder="two", until=tx.now + MINUTE)
        tx.now += 15 * DAY
        assert await leases.acquire(tx, "work", holder="wrong", until=tx.now + MINUTE)
        tx.now -= 15 * DAY
        assert await leases.acquire(tx, "work", holder="two", until=tx.now + MINUTE), "written by a wrong clock"


def test_the_databases_time_goes_on_whatever_the_nodes_clock_does(monkeypatch):
    clock, passed = [1_000_000], [50.0]
    monkeypatch.setattr(database_clock, "now_ms", lambda: clock[0])
    monkeypatch.setattr(database_clock, "boottime", lambda: passed[0])
    server = ServerClock()
    assert server.now() == 1_000_000, "nothing else is known yet"
    server.compare(1_005_000, took=1.0)
    assert (server.now(), server.ahead()) == (1_005_500, -5_500)
    clock[0], passed[0] = 90_000_000, 51.0
    assert server.now() == 1_006_500
    assert server.is_steady(10_000) is False
    server.compare(2_000_000, took=60.0)
    assert server.now() == 1_006_500, "an answer that took a minute says nothing about the time"


def test_on_sqlite_a_clock_that_was_set_is_believed_after_a_while(monkeypatch):
    clock, passed = [1_000_000], [50.0]
    monkeypatch.setattr(database_clock, "now_ms", lambda: clock[0])
    monkeypatch.setattr(database_clock, "boottime", lambda: passed[0])
    host = HostClock()

    def later(seconds, by_the_clock):
        clock[0], passed[0] = clock[0] + by_the_clock * 1000, passed[0] + seconds
        return host.is_steady(10_000)

    assert later(30, 30)
    assert later(30, 25), "a correction"
    assert not later(30, 15 * 86_400)
    assert not later(30, 30)
    assert later(600, 600)
    assert host.now() == clock[0]
    assert not later(30, -3_600)
