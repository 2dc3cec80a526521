"""Attacks on what is around a logout: cases 23 (database), 28 (addresses), 29 (origins), 30 (retries), 31 (traces)."""

import json
import re
import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from cierre.cli import demo_data
from cierre.settings import network
from tests.support.proxy import TcpProxy
from tests.support.running import LOGOUT, USER, bearer, running
from tests.support.wire import exchange, post

COMPAT = "/api/auth/logout"


async def unavailable(answer):
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    return answer


async def test_case_23_a_logout_without_a_database_is_503_and_no_success(start_service, postgres_url):
    there = urlsplit(postgres_url)
    async with TcpProxy(there.hostname, there.port) as proxy:
        service = await start_service(postgres_url.replace(f":{there.port}/", f":{proxy.port}/"))
        (session,) = await service.mint()
        await proxy.stop()
        answer = await unavailable(await service.logout(session.access))
        assert answer.json()["code"] == "SERVICE_UNAVAILABLE"
        await unavailable(await service.logout(session.access, Host="api.example.com"))
        await unavailable(await service.client.post(COMPAT, json={"refreshToken": session.refresh}))
        await unavailable(await service.client.post("/logout", json={"user_id": USER, "token": session.access}))
        # What it can't look up it does not let pass.
        await unavailable(await service.sessions(session.access))
        assert (await service.client.get("/health/live")).status_code == 200
        assert (await service.client.get("/health/ready")).status_code == 503
        proxy.restart()
        assert (await service.logout(session.access)).status_code == 200


async def test_case_23_a_locked_file_is_503_and_no_success(start_service, sqlite_url):
    service = await start_service(sqlite_url, lock_timeout=50)
    (session,) = await service.mint()
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await unavailable(await service.logout(session.access))
        other.execute("ROLLBACK")
    assert (await service.logout(session.access)).status_code == 200


async def test_case_28_the_31st_request_of_an_address_is_429_whatever_it_forwards(start_service, sqlite_url):
    service = await start_service(sqlite_url, rate_limit="on")
    statuses = []
    for number in range(31):
        answer = await service.client.post(LOGOUT, headers={"X-Forwarded-For": f"203.0.113.{number}"})
        statuses.append(answer.status_code)
    assert statuses == [401] * 30 + [429]
    assert 0 < int(answer.headers["Retry-After"]) <= 300


@pytest.mark.parametrize("forged", ["203.0.113.9, ", "203.0.113.9, 127.0.0.1, ", "garbage, ", "127.0.0.1,,"])
async def test_case_28_a_client_behind_a_proxy_is_who_the_proxy_saw(start_service, sqlite_url, forged):
    """The field is read from its end: what the client itself wrote into it stands before what our proxy added."""
    service = await start_service(sqlite_url, rate_limit="on", trusted_proxies=(network("127.0.0.1"),))
    statuses = []
    for number in range(31):
        headers = {"X-Forwarded-For": forged.replace("113.9", f"113.{number}") + "198.51.100.7"}
        statuses.append((await service.client.post(LOGOUT, headers=headers)).status_code)
    assert statuses == [401] * 30 + [429]
    other = await service.client.post(LOGOUT, headers={"X-Forwarded-For": "198.51.100.8"})
    assert other.status_code == 401


async def test_case_28_an_ipv6_subnet_of_64_bits_is_one_client(make_settings, sqlite_url):
    settings = make_settings(sqlite_url, rate_limit="on", trusted_proxies=(network("::1"),))
    async with running(settings, client_address=("::1", 40000)) as service:
        statuses = []
        for number in range(31):
            headers = {"X-Forwarded-For": f"2001:db8:1:2::{number:x}"}
            statuses.append((await service.client.post(LOGOUT, headers=headers)).status_code)
        assert statuses == [401] * 30 + [429]
        next_door = await service.client.post(LOGOUT, headers={"X-Forwarded-For": "2001:db8:1:3::1"})
        assert next_door.status_code == 401


