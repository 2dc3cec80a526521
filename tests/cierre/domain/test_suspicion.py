"""A session that is suddenly used from elsewhere: noted, closed, or ignored."""

import asyncio

import httpx
import pytest

from cierre.domain.suspicion import suspicion
from cierre.principal import Caller
from cierre.settings import MINUTE, network
from tests.support.running import ADMIN, bearer

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("203.0.113.7", CHROME), ("203.0.113.250", CHROME), None),
        (("203.0.113.7", CHROME), ("203.0.114.7", CHROME), "suspicious_ip"),
        (("2001:db8:1:2::1", CHROME), ("2001:db8:1:2:ffff::1", CHROME), None),
        (("2001:db8:1:2::1", CHROME), ("2001:db8:1:3::1", CHROME), "suspicious_ip"),
        (("203.0.113.7", CHROME), ("::ffff:203.0.113.9", CHROME), None),
        (("203.0.113.7", CHROME), ("2001:db8::1", CHROME), "suspicious_ip"),
        (("203.0.113.7", CHROME), ("203.0.113.7", CHROME.replace("141", "142")), None),
        (("203.0.113.7", CHROME), ("203.0.113.7", "curl/8.5.0"), "suspicious_user_agent"),
        ((None, None), ("203.0.113.7", CHROME), None),
        (("203.0.113.7", CHROME), (None, None), None),
        (("unix", CHROME), ("203.0.113.7", CHROME), None),
    ],
)
def test_another_network_or_program_is_suspicious_another_version_is_not(before, after, expected):
    session = {"ip_address": before[0], "user_agent": before[1]}
    assert suspicion(session, Caller(*after, "trace")) == expected


@pytest.fixture
async def watching(start_service, database_url):
    """`await watching(mode)`: a service behind a proxy, and `use(token, address)`."""

    async def start(mode):
        service = await start_service(
            database_url, suspicious_change=mode, trusted_proxies=(network("127.0.0.1"),), access_ttl=60 * MINUTE
        )

        async def use(session, address, agent="python-httpx/2.0", path="/api/v1/auth/sessions"):
            headers = bearer(session.access, **{"X-Forwarded-For": address, "User-Agent": agent})
            return (await service.client.get(path, headers=headers)).status_code

        return service, use

    return start


async def test_audit_notes_each_move_once_and_lets_it_pass(watching):
    service, use = await watching("audit")
    (session,) = await service.mint()
    assert await asyncio.gather(*[use(session, "203.0.113.7") for _ in range(8)]) == [200] * 8
    assert await use(session, "203.0.113.99") == 200
    (row,) = await service.audit()
    assert (row["event"], row["reason"], row["sessions_closed"]) == ("suspicious_change", "suspicious_ip", 0)
    assert row["ip_address"] == "203.0.113.7"
    assert await use(session, "203.0.113.7", "curl/8.5.0") == 200
    assert [row["reason"] for row in await service.audit()] == ["suspicious_ip", "suspicious_user_agent"]
    admin = await service.login(ADMIN)
    listed = await service.client.get(
        "/api/v1/admin/audit-events?event=suspicious_change", headers=bearer(admin["accessToken"])
    )
    assert listed.status_code == 200, listed.text
    assert len(listed.json()["data"]["events"]) == 2


async def test_close_ends_the_session(watching):
    service, use = await watching("close")
    (session,) = await service.mint()
    assert await use(session, "127.0.0.9") == 200, await service.audit()
    assert await use(session, "203.0.113.7") == 401
    assert await use(session, "127.0.0.9") == 401
    (row,) = await service.audit()
    assert (row["event"], row["logout_type"], row["reason"]) == ("security_logout", "automatic", "suspicious_ip")
    refused = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": session.refresh})
    assert refused.status_code == 401


async def test_a_refresh_from_elsewhere_is_looked_at_too(watching):
    service, _ = await watching("close")
    (session,) = await service.mint()
    stolen = await service.client.post(
        "/api/v1/auth/refresh", json={"refreshToken": session.refresh}, headers={"X-Forwarded-For": "203.0.113.7"}
    )
    assert stolen.status_code == 401
    (row,) = await service.audit()
    assert row["reason"] == "suspicious_ip"


async def test_off_means_off(watching):
    service, use = await watching("off")
    (session,) = await service.mint()
    assert await use(session, "203.0.113.7", "curl/8.5.0") == 200
    assert await service.audit() == []


async def test_use_is_written_down_once_a_minute_at_most(service):
    (session,) = await service.mint(age=10 * MINUTE)

    async def last_seen():
        return (await service.rows("SELECT last_seen_at FROM sessions"))[0]["last_seen_at"]

    before = await last_seen()
    headers = bearer(session.access)
    await service.client.get("/api/v1/auth/sessions", headers=headers)
    first = await last_seen()
    assert first > before
    await asyncio.sleep(0.01)
    await service.client.get("/api/v1/auth/sessions", headers=headers)
    assert await last_seen() == first


async def test_a_resource_server_that_asks_is_not_the_holder(watching):
    service, use = await watching("close")
    (session,) = await service.mint(age=10 * MINUTE)
    transport = httpx.ASGITransport(app=service.client._transport.app, client=("198.51.100.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://cierre.test") as resource_server:
        answer = await resource_server.post(
            "/oauth2/introspect", data={"token": session.access}, auth=("demo-resource", "cierre-demo")
        )
    assert answer.json()["active"] is True
    (row,) = await service.rows("SELECT ip_address, last_seen_at, created_at FROM sessions")
    assert row["ip_address"] == "127.0.0.1"
    assert row["last_seen_at"] > row["created_at"], "but the session is in use"
    assert await use(session, "127.0.0.1") == 200
