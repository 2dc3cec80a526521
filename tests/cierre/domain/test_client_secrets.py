"""A client that has a secret proves it at login and refresh, as at the OAuth endpoints (RFC 6749, 2.3.1 and 6)."""

import pytest

from cierre.cli import demo_data
from tests.support.running import EMAIL, USER, bearer

LOGIN = "/api/v1/auth/login"
REFRESH = "/api/v1/auth/refresh"
CLIENT = "demo-resource"
SECRET = demo_data.PASSWORD
IN_BODY = {"clientId": CLIENT, "clientSecret": SECRET}
RIGHT = [(IN_BODY, None), ({}, (CLIENT, SECRET)), ({"clientId": CLIENT}, (CLIENT, SECRET))]
WRONG = [
    ({"clientId": CLIENT}, None),
    ({"clientId": CLIENT, "clientSecret": "wrong"}, None),
    ({"clientSecret": SECRET}, None),
    ({"clientId": "demo-session", "clientSecret": SECRET}, None),
    ({"clientId": "nobody", "clientSecret": SECRET}, None),
    ({}, (CLIENT, "wrong")),
    ({}, ("nobody", SECRET)),
    ({"clientId": "demo-session"}, (CLIENT, SECRET)),
    (IN_BODY, (CLIENT, SECRET)),
]


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


async def log_in(service, members, auth=None, **headers):
    body = {"username": EMAIL[USER], "password": demo_data.PASSWORD} | members
    return await service.client.post(LOGIN, json=body, auth=auth, headers=headers)


async def refresh(service, token, members=None, auth=None, **headers):
    body = {"refreshToken": token} | (members or {})
    return await service.client.post(REFRESH, json=body, auth=auth, headers=headers)


async def sessions_of(service):
    return await service.rows("SELECT id FROM sessions")


@pytest.mark.parametrize(("members", "auth"), WRONG)
async def test_a_login_for_a_confidential_client_takes_its_secret(service, members, auth):
    answer = await log_in(service, members, auth)
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CLIENT")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert await sessions_of(service) == []


@pytest.mark.parametrize(("members", "auth"), RIGHT)
async def test_with_its_secret_the_session_is_the_clients(service, members, auth):
    answer = await log_in(service, members, auth)
    assert answer.status_code == 200
    assert [row["client_id"] for row in await service.rows("SELECT client_id FROM sessions")] == [CLIENT]


@pytest.mark.parametrize(("members", "auth"), [*WRONG, ({}, None)])
async def test_a_confidential_clients_refresh_token_is_worth_nothing_without_the_secret(service, members, auth):
    (session,) = await service.mint(client_id=CLIENT)
    answer = await refresh(service, session.refresh, members, auth)
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CLIENT")
    again = await refresh(service, session.refresh, IN_BODY)
    assert again.status_code == 200


@pytest.mark.parametrize(("members", "auth"), [(IN_BODY, None), ({}, (CLIENT, SECRET))])
async def test_another_clients_refresh_token_stays_that_clients(service, members, auth):
    (session,) = await service.mint()
    assert (await refresh(service, session.refresh, members, auth)).json()["code"] == "INVALID_REFRESH_TOKEN"
    assert (await refresh(service, session.refresh)).status_code == 200


async def test_a_rotated_token_without_the_secret_is_no_replay(service):
    """Who has the token alone closes nothing by it."""
    (session,) = await service.mint(client_id=CLIENT)
    following = (await refresh(service, session.refresh, IN_BODY)).json()["data"]["refreshToken"]
    await refresh(service, following, IN_BODY)
    assert (await refresh(service, session.refresh)).json()["code"] == "INVALID_CLIENT"
    assert (await service.sessions(session.access)).status_code == 200


@pytest.mark.parametrize("way", ["login", "refresh"])
@pytest.mark.parametrize(
    ("members", "auth"), [({"clientId": CLIENT, "clientSecret": "wrong"}, None), ({}, (CLIENT, "wrong"))]
)
async def test_guesses_at_a_secret_are_counted_with_those_at_the_oauth_endpoints(
    start_service, database_url, way, members, auth
):
    service = await start_service(database_url, rate_limit="on")
    (session,) = await service.mint(client_id=CLIENT)
    for number in range(20):
        wrong = {"token": "x", "client_id": CLIENT, "client_secret": "wrong"}
        if number % 2:
            answer = await service.client.post("/oauth2/introspect", data=wrong)
        elif way == "login":
            answer = await log_in(service, members, auth)
        else:
            answer = await refresh(service, session.refresh, members, auth)
        assert answer.status_code == 401
    refused = await log_in(service, IN_BODY) if way == "login" else await refresh(service, session.refresh, IN_BODY)
    assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMIT_EXCEEDED")


@pytest.mark.parametrize("authorization", ["Bearer stale", "Bearer", "Digest x", "basically"])
async def test_only_basic_names_a_client(service, authorization):
    (session,) = await service.mint()
    assert (await log_in(service, {}, Authorization=authorization)).status_code == 200
    assert (await refresh(service, session.refresh, Authorization=authorization)).status_code == 200


@pytest.mark.parametrize("authorization", ["Basic", "Basic ???", "Basic bm9jb2xvbg==", "basic /w=="])
async def test_basic_that_cannot_be_read_is_refused(service, authorization):
    assert (await log_in(service, {}, Authorization=authorization)).json()["code"] == "INVALID_CLIENT"


async def test_the_holder_of_a_token_may_close_its_session_without_the_secret(service):
    """Closing harms nobody but the holder, and document 004's clients send no secret."""
    one, two = await service.mint(2, client_id=CLIENT)
    assert (await service.client.post("/api/auth/logout", json={"refreshToken": one.refresh})).status_code == 200
    assert (await service.client.post("/api/v1/auth/logout", headers=bearer(two.access))).status_code == 200


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/vnd.cierre.envelope+json", {"success": False, "code": "INVALID_CLIENT"}),
        ("application/vnd.cierre.respuesta+json", {"error": 3006}),
        ("application/problem+json", {"type": "urn:cierre:error:INVALID_CLIENT"}),
    ],
)
async def test_it_is_told_in_the_dialect(service, accept, expected):
    answer = await log_in(service, {"clientId": CLIENT}, Accept=accept)
    assert answer.status_code == 401
    assert expected.items() <= answer.json().items()