@pytest.mark.parametrize("path", [COMPAT, "/api/v1/auth/refresh"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://cierre.test.evil.test"},
        {"Origin": "http://cierre.test:81"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=lambda headers: next(iter(headers.values())),
)
async def test_case_29_a_cookie_from_a_foreign_origin_is_403_and_closes_nothing(service, path, headers):
    (session,) = await service.mint()
    answer = await service.client.post(path, headers=headers | {"Cookie": f"refreshToken={session.refresh}"})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert (await service.sessions(session.access)).status_code == 200
    assert len(await service.rows("SELECT hash FROM refresh_tokens WHERE exchanged_at IS NULL")) == 1


async def test_case_29_a_cookie_from_our_own_or_an_allowed_origin_is_taken(start_service, sqlite_url):
    service = await start_service(sqlite_url, allowed_origins=("https://app.test",))
    for origin in ("http://cierre.test", "https://app.test"):
        (session,) = await service.mint()
        headers = {"Origin": origin, "Cookie": f"refreshToken={session.refresh}"}
        assert (await service.client.post(COMPAT, headers=headers)).status_code == 200


@pytest.mark.parametrize("host", ["localhost:3000", "api.example.com", "api.ejemplo.com"])
async def test_case_30_a_retry_with_the_same_idempotency_key_gets_the_first_answer_again(service, host):
    (session,) = await service.mint()
    headers = {"Host": host, "Idempotency-Key": "a-key-of-the-client"}
    first = await service.logout(session.access, **headers)
    again = await service.logout(session.access, **headers)
    assert first.is_success
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert len(await service.audit()) == 1


async def test_case_30_a_retry_on_the_two_old_paths_gets_the_first_answer_again(service):
    one, two = await service.mint(2)
    requests = [
        (COMPAT, {"refreshToken": one.refresh}),
        ("/logout", {"user_id": USER, "token": two.access}),
    ]
    for path, body in requests:
        answers = [
            await service.client.post(path, json=body, headers={"Idempotency-Key": "the-same"}) for _ in range(2)
        ]
        assert [(answer.status_code, answer.content) for answer in answers] == [(200, answers[0].content)] * 2


def test_case_31_no_token_and_no_password_is_in_any_log_line(real):
    """Nor in what a crash would tell: the log is the server's whole output."""
    password = demo_data.PASSWORD.encode()
    secrets = [demo_data.SANCTUM_SECRET, "s3cret-in-the-query", "s3cret-in-the-body"]
    for more in ({}, {"tokenFormat": "opaque"}, {"refreshDelivery": "cookie"}):
        body = json.dumps({"username": demo_data.USERS[0][1], "password": demo_data.PASSWORD} | more).encode()
        answer = exchange(real.port, post("/api/v1/auth/login", "Content-Type: application/json", body=body))
        data = json.loads(answer.body)["data"]
        secrets += [data["accessToken"], data["accessToken"].rpartition("|")[2]]
        in_cookie = re.search(rb"__Host-refreshToken=([^;]+);", answer.data)
        secrets.append(in_cookie[1].decode() if in_cookie else data["refreshToken"])
        token = data["accessToken"]
        line = f"Authorization: Bearer {token}"
        exchange(real.port, post(f"{LOGOUT}?access_token={secrets[1]}&q=s3cret-in-the-query", line))
        exchange(real.port, post(LOGOUT, line, "Content-Type: application/json", body=b'{"x":"s3cret-in-the-body"}'))
        exchange(real.port, post(LOGOUT, line))
        exchange(real.port, post(COMPAT, f"Cookie: refreshToken={secrets[-1]}"))
        old = json.dumps({"user_id": USER, "token": token}).encode()
        exchange(real.port, post("/logout", "Content-Type: application/json", body=old))
    exchange(real.port, post(LOGOUT, f"Authorization: Bearer 1|{demo_data.SANCTUM_SECRET}"))
    lines = [line for line in real.log().splitlines() if line.startswith("{")]
    assert len(lines) >= 20
    assert not [secret for secret in secrets if any(secret in line for line in lines)]
    assert not [line for line in lines if password.decode() in line]


async def test_case_31_no_token_is_in_the_trail_or_anywhere_in_the_database(service):
    opened = [await service.login(), await service.login(tokenFormat="opaque")]
    for data in opened:
        await service.client.post(f"{LOGOUT}?t={data['accessToken']}", headers=bearer(data["accessToken"]))
    rows = [
        await service.rows(f"SELECT * FROM {table}")
        for table in ("audit_events", "sessions", "refresh_tokens", "revocations", "sanctum_sessions", "users")
    ]
    kept = json.dumps(rows, default=str)
    for data in opened:
        for secret in (data["accessToken"].rpartition("|")[2], data["refreshToken"], demo_data.PASSWORD):
            assert secret not in kept
