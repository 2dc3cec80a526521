"""CORS: `--allowed-origins`, and nothing without it."""

import pytest

from tests.support.running import LOGOUT, bearer

APP = "https://app.example.com"
ASKING = {
    "Origin": APP,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type, idempotency-key, prefer",
}


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


@pytest.fixture
async def open_service(start_service, database_url):
    return await start_service(database_url, allowed_origins=(APP,))


async def test_an_allowed_origin_may_ask_before_it_sends(open_service):
    answer = await open_service.client.options(LOGOUT, headers=ASKING)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key", "prefer"))


async def test_a_foreign_origin_may_not(open_service):
    answer = await open_service.client.options(LOGOUT, headers=ASKING | {"Origin": "https://evil.test"})
    assert answer.status_code == 400
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("kind", ["success", "failure", "not found", "malformed"])
async def test_every_answer_to_an_allowed_origin_says_so(open_service, kind):
    (session,) = await open_service.mint()
    token = session.access if kind == "success" else "wrong"
    path = "/api/v1/nowhere" if kind == "not found" else LOGOUT
    content = b"{" if kind == "malformed" else b"{}"
    headers = bearer(token) | {"Origin": APP, "Content-Type": "application/json"}
    answer = await open_service.client.post(path, content=content, headers=headers)
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert "Origin" in answer.headers["Vary"]
    assert "Accept" in answer.headers["Vary"]


async def test_the_fields_that_a_client_needs_are_exposed(open_service):
    headers = bearer("wrong") | {"Origin": APP}
    answer = await open_service.client.post(LOGOUT, headers=headers)
    exposed = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert {"Retry-After", "RateLimit", "RateLimit-Policy", "X-Trace-Id", "WWW-Authenticate"} <= exposed


async def test_a_foreign_origin_with_a_token_of_its_own_is_answered_without_leave_to_read(open_service):
    """The bearer token is the credential, not the browser: only the reading is refused, by the browser."""
    (session,) = await open_service.mint()
    headers = bearer(session.access) | {"Origin": "https://evil.test"}
    answer = await open_service.client.post(LOGOUT, headers=headers)
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_without_the_setting_there_is_no_cors(service):
    answer = await service.client.options(LOGOUT, headers=ASKING)
    assert answer.status_code == 405
    answer = await service.client.post(LOGOUT, headers=bearer("wrong") | {"Origin": APP})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
