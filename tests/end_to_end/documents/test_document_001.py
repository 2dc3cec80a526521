"""Document 001, "Auth: Logout", for clients of `api.example.com`. Each test names the section that it shows."""

import json
import re
import uuid

import pytest

from cierre.cli import demo_data
from cierre.storage.repositories import closings
from tests.support.running import LOGOUT, SUPERVISOR, USER, bearer
from tests.support.shown import own, shown, snippet, with_own
from tests.support.wire import exchange, post, run_curl

HOST = {"Host": "api.example.com"}
ENVELOPE = shown("001_error.json")
UUID = own(str, lambda text: str(uuid.UUID(text)) == text)


def envelope(code):
    """The error envelope of section 2, with the code that its table gives."""
    body = with_own(ENVELOPE, message=own(str, lambda text: 0 < len(text) < 80), trace_id=UUID)
    return body | {"code": code}


async def close(service, token, **more):
    return await service.client.post(LOGOUT, headers=HOST | bearer(token), **more)


@pytest.fixture
def token(real):
    """An access token of the real server."""
    body = json.dumps({"username": demo_data.USERS[0][1], "password": demo_data.PASSWORD}).encode()
    answer = exchange(real.port, post("/api/v1/auth/login", "Content-Type: application/json", body=body))
    return json.loads(answer.body)["data"]["accessToken"]


def test_the_curl_of_section_10_answers_204_without_a_body(real, token):
    """001, 10) Testing: the literal command, its scheme, host mapping and token changed."""
    script = snippet("001_logout.sh").replace("https://", "http://").replace("<token>", token)
    answer = run_curl(script, real.port)
    assert (answer.status, answer.body) == (204, b"")


def test_the_curl_of_section_10_with_a_wrong_token_answers_the_envelope(real):
    """001, 10) Testing: "logout with wrong/expired token"."""
    script = snippet("001_logout.sh").replace("https://", "http://").replace("<token>", "wrong")
    answer = run_curl(script, real.port)
    assert (answer.status, json.loads(answer.body)) == (401, envelope("UNAUTHORIZED"))


def test_the_required_headers_and_no_body_sent_as_bytes(real, token):
    """001, 1) Headers: `Content-Type: application/json` is required, and there is no request body."""
    lines = (f"Authorization: Bearer {token}", "Content-Type: application/json")
    answer = exchange(real.port, post(LOGOUT, *lines, host="api.example.com"))
    assert (answer.status, answer.body) == (204, b"")
    assert "content-type" not in answer.headers


async def test_success_is_204_without_a_body(service):
    """001, 2) Response, "Success (204 No Content)": "No response body"."""
    (session,) = await service.mint()
    answer = await close(service, session.access)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers


async def test_no_token_is_401_unauthorized(service):
    """001, 2) Common Error Codes: 401 UNAUTHORIZED, "No/invalid token"; 10) "call with no token"."""
    answer = await service.client.post(LOGOUT, headers=HOST)
    assert (answer.status_code, answer.json()) == (401, envelope("UNAUTHORIZED"))


@pytest.mark.parametrize("token", ["wrong", "a.b.c", "99|abcdefghijklmnop"])
async def test_an_invalid_token_is_401_unauthorized(service, token):
    """001, 2) Common Error Codes; 10) "logout with wrong/expired token"."""
    answer = await close(service, token)
    assert (answer.status_code, answer.json()) == (401, envelope("UNAUTHORIZED"))


async def test_an_expired_token_is_401_unauthorized(start_service, database_url):
    """001, 10) Testing: "logout with wrong/expired token"."""
    service = await start_service(database_url, access_ttl=1000)
    (session,) = await service.mint(age=5000)
    answer = await close(service, session.access)
    assert (answer.status_code, answer.json()) == (401, envelope("UNAUTHORIZED"))


