"""Sanctum's tokens: a `personal_access_tokens` as Laravel's migration makes it and its dump has it (decision 4)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from cierre.cli import demo_data
from cierre.domain import closing
from cierre.storage.repositories import sanctum, users
from cierre.storage.statements import Statement
from cierre.tokens.opaque import digest, sanctum_session_id
from tests.support.contexts import context
from tests.support.running import ADMIN, USER, bearer

LOGOUT = "/api/v1/auth/logout"
# A dump's rows; Laravel's `createToken` hashes the 40 characters after the `|` with SHA-256.
SECRETS = {
    7: "hJz2cQ0mVw8sXk4tRb6yNf1pLd3gEa5uTi9oKv7C",
    8: "another-users-token-another-users-token-",
    9: "expired-token-expired-token-expired-toke",
    10: "a-token-of-another-model-a-token-of-anot",
    11: "nobody-owns-this-token-nobody-owns-this-",
    12: "a-token-that-expires-later-a-token-that-",
}
DUMP = """
INSERT INTO personal_access_tokens
 (id, tokenable_type, tokenable_id, name, token, abilities, last_used_at, expires_at, created_at, updated_at)
VALUES
 (7, 'App\\Models\\User', 1, 'iPhone de Ana', '{7}', '["*"]', '{past}', NULL, '{past}', '{past}'),
 (8, 'App\\Models\\User', 2, 'web', '{8}', '["*"]', NULL, NULL, '{past}', '{past}'),
 (9, 'App\\Models\\User', 1, 'old', '{9}', '["*"]', NULL, '{past}', '{past}', '{past}'),
 (10, 'App\\Models\\Device', 1, 'sensor', '{10}', '["*"]', NULL, NULL, '{past}', '{past}'),
 (11, 'App\\Models\\User', 99, 'ghost', '{11}', NULL, NULL, NULL, NULL, NULL),
 (12, 'App\\Models\\User', 1, 'timed', '{12}', '["*"]', NULL, '{future}', '{past}', '{past}')
