"""Sanctum's limits hold: what a token may do (`abilities`), and how old it may be (`sanctum.expiration`)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from cierre.cli import demo_data
from cierre.storage.statements import Statement
from cierre.tokens.opaque import digest
from cierre.verifier import Introspection, Verifier
from tests.support.running import ADMIN, EMAIL, LOGOUT, USER, bearer

FORCE = "/api/v1/admin/users/force-logout"
AUDIT = "/api/v1/admin/audit-events"
SESSIONS = "/api/v1/auth/sessions"
PASSWORD = "/api/v1/auth/password"
SECRET = "a-token-that-laravel-made-a-token-that-l"
ADD = Statement(
    text(
        "INSERT INTO personal_access_tokens (id, tokenable_type, tokenable_id, name, token, abilities, created_at)"
        " SELECT :id, 'App\\Models\\User', tokenable_id, 'laravel', :hash, :abilities, :created_at"
        " FROM users WHERE email = :email"
    )
)
LIMITED = '["notes:read"]'


@pytest.fixture
def laravel(start_service, database_url):
    """`await laravel(abilities, …)`: the service, and a token as Laravel left it in the table."""

    async def put(abilities, *, owner=ADMIN, age=timedelta(), **settings):
        service = await start_service(database_url, **settings)
        made = None if age is None else (datetime.now(UTC) - age).replace(tzinfo=None)
        if made is not None and database_url.startswith("sqlite"):
            made = f"{made:%Y-%m-%d %H:%M:%S}"
        async with service.services.database.connect() as tx:
            values = {"abilities": abilities, "created_at": made, "email": EMAIL[owner], "hash": digest(SECRET)}
            await tx.run(ADD, id=70, **values)
        return service, f"70|{SECRET}"

    return put


async def forced(service, token):
    return await service.client.post(FORCE, json={"userId": USER, "reason": "x"}, headers=bearer(token))


async def audited(service, token):
    return await service.client.get(AUDIT, headers=bearer(token))


async def changed(service, token):
    body = {"currentPassword": demo_data.PASSWORD, "newPassword": "cierre-demo-2"}
    return await service.client.post(PASSWORD, json=body, headers=bearer(token))


async def listed(service, token):
    return await service.sessions(token)


async def shown(service, token):
    return await service.client.get(f"{SESSIONS}/64f8a123b456c789d012e345", headers=bearer(token))


ASKED = {
    "cierre:force-logout": forced,
    "cierre:read-audit": audited,
    "cierre:change-password": changed,
    "cierre:read-sessions": listed,
}


@pytest.mark.parametrize(("ability", "call"), [*ASKED.items(), ("cierre:read-sessions", shown)])
async def test_a_token_without_the_ability_may_not(laravel, ability, call):
    service, token = await laravel(LIMITED)
    (open_session,) = await service.mint()
    refused = await call(service, token)
    assert (refused.status_code, refused.json()["code"]) == (403, "ABILITY_REQUIRED")
    assert refused.json()["details"] == {"requiredAbility": ability}
    assert "insufficient_scope" in refused.headers["WWW-Authenticate"]
    assert (await service.sessions(open_session.access)).status_code == 200
    assert await service.audit() == []


@pytest.mark.parametrize(("ability", "call"), ASKED.items())
async def test_a_token_with_the_ability_may(laravel, ability, call):
    service, token = await laravel(f'["notes:read", "{ability}"]')
    assert (await call(service, token)).status_code == 200


@pytest.mark.parametrize("call", ASKED.values())
async def test_a_token_with_every_ability_may(laravel, call):
    service, token = await laravel('["notes:read", "*"]')
    assert (await call(service, token)).status_code == 200


@pytest.mark.parametrize("abilities", [None, "", "[]", "{}", "null", "*", '"*"', "[[]]", "[1]", "[" * 3000, '{"*": 1}'])
async def test_abilities_that_say_nothing_allow_nothing(laravel, abilities):
    service, token = await laravel(abilities)
    assert (await forced(service, token)).status_code == 403


@pytest.mark.parametrize("abilities", [LIMITED, "[]", None])
async def test_any_token_may_close_its_own_session(laravel, abilities):
    service, token = await laravel(abilities)
    assert (await service.logout(token)).status_code == 200
    assert (await service.logout(token)).status_code == 404


async def test_any_token_closes_its_own_session_on_document_000s_path(laravel):
    service, token = await laravel(LIMITED)
    answer = await service.client.post("/logout", json={"user_id": ADMIN, "token": token})
    assert answer.status_code == 200


@pytest.mark.parametrize("body", [{"logoutAll": True}, {"deviceId": "sanctum-70"}])
async def test_closing_more_than_its_own_session_takes_an_ability(laravel, body):
    service, token = await laravel(LIMITED)
    (other,) = await service.mint(user_id=ADMIN)
    refused = await service.logout(token, body)
    assert (refused.status_code, refused.json()["details"]) == (403, {"requiredAbility": "cierre:close-sessions"})
    assert (await service.sessions(other.access)).status_code == 200
    assert (await service.logout(token, {"logoutAll": False})).status_code == 200


async def test_closing_all_is_allowed_by_its_ability(laravel):
    service, token = await laravel('["cierre:close-sessions"]')
    (other,) = await service.mint(user_id=ADMIN)
    assert (await service.logout(token, {"logoutAll": True})).status_code == 200
    assert (await service.sessions(other.access)).status_code == 401


async def test_introspection_tells_a_limited_tokens_abilities_as_its_scope(laravel):
    service, token = await laravel('["notes:write", "notes:read"]')
    asked = {"token": token, "client_id": "demo-resource", "client_secret": demo_data.PASSWORD}
    answer = await service.client.post("/oauth2/introspect", data=asked)
    assert (answer.json()["active"], answer.json()["scope"]) == (True, "notes:read notes:write")


async def test_a_resource_server_that_introspects_is_told_the_abilities(laravel):
    service, token = await laravel(LIMITED)
    by = Introspection("demo-resource", demo_data.PASSWORD)
    async with Verifier(issuer=service.services.settings.issuer, revocations=by, client=service.client) as verifier:
        limited = await verifier.verify(token)
        free = await verifier.verify((await service.login(tokenFormat="opaque"))["accessToken"])
    assert (limited.may("notes:read"), limited.may("notes:write"), limited.may("*")) == (True, False, False)
    assert free.may("notes:write")


async def test_introspection_of_an_unlimited_token_has_no_scope(service):
    issued = await service.login(tokenFormat="opaque")
    for token in issued["accessToken"], issued["refreshToken"]:
        asked = {"token": token, "client_id": "demo-resource", "client_secret": demo_data.PASSWORD}
        answer = await service.client.post("/oauth2/introspect", data=asked)
        assert answer.json()["active"]
        assert "scope" not in answer.json()


@pytest.mark.parametrize("path", [LOGOUT, SESSIONS])
async def test_a_token_older_than_sanctums_expiration_is_expired(laravel, path):
    service, token = await laravel('["*"]', age=timedelta(hours=2), sanctum_expiration=3_600_000)
    answer = await service.client.request("POST" if path == LOGOUT else "GET", path, headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (401, "ACCESS_TOKEN_EXPIRED")


async def test_a_token_younger_than_sanctums_expiration_is_good(laravel):
    service, token = await laravel('["*"]', age=timedelta(minutes=30), sanctum_expiration=3_600_000)
    assert (await service.sessions(token)).status_code == 200


async def test_a_token_whose_age_nobody_knows_is_invalid_where_it_counts(laravel):
    service, token = await laravel('["*"]', age=None, sanctum_expiration=3_600_000)
    assert (await service.sessions(token)).json()["code"] == "INVALID_ACCESS_TOKEN"


async def test_a_token_that_we_issue_promises_no_more_than_laravel_keeps(start_service, database_url):
    service = await start_service(database_url, sanctum_expiration=60_000)
    assert (await service.login(tokenFormat="opaque"))["expiresIn"] == 60
    assert (await service.login())["expiresIn"] == 900