async def test_a_token_that_is_invalid_already_is_401(service):
    """001, 9) Edge Cases: "Token already invalid = must respond 401"."""
    (session,) = await service.mint()
    await close(service, session.access)
    answer = await close(service, session.access)
    assert (answer.status_code, answer.json()) == (401, envelope("UNAUTHORIZED"))


async def test_a_server_error_is_500_internal_error(service, monkeypatch):
    """001, 2) Common Error Codes: 500 INTERNAL_ERROR."""

    async def broken(*_arguments, **_more):
        raise RuntimeError("on purpose")

    (session,) = await service.mint()
    monkeypatch.setattr(closings, "close_one", broken)
    answer = await close(service, session.access)
    assert (answer.status_code, answer.json()) == (500, envelope("INTERNAL_ERROR"))
    assert "on purpose" not in answer.text


async def test_messages_are_in_english(service):
    """001, 12) Changelog: "ENGLISH"; the envelope's own message is "Short error description"."""
    answer = await close(service, "wrong")
    assert answer.json()["message"] == "Invalid or expired access token"
    assert answer.headers["Content-Language"] == "en"


async def test_the_trace_id_is_a_uuid_and_the_answers_own(service):
    """001, 2) Error Envelope: `"trace_id": "uuid"`."""
    answer = await close(service, "wrong")
    assert answer.json()["trace_id"] == answer.headers["X-Trace-Id"]


async def test_only_the_current_session_is_closed(service):
    """001, 3) Flow Logic: "Revoke only the current session/token"."""
    first, second = await service.mint(2)
    (another,) = await service.mint(user_id=SUPERVISOR)
    await close(service, first.access)
    assert (await service.sessions(first.access)).status_code == 401
    assert (await service.sessions(second.access)).status_code == 200
    assert (await service.sessions(another.access)).status_code == 200


async def test_a_sanctum_token_is_accepted_and_its_row_deleted(service):
    """001, 1) Auth: "Bearer token / Sanctum required"; 4) Database Impact: "tokens (delete/revoke current token)"."""
    assert (await close(service, f"1|{demo_data.SANCTUM_SECRET}")).status_code == 204
    assert await service.rows("SELECT id FROM personal_access_tokens WHERE id = 1") == []
    repeat = await close(service, f"1|{demo_data.SANCTUM_SECRET}")
    assert (repeat.status_code, repeat.json()) == (401, envelope("UNAUTHORIZED"))


async def test_a_logout_is_logged(service, capsys):
    """001, 7) Observability: "Log logout events"."""
    (session,) = await service.mint()
    await close(service, session.access)
    printed = capsys.readouterr()
    assert session.session_id in printed.out + printed.err


async def test_sixty_a_minute_and_no_more(start_service, database_url):
    """001, 1) Endpoint: "Rate limiting: 60 req/minute", here by user from many addresses."""
    service = await start_service(database_url, rate_limit="on", trusted_proxies=_everybody())
    (session,) = await service.mint()
    statuses = []
    for number in range(61):
        headers = HOST | bearer(session.access) | {"X-Forwarded-For": f"198.51.100.{number}"}
        answer = await service.client.post(LOGOUT, headers=headers)
        statuses.append(answer.status_code)
    assert statuses[0] == 204
    assert set(statuses[1:60]) == {401}
    assert statuses[60] == 429
    assert answer.json() == envelope("RATE_LIMIT_EXCEEDED")


def _everybody():
    from cierre.settings import network

    return (network("127.0.0.1"),)


async def test_the_clients_other_host_changes_nothing_in_who_is_closed(service):
    """001, Purpose: "for the current user": the user is the token's, whatever the host."""
    (session,) = await service.mint()
    await close(service, session.access)
    assert [row["user_id"] for row in await service.audit()] == [USER]


def test_the_documents_curl_is_kept_as_it_is():
    """001, 10) Testing."""
    assert re.fullmatch(r'curl -X POST "https://api\.example\.com/\S+" -H "[^"]+"\n', snippet("001_logout.sh"))
