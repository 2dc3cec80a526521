"""What is counted, and that no client can make the series many."""

import asyncio
import re

import pytest

from cierre.cli import demo_data
from cierre.metrics.instruments import Metrics
from cierre.node.sweeper import Sweeper
from cierre.outcomes import ClosingMade
from tests.support.eventually import eventually
from tests.support.running import ADMIN, LOGOUT, USER, bearer

TYPES = ("single_device", "specific_device", "all_devices", "admin_forced", "automatic")
DIALECTS = ("session", "envelope", "respuesta", "dto", "plain", "none")


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


async def read(service, **headers):
    answer = await service.client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def value(service, name, **labels):
    """The value of one series; 0 where there is none."""
    for line in (await read(service)).splitlines():
        match = re.match(rf"{name}(?:{{(.*)}})? (\S+)$", line)
        if match and dict(re.findall(r'(\w+)="([^"]*)"', match[1] or "")) == labels:
            return float(match[2])
    return 0.0


def test_a_series_is_the_same_one_by_place_and_by_name():
    metrics = Metrics()
    for _ in range(2):
        metrics.failed_attempts.labels("login", "invalid_credentials").inc()
    metrics.failed_attempts.labels(code="invalid_credentials", operation="login").inc()
    labels = {"operation": "login", "code": "invalid_credentials"}
    assert metrics.registry.get_sample_value("cierre_failed_attempts_total", labels) == 3


def logouts(type_, reason="user_initiated", dialect="session", outcome="success", code=""):
    return {"type": type_, "reason": reason, "dialect": dialect, "outcome": outcome, "code": code}


async def test_logouts_are_counted_by_type_reason_dialect_outcome_and_code(service):
    one, two, *_, last = await service.mint(6)
    admin = await service.login(ADMIN)
    await service.logout(one.access, Accept="application/vnd.cierre.respuesta+json")
    await service.logout(one.access)
    await service.logout(two.access, {"deviceId": last.session_id})
    await service.logout(two.access, {"deviceId": "minted-2"})
    await service.logout(two.access, {"logoutAll": True})
    body = {"userId": USER, "reason": "anything that an administrator writes"}
    await service.mint(2)
    await service.client.post("/api/v1/admin/users/force-logout", json=body, headers=bearer(admin["accessToken"]))
    counted = {
        "single_device": logouts("single_device", dialect="respuesta"),
        "repeat": logouts("single_device", "none", outcome="failure", code="SESSION_NOT_FOUND"),
        "no device": logouts("specific_device", "none", outcome="failure", code="DEVICE_SESSION_NOT_FOUND"),
        "specific_device": logouts("specific_device"),
        "all_devices": logouts("all_devices"),
        "admin_forced": logouts("admin_forced", "administrator"),
    }
    found = {name: await value(service, "cierre_logouts_total", **labels) for name, labels in counted.items()}
    assert found == dict.fromkeys(counted, 1.0)
    closed = await value(service, "cierre_sessions_closed_total", type="admin_forced", reason="administrator")
    assert closed == 2
    assert await value(service, "cierre_session_duration_seconds_count", type="admin_forced") == 2


async def test_what_the_service_closes_by_itself_is_automatic(start_service, database_url):
    service = await start_service(database_url, session_ttl=1_000, sweep_interval=3_600_000)
    await service.mint(1, age=2_000)
    before = await value(service, "cierre_logouts_total", **logouts("automatic", "expired", "none"))
    sweeper = Sweeper(service.services)
    # The node's own sweeper may have the lease.
    sweeper._mine = lambda _: asyncio.sleep(0, result=True)
    await sweeper.sweep()
    assert await value(service, "cierre_logouts_total", **logouts("automatic", "expired", "none")) == before + 1


async def test_sessions_opened_and_failed_attempts_are_counted(service):
    await service.login()
    body = {"username": demo_data.USERS[0][1], "password": "not-the-password"}
    await service.client.post("/api/v1/auth/login", json=body)
    await service.client.post(LOGOUT, headers=bearer("nothing"))
    assert await value(service, "cierre_sessions_opened_total") == 1
    attempts = "cierre_failed_attempts_total"
    assert await value(service, attempts, operation="login", code="INVALID_CREDENTIALS") == 1
    assert await value(service, attempts, operation="logout", code="INVALID_ACCESS_TOKEN") == 1
    assert await value(service, "cierre_request_duration_seconds_count", operation="login") == 2


