"""A refused request is not told back with its passwords and tokens: answers end in logs and screenshots."""

import json

import pytest

from tests.support.running import USER, bearer

SECRET = "hunter2-hunter2-hunter2"
LONG = SECRET * 60
ACCEPTS = [
    None,
    "application/vnd.cierre.session+json",
    "application/vnd.cierre.envelope+json",
    "application/vnd.cierre.respuesta+json",
    "application/problem+json",
]
LOGIN = "/api/v1/auth/login"
REFRESH = "/api/v1/auth/refresh"
PASSWORD = "/api/v1/auth/password"
CASES = [
    (LOGIN, {"username": "a@b.c", "password": LONG}),
    (LOGIN, {"username": "a@b.c", "password": [SECRET]}),
    (LOGIN, {"username": "a@b.c", "password": {"text": SECRET}}),
    (LOGIN, {"username": "a@b.c", "password": "x", "clientId": "c", "clientSecret": LONG}),
    (LOGIN, [{"username": "a@b.c", "password": SECRET}]),
    (LOGIN, SECRET),
    (LOGIN, [SECRET]),
    (REFRESH, {"refreshToken": [SECRET]}),
    (REFRESH, {"refreshToken": "", "token": SECRET}),
    (REFRESH, SECRET),
    (PASSWORD, {"currentPassword": SECRET, "newPassword": {"new": SECRET}}),
    (PASSWORD, {"currentPassword": LONG, "newPassword": "hunter2"}),
    ("/api/v1/auth/logout", {"refreshToken": SECRET}),
    ("/api/v1/auth/logout", {"logoutAll": True, "deviceId": "x", "password": SECRET}),
    ("/api/v1/auth/logout", SECRET),
    ("/api/auth/logout", {"refreshToken": [SECRET]}),
    ("/api/auth/logout", {"refreshToken": {"value": SECRET}}),
    ("/logout", {"user_id": 1, "token": [SECRET]}),
    ("/logout", {"token": SECRET}),
    ("/api/v1/admin/users/force-logout", {"userId": "x", "reason": "y", "password": SECRET}),
]


@pytest.fixture
def database_url(sqlite_url):
    """The database has no say in this."""
    return sqlite_url


@pytest.mark.parametrize("accept", ACCEPTS)
async def test_no_dialect_repeats_a_secret(service, accept):
    (session,) = await service.mint(user_id="64f8a123b456c789d012e347")
    for path, body in CASES:
        headers = bearer(session.access) | ({"Accept": accept} if accept else {})
        answer = await service.client.post(path, json=body, headers=headers)
        assert answer.status_code == 400, (path, body)
        assert "hunter2" not in answer.text, (path, body)


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"])
async def test_no_oauth_endpoint_repeats_one(service, path):
    forms = [
        {"token": [SECRET, SECRET], "client_secret": [SECRET, SECRET], "refresh_token": [SECRET, SECRET]},
        {"client_secret": SECRET},
        {"token": "", "client_secret": SECRET, "grant_type": ""},
    ]
    for form in forms:
        answer = await service.client.post(path, data=form)
        assert answer.status_code in {400, 401}
        assert "hunter2" not in answer.text


@pytest.mark.parametrize("name", ["password", "token", "access_token", "refreshToken", "client_secret"])
async def test_no_parameter_of_the_query_is_repeated(service, name):
    (session,) = await service.mint(user_id="64f8a123b456c789d012e347")
    query = {name: SECRET, "limit": "0", "cursor": "no-cursor"}
    answer = await service.client.get("/api/v1/admin/audit-events", params=query, headers=bearer(session.access))
    assert answer.status_code == 400
    assert "hunter2" not in answer.text


async def test_what_is_no_secret_is_told(service):
    (session,) = await service.mint()
    answer = await service.logout(session.access, {"deviceId": "mi teléfono"})
    assert '"mi teléfono"' in answer.json()["details"]["errors"][0]["message"]


async def test_the_log_and_the_trail_hold_none(service, capsys):
    (session,) = await service.mint(user_id="64f8a123b456c789d012e347")
    for path, body in CASES:
        await service.client.post(f"{path}?password={SECRET}", json=body, headers=bearer(session.access))
    forced = {"userId": USER, "reason": "y"}
    headers = bearer(session.access, **{"Idempotency-Key": "k"})
    await service.client.post("/api/v1/admin/users/force-logout", json=forced, headers=headers)
    printed = capsys.readouterr()
    assert "hunter2" not in printed.out + printed.err
    rows = [await service.rows(f"SELECT * FROM {table}") for table in ("audit_events", "idempotency_keys")]
    assert "hunter2" not in json.dumps(rows)
