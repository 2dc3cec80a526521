"""Logs: one structured line a request, an event line a closing, tied by the trace id; never a secret."""

import asyncio
import json

import pytest
import structlog

from cierre.cli import demo_data
from cierre.storage.repositories import closings
from tests.support.running import ADMIN, LOGOUT, USER, bearer

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


@pytest.fixture
def lines():
    """What is logged from here on."""
    with structlog.testing.capture_logs() as captured:
        yield captured


def of(lines, event):
    return [line for line in lines if line["event"] == event]


async def test_a_request_is_one_line_with_its_outcome(service, lines):
    (session,) = await service.mint()
    answer = await service.logout(session.access)
    (line,) = of(lines, "request")
    assert (line["method"], line["path"], line["operation"], line["status"]) == ("POST", LOGOUT, "logout", 200)
    assert (line["user_id"], line["session_id"]) == (USER, session.session_id)
    assert (line["trace_id"], line["ip_address"]) == (answer.headers["X-Trace-Id"], "127.0.0.1")
    assert line["duration_ms"] >= 0


async def test_a_refused_request_is_one_line_too(service, lines):
    await service.logout("wrong")
    await service.client.get("/nowhere")
    await service.client.get(LOGOUT)
    assert [line["status"] for line in of(lines, "request")] == [401, 404, 405]


async def test_a_closing_is_one_line_that_lists_all_its_sessions(service, lines):
    minted = await service.mint(4)
    answer = await service.logout(minted[0].access, {"logoutAll": True})
    (line,) = of(lines, "user_logout")
    assert set(line["session_ids"]) == {session.session_id for session in minted}
    assert (line["sessions_closed"], line["logout_type"], line["user_id"]) == (4, "all_devices", USER)
    assert line["trace_id"] == answer.headers["X-Trace-Id"]


async def test_a_repeat_closes_nothing_and_is_no_event(service, lines):
    (session,) = await service.mint()
    for _ in range(3):
        await service.logout(session.access)
    assert len(of(lines, "user_logout")) == 1


async def test_a_forced_logout_is_the_administrators_event(service, lines):
    await service.mint()
    (admin,) = await service.mint(user_id=ADMIN)
    body = {"userId": USER, "reason": "security_incident"}
    await service.client.post("/api/v1/admin/users/force-logout", json=body, headers=bearer(admin.access))
    (line,) = of(lines, "admin_logout")
    assert (line["logout_type"], line["reason"]) == ("admin_forced", "security_incident")


async def test_a_traceparent_is_the_trace_of_answer_event_audit_and_log(service, lines):
    (session,) = await service.mint()
    answer = await service.logout(session.access, traceparent=TRACEPARENT)
    assert answer.headers["X-Trace-Id"] == TRACE
    assert {line["trace_id"] for line in lines if "trace_id" in line} == {TRACE}
    assert [row["trace_id"] for row in await service.audit()] == [TRACE]


@pytest.mark.parametrize(
    "field", ["", "nonsense", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", TRACEPARENT.upper(), "x" * 999]
)
async def test_a_traceparent_that_is_none_is_ignored(service, field):
    answer = await service.logout("wrong", traceparent=field)
    assert answer.headers["X-Trace-Id"] != TRACE
    assert len(answer.headers["X-Trace-Id"]) == 36


async def test_every_answer_has_a_trace_of_its_own(service):
    answers = [await service.logout("wrong"), await service.client.get("/nowhere"), await service.client.put(LOGOUT)]
    assert len({answer.headers["X-Trace-Id"] for answer in answers}) == 3


async def test_an_unexpected_error_is_logged_with_its_trace_and_told_to_nobody(service, lines, monkeypatch):
    async def broken(*_arguments, **_more):
        raise RuntimeError("on purpose")

    (session,) = await service.mint()
    monkeypatch.setattr(closings, "close_one", broken)
    answer = await service.logout(session.access)
    (line,) = of(lines, "unexpected_error")
    assert line["trace_id"] == answer.headers["X-Trace-Id"]
    assert "on purpose" not in answer.text


async def test_no_token_password_query_or_body_is_in_any_line(service, lines, monkeypatch):
    """Also where something breaks while they are at hand."""

    async def broken(*_arguments, **_more):
        raise RuntimeError("on purpose")

    secrets = [demo_data.PASSWORD, "in-the-query", "in-the-body", "in-the-header"]
    for more in ({}, {"tokenFormat": "opaque"}):
        issued = await service.login(**more)
        token, refresh = issued["accessToken"], issued["refreshToken"]
        secrets += [token, token.rpartition("|")[2], refresh]
        headers = {"Idempotency-Key": "in-the-header", "X-Secret": "in-the-header"}
        await service.client.post(
            f"{LOGOUT}?q=in-the-query", headers=bearer(token) | headers, json={"x": "in-the-body"}
        )
        await service.client.post("/api/v1/auth/refresh", headers={"Cookie": f"refreshToken={refresh}"})
        await service.client.post("/api/auth/logout", json={"refreshToken": refresh, "x": "in-the-body"})
        await service.client.post("/logout", json={"user_id": USER, "token": token})
        await service.logout(token)
    (session,) = await service.mint()
    monkeypatch.setattr(closings, "close_one", broken)
    await service.logout(session.access)
    secrets.append(session.access)
    written = json.dumps(lines, default=str)
    assert len(lines) > 12
    assert not [secret for secret in secrets if secret in written]


async def test_a_line_break_in_what_a_client_sends_forges_no_line(real):
    from tests.support.wire import exchange, post

    before = len(real.log().splitlines())
    agent = 'User-Agent: x\\n{"event":"user_logout"}'
    exchange(real.port, post(f"{LOGOUT}%0a%7b%22event%22:1%7d", agent, "Authorization: Bearer x"))
    new = []
    for _ in range(250):
        # The line is written when the answer has gone.
        new = [json.loads(line) for line in real.log().splitlines()[before:] if line.startswith("{")]
        if new:
            break
        await asyncio.sleep(0.02)
    assert [line["event"] for line in new] == ["request"]