async def test_the_limits_decisions_are_counted(start_service, database_url):
    service = await start_service(database_url, rate_limit="on")
    for _ in range(31):
        await service.client.post(LOGOUT, headers=bearer("nothing"))
    decisions = "cierre_rate_limit_decisions_total"
    assert await value(service, decisions, bucket="logout", limit="ip", decision="admitted") == 30
    assert await value(service, decisions, bucket="logout", limit="ip", decision="refused") == 1


async def test_a_closing_on_another_node_is_measured_on_arrival(start_service, postgres_url):
    first = await start_service(postgres_url)
    second = await start_service(postgres_url)
    (session,) = await first.mint()
    await first.logout(session.access)
    await eventually(lambda: second.services.denylist.denies(session.session_id, USER, 0))
    assert await value(second, "cierre_propagation_delay_seconds_count") == 1
    assert await value(first, "cierre_propagation_delay_seconds_count") == 0
    assert 0 <= await value(second, "cierre_propagation_delay_seconds_sum") < 30


async def test_many_users_make_no_more_series(service):
    """Users, sessions, devices, addresses, paths and tokens come from clients: none of them is a label."""

    async def all_of_it(count):
        for number in range(count):
            (session,) = await service.mint(1, device_id=f"device-{number}")
            await service.logout(
                session.access, **{"User-Agent": f"agent-{number}", "X-Forwarded-For": f"10.0.0.{number}"}
            )
            await service.client.post(LOGOUT, headers=bearer(f"token-{number}"))
            await service.client.post("/api/v1/auth/login", json={"username": f"user-{number}@x.es", "password": "x"})
            await service.client.get(f"/path-{number}")
        return {line.rpartition(" ")[0] for line in (await read(service)).splitlines() if not line.startswith("#")}

    await read(service)
    few = await all_of_it(2)
    many = await all_of_it(25)
    assert {name for name in many - few if "_created" not in name} == set()
    assert len(many) < 2_000
    printed = "\n".join(many)
    assert USER not in printed
    for word in ("device-", "agent-", "10.0.0.", "token-", "user-", "path-"):
        assert word not in printed


async def test_openmetrics_is_for_who_names_it(service):
    plain = await service.client.get("/metrics", headers={"Accept": "text/plain"})
    opened = await service.client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert plain.headers["Content-Type"].startswith("text/plain")
    assert opened.headers["Content-Type"].startswith("application/openmetrics-text")
    assert opened.text.endswith("# EOF\n")


async def test_the_gauges_say_what_is(service):
    text = await read(service)
    for name in ("feed_age_seconds", "denylist_entries", "pool_connections_in_use", "pool_waiting", "login_queue"):
        assert re.search(rf"^cierre_{name} \S+$", text, re.MULTILINE), name
    assert 'cierre_signing_keys{state="signing"} 1.0' in text
    assert re.search(r'^cierre_build_info\{python="3[^"]*",version="[^"]+"\} 1.0$', text, re.MULTILINE)


async def test_a_passwords_time_is_measured_without_the_wait(service):
    await service.login()
    assert await value(service, "cierre_password_duration_seconds_count") == 1
    assert 0 < await value(service, "cierre_password_duration_seconds_sum") < 30


def test_a_hundred_thousand_users_make_no_more_series_than_ten():
    """All that is counted of users' closings goes through `Metrics.closed`, whose arguments are not the users'."""

    def series(users):
        metrics = Metrics()
        for number in range(users):
            reason = f"reason-{number}" if number % 3 else "user_initiated"
            closing = ClosingMade(TYPES[number % len(TYPES)], reason, (number,))
            metrics.closed(closing, DIALECTS[number % len(DIALECTS)])
            metrics.decided("logout", "user", admitted=number % 2 == 0)
        return sum(len(family.samples) for family in metrics.registry.collect())

    few, many = series(10 * len(TYPES) * len(DIALECTS)), series(100_000)
    assert few == many
    assert many < 1_000