"""


def token(number):
    return f"{number}|{SECRETS[number]}"


@pytest.fixture
async def laravel(service):
    """The service beside the table of a running Laravel."""
    now = datetime.now(UTC)
    times = {"past": now - timedelta(days=30), "future": now + timedelta(hours=1)}
    written = {name: f"{value:%Y-%m-%d %H:%M:%S}" for name, value in times.items()}
    dump = DUMP
    for number, secret in SECRETS.items():
        dump = dump.replace(f"{{{number}}}", digest(secret))
    for name, value in written.items():
        dump = dump.replace(f"{{{name}}}", value)
    async with service.services.database.connect() as tx:
        # A colon begins a parameter; in the dump there are only those of its times.
        await tx.run(Statement(text(dump.replace(":", "\\:"))))
    return service


async def rows(service):
    return {row["id"] for row in await service.rows("SELECT id FROM personal_access_tokens")}


async def test_a_token_that_laravel_made_is_accepted_as_it_is(laravel):
    answer = await laravel.sessions(token(7))
    assert answer.status_code == 200
    (listed,) = answer.json()["data"]["sessions"]
    assert (listed["deviceId"], listed["current"]) == ("sanctum-7", True)


async def test_its_session_is_made_at_first_use_stable_by_the_tokens_id_and_its_owners(laravel):
    for _ in range(3):
        await laravel.sessions(token(7))
    (session,) = await laravel.rows("SELECT id, user_id, token_id FROM sessions")
    assert session == {"id": sanctum_session_id(7), "user_id": USER, "token_id": 7}


async def test_closing_deletes_the_row_as_sanctum_does_and_no_other(laravel):
    before = await rows(laravel)
    answer = await laravel.logout(token(7))
    assert answer.json()["data"]["user"]["id"] == USER
    assert await rows(laravel) == before - {7}


async def test_a_repeat_is_recognised_by_the_hash_that_the_session_keeps(laravel):
    first = await laravel.logout(token(7))
    again = await laravel.logout(token(7))
    assert (again.status_code, again.json()["code"]) == (404, "SESSION_NOT_FOUND")
    assert again.json()["details"]["closedAt"] == first.json()["data"]["logout"]["loggedOutAt"]


async def test_another_secret_under_a_deleted_id_is_invalid(laravel):
    await laravel.logout(token(7))
    answer = await laravel.logout("7|" + SECRETS[8])
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_ACCESS_TOKEN")


@pytest.mark.parametrize(
    "presented",
    ["7|" + SECRETS[8], "8|" + SECRETS[7], "7|" + digest(SECRETS[7]), "99|" + SECRETS[7], "07|" + SECRETS[8]],
    ids=["another's secret", "another's id", "the hash itself", "no such id", "zero"],
)
async def test_a_token_whose_secret_is_not_the_rows_is_invalid(laravel, presented):
    assert (await laravel.logout(presented)).status_code == 401
    assert await laravel.audit() == []


async def test_a_token_past_laravels_expires_at_is_expired(laravel):
    answer = await laravel.logout(token(9))
    assert (answer.status_code, answer.json()["code"]) == (401, "ACCESS_TOKEN_EXPIRED")
    assert 9 in await rows(laravel)


async def test_a_token_before_laravels_expires_at_is_good(laravel):
    assert (await laravel.logout(token(12))).status_code == 200


@pytest.mark.parametrize("number", [10, 11])
async def test_a_token_of_another_model_or_of_nobody_is_invalid(laravel, number):
    answer = await laravel.logout(token(number))
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_ACCESS_TOKEN")
    assert number in await rows(laravel)


async def test_closing_all_deletes_every_token_that_has_a_session_and_kills_the_rest(laravel):
    (session,) = await laravel.mint()
    await laravel.sessions(token(7))
    answer = await laravel.logout(session.access, {"logoutAll": True})
    assert answer.json()["data"]["logout"]["sessionsClosed"] == 2
    assert 7 not in await rows(laravel)
    assert (await laravel.sessions(token(7))).status_code == 401
    assert (await laravel.sessions(token(8))).status_code == 200


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("way", ["all", "forced", "disabled", "password", "forced without a session"])
async def test_tokens_that_were_never_used_here_die_with_the_users_others(laravel, way, used):
    (session,), (admin,) = await laravel.mint(), await laravel.mint(user_id=ADMIN)
    for number in (7, 12) if used else ():
        assert (await laravel.sessions(token(number))).status_code == 200
    if way == "all":
        await laravel.logout(session.access, {"logoutAll": True})
    elif way.startswith("forced"):
        if "without" in way:
            await laravel.logout(session.access)
        body = {"userId": USER, "reason": "x"}
        await laravel.client.post("/api/v1/admin/users/force-logout", json=body, headers=bearer(admin.access))
    elif way == "disabled":
        async with context(laravel.services) as now:
            await closing.close_all(now, USER, closing.automatic("account_disabled"))
    else:
        body = {"currentPassword": demo_data.PASSWORD, "newPassword": "cierre-demo-2"}
        changed = await laravel.client.post("/api/v1/auth/password", json=body, headers=bearer(session.access))
        assert changed.status_code == 200
    # Of this user none is left, not even for Laravel itself; other users' and other models' stay.
    assert await rows(laravel) == {2, 8, 10, 11}
    assert [(await laravel.sessions(token(number))).status_code for number in (7, 12, 8)] == [401, 401, 200]


async def test_a_password_change_by_a_sanctum_token_leaves_that_token(laravel):
    body = {"currentPassword": demo_data.PASSWORD, "newPassword": "cierre-demo-2"}
    changed = await laravel.client.post("/api/v1/auth/password", json=body, headers=bearer(token(7)))
    assert changed.status_code == 200
    assert await rows(laravel) & {7, 9, 12} == {7}
    assert (await laravel.sessions(token(7))).status_code == 200


async def test_a_first_use_that_waits_for_a_closing_of_all_comes_too_late(laravel, monkeypatch):
    """The token's row was read before the closing deleted it."""
    found, closed = sanctum.find, []

    async def find(tx, token_id):
        row = await found(tx, token_id)
        if not closed:
            closed.append(True)
            async with context(laravel.services) as now:
                await closing.close_all(now, USER, closing.ALL_DEVICES)
        return row

    monkeypatch.setattr(sanctum, "find", find)
    assert (await laravel.sessions(token(7))).status_code == 401
    assert await laravel.rows("SELECT id FROM sessions") == []


async def test_a_disabled_owners_token_is_invalid(laravel):
    async with context(laravel.services) as now:
        await users.set_enabled(now.tx, USER, enabled=False)
    assert (await laravel.sessions(token(7))).status_code == 401


async def test_a_token_that_we_issue_is_in_laravels_form_and_table(laravel):
    issued = await laravel.login(tokenFormat="opaque")
    number, _, secret = issued["accessToken"].partition("|")
    (row,) = await laravel.rows("SELECT * FROM personal_access_tokens WHERE id = :id", id=int(number))
    assert (row["token"], row["tokenable_type"], row["tokenable_id"]) == (digest(secret), "App\\Models\\User", 1)
    assert row["abilities"] == '["*"]'
    assert row["created_at"] is not None


async def test_document_002s_own_token_closes_its_session(service):
    answer = await service.client.post(
        LOGOUT, headers=bearer(f"1|{demo_data.SANCTUM_SECRET}") | {"Host": "api.ejemplo.com"}
    )
    assert answer.json() == {"error": 0, "respuesta": "Sesión cerrada correctamente", "resultado": {}}


async def test_a_token_that_was_renewed_still_closes_its_session_and_does_nothing_else(service):
    """Whichever came first, logout or refresh: afterwards no token is good."""
    issued = await service.login(tokenFormat="opaque")
    answer = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": issued["refreshToken"]})
    renewed = answer.json()["data"]["accessToken"]

    assert (await service.sessions(issued["accessToken"])).status_code == 401
    assert (await service.sessions(renewed)).status_code == 200
    assert (await service.logout(issued["accessToken"])).status_code == 200
    assert (await service.sessions(renewed)).status_code == 401
    assert (await service.logout(issued["accessToken"])).status_code == 404
