"""`cierre.domain.logins`: opening sessions, refreshing them, changing the password; on both databases."""

import asyncio
import re
import uuid

import pytest
from argon2 import extract_parameters

from cierre.cli import demo_data
from cierre.domain import logins
from cierre.domain.passwords import Passwords
from cierre.errors import LoginFailed, RefreshTokenExpired, RefreshTokenInvalid, RefreshTokenReused
from cierre.settings import DAY, MINUTE
from cierre.storage.repositories import users
from cierre.tokens.opaque import digest, successor
from tests.support.contexts import context, opened
from tests.support.running import ADMIN, EMAIL, SUPERVISOR, USER, bearer

LOGIN = "/api/v1/auth/login"
PASSWORD = "/api/v1/auth/password"


async def try_login(service, **body):
    return await service.client.post(LOGIN, json={"username": EMAIL[USER], "password": demo_data.PASSWORD} | body)


async def refresh(services, token, *, later=0, **more):
    async with context(services, later=later) as now:
        return await logins.refresh(now, services.issuer, token, **more)


async def test_a_login_answers_with_tokens_a_session_and_the_user(service):
    answer = await try_login(service)
    data = answer.json()["data"]
    assert answer.json()["success"] is True
    assert set(data) == {"accessToken", "refreshToken", "tokenType", "expiresIn", "sessionId", "user"}
    assert (data["tokenType"], data["expiresIn"]) == ("Bearer", 900)
    assert re.fullmatch(r"[0-9a-f]{24}", data["sessionId"])
    assert data["user"] == {"id": USER, "email": EMAIL[USER], "role": "EMPLEADO"}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("username", ["USUARIO@ejemplo.com", "  usuario@ejemplo.com "])
async def test_an_address_is_the_same_in_any_case_and_with_spaces_around(service, username):
    assert (await try_login(service, username=username)).status_code == 200


async def test_a_login_without_a_device_gets_a_uuid(service):
    data = (await try_login(service)).json()["data"]
    (listed,) = (await service.sessions(data["accessToken"])).json()["data"]["sessions"]
    assert str(uuid.UUID(listed["deviceId"])) == listed["deviceId"]


async def test_a_device_and_a_client_are_kept(service):
    data = (await try_login(service, deviceId="my.phone:1_A-b", clientId="demo-session")).json()["data"]
    (listed,) = (await service.sessions(data["accessToken"])).json()["data"]["sessions"]
    assert (listed["deviceId"], listed["clientId"]) == ("my.phone:1_A-b", "demo-session")


@pytest.mark.parametrize(
    "body",
    [
        {"clientId": "nobody"},
        {"deviceId": "x" * 129},
        {"deviceId": "a b"},
        {"tokenFormat": "paper"},
        {"refreshDelivery": "pigeon"},
        {"password": ""},
        {"username": ""},
        {"password": 7},
        {"extra": 1},
    ],
)
async def test_a_login_that_breaks_the_contract_is_400(service, body):
    answer = await try_login(service, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")


async def test_a_failed_login_says_the_same_whether_or_not_the_user_exists(service):
    async with context(service.services) as now:
        await users.set_enabled(now.tx, SUPERVISOR, enabled=False)
    answers = [
        await try_login(service, password="wrong"),
        await try_login(service, username="nobody@ejemplo.com"),
        await try_login(service, username=EMAIL[SUPERVISOR]),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "INVALID_CREDENTIALS"


async def test_an_account_that_is_disabled_or_renamed_between_check_and_login_opens_nothing(service):
    services = service.services
    async with context(services) as now:
        account = await users.by_id(now.tx, USER)
        await users.set_password(now.tx, USER, "another hash")
    with pytest.raises(LoginFailed):
        async with context(services) as now:
            await logins.login(now, services.issuer, account, client_id="cierre")
    assert await service.rows("SELECT id FROM sessions") == []


async def test_a_refresh_gives_new_tokens_of_the_same_session(service):
    services = service.services
    first = await opened(services)
    second = await refresh(services, first.refresh_token)
    assert second.session_id == first.session_id
    assert second.refresh_token == successor(first.refresh_token, services.issuer.secret)
    assert (await service.sessions(second.access_token)).status_code == 200


async def test_an_access_token_outlives_the_refresh_of_its_session(service):
    first = await opened(service.services)
    await refresh(service.services, first.refresh_token)
    assert (await service.sessions(first.access_token)).status_code == 200


async def test_a_double_click_within_the_grace_gets_the_same_successor(service):
    services = service.services
    first = await opened(services)
    one, two = [await refresh(services, first.refresh_token, later=later) for later in (0, 9_000)]
    assert one.refresh_token == two.refresh_token


async def test_after_the_grace_the_same_click_is_a_replay_and_closes_the_family(service):
    services = service.services
    first = await opened(services)
    second = await refresh(services, first.refresh_token)
    with pytest.raises(RefreshTokenReused):
        await refresh(services, first.refresh_token, later=10_001 + 1000)
    with pytest.raises(RefreshTokenInvalid):
        await refresh(services, second.refresh_token)
    (row,) = [row for row in await service.audit() if row["sessions_closed"]]
    assert (row["event"], row["reason"]) == ("security_logout", "refresh_reuse")


async def test_a_replay_of_a_closed_family_is_just_invalid_and_audited_once(service):
    services = service.services
    first = await opened(services)
    await refresh(services, first.refresh_token)
    for error in (RefreshTokenReused, RefreshTokenInvalid):
        with pytest.raises(error):
            await refresh(services, first.refresh_token, later=MINUTE)
    assert len(await service.audit()) == 1


async def test_a_refresh_token_expires(service):
    services = service.services
    first = await opened(services)
    with pytest.raises(RefreshTokenExpired):
        await refresh(services, first.refresh_token, later=31 * DAY)


async def test_an_idle_session_is_closed_by_its_refresh(service):
    services = service.services
    first = await opened(services)
    with pytest.raises(RefreshTokenExpired):
        await refresh(services, first.refresh_token, later=15 * DAY)
    (row,) = await service.audit()
    assert row["reason"] == "inactivity"


async def test_a_session_in_use_lives_to_its_absolute_end_and_no_longer(service):
    services = service.services
    issued = await opened(services)
    for day in range(10, 90, 10):
        issued = await refresh(services, issued.refresh_token, later=day * DAY)
    with pytest.raises(RefreshTokenExpired):
        await refresh(services, issued.refresh_token, later=91 * DAY)
    assert (await service.audit())[-1]["reason"] == "expired"


async def test_a_refresh_for_another_client_is_refused(service):
    issued = await opened(service.services)
    with pytest.raises(RefreshTokenInvalid):
        await refresh(service.services, issued.refresh_token, client_id="demo-session")


async def test_a_disabled_account_refreshes_nothing(service):
    issued = await opened(service.services)
    async with context(service.services) as now:
        await users.set_enabled(now.tx, USER, enabled=False)
    with pytest.raises(RefreshTokenInvalid):
        await refresh(service.services, issued.refresh_token)


async def test_an_opaque_session_is_renewed_with_an_opaque_token_and_the_old_one_is_dead(service):
    issued = await service.login(tokenFormat="opaque")
    renewed = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": issued["refreshToken"]})
    new = renewed.json()["data"]["accessToken"]
    assert re.fullmatch(r"\d+\|\S{40,}", new)
    assert (await service.sessions(new)).status_code == 200
    assert (await service.sessions(issued["accessToken"])).status_code == 401


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("clicks", [2, 8])
async def test_every_answer_to_a_double_click_works_in_an_opaque_session(service, together, clicks):
    issued = await service.login(tokenFormat="opaque")

    async def click():
        return await service.client.post("/api/v1/auth/refresh", json={"refreshToken": issued["refreshToken"]})

    answers = await asyncio.gather(*(click() for _ in range(clicks))) if together else [await click(), await click()]
    renewed = [answer.json()["data"] for answer in answers]
    assert [(await service.sessions(one["accessToken"])).status_code for one in renewed] == [200] * len(renewed)
    assert len({one["refreshToken"] for one in renewed}) == 1
    # Nothing is left that Laravel would go on accepting.
    assert (await service.sessions(issued["accessToken"])).status_code == 401
    (kept,) = await service.rows("SELECT id FROM personal_access_tokens WHERE name = 'cierre'")
    assert {one["accessToken"].partition("|")[0] for one in renewed} == {str(kept["id"])}


async def test_after_a_double_click_the_session_goes_on_and_ends_as_any_other(service):
    issued = await service.login(tokenFormat="opaque")
    for _ in range(2):
        answer = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": issued["refreshToken"]})
    first = answer.json()["data"]
    answer = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": first["refreshToken"]})
    second = answer.json()["data"]
    assert [(await service.sessions(one["accessToken"])).status_code for one in (first, second)] == [401, 200]
    await service.logout(second["accessToken"])
    assert (await service.sessions(second["accessToken"])).status_code == 401
    assert await service.rows("SELECT id FROM personal_access_tokens WHERE name = 'cierre'") == []


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "1|abcdef1234567890"])
async def test_what_is_no_refresh_token_is_refused(service, token):
    with pytest.raises(RefreshTokenInvalid):
        await refresh(service.services, token)


async def test_a_change_of_password_closes_the_others_and_keeps_the_asking_session(service):
    mine, other = await service.login(), await service.login()
    (admin,) = await service.mint(user_id=ADMIN)
    body = {"currentPassword": demo_data.PASSWORD, "newPassword": "a-new-password"}
    answer = await service.client.post(PASSWORD, json=body, headers=bearer(mine["accessToken"]))
    assert (answer.status_code, answer.json()["data"]["logout"]["sessionsClosed"]) == (200, 1)
    assert (await service.sessions(mine["accessToken"])).status_code == 200
    assert (await service.sessions(other["accessToken"])).status_code == 401
    assert (await service.sessions(admin.access)).status_code == 200
    assert (await try_login(service)).status_code == 401
    assert (await try_login(service, password="a-new-password")).status_code == 200
    (row,) = await service.audit()
    assert (row["logout_type"], row["reason"]) == ("automatic", "password_change")


async def test_a_change_with_a_wrong_password_changes_nothing(service):
    mine, other = await service.login(), await service.login()
    body = {"currentPassword": "wrong", "newPassword": "a-new-password"}
    answer = await service.client.post(PASSWORD, json=body, headers=bearer(mine["accessToken"]))
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CREDENTIALS")
    assert (await service.sessions(other["accessToken"])).status_code == 200
    assert (await try_login(service)).status_code == 200


async def test_a_new_password_has_eight_characters_at_least(service):
    mine = await service.login()
    body = {"currentPassword": demo_data.PASSWORD, "newPassword": "seven77"}
    answer = await service.client.post(PASSWORD, json=body, headers=bearer(mine["accessToken"]))
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("new", "rule", "status"),
    [
        ("eleven-char", "too_short", 400),
        ("qwerty123456", "too_common", 400),
        ("my-usuario-2026", "contains_name", 400),
        ("correct horse battery", None, 200),
    ],
)
async def test_a_new_password_keeps_the_rules_or_is_told_which_it_breaks(service, new, rule, status):
    mine, other = await service.login(), await service.login()
    body = {"currentPassword": demo_data.PASSWORD, "newPassword": new}
    answer = await service.client.post(PASSWORD, json=body, headers=bearer(mine["accessToken"]))
    assert (answer.status_code, answer.json().get("details", {}).get("rule")) == (status, rule)
    assert new not in answer.text
    assert (await service.sessions(other["accessToken"])).status_code == (200 if rule else 401)
    assert (await try_login(service, password=new)).status_code == (401 if rule else 200)


async def test_the_rules_are_told_only_to_who_knows_the_current_password(service):
    mine = await service.login()
    body = {"currentPassword": "wrong", "newPassword": "qwerty123456"}
    answer = await service.client.post(PASSWORD, json=body, headers=bearer(mine["accessToken"]))
    assert answer.json()["code"] == "INVALID_CREDENTIALS"


async def test_the_operator_decides_how_long_a_new_password_is(start_service, sqlite_url):
    service = await start_service(sqlite_url, password_min_length=30)
    mine = await service.login()
    body = {"currentPassword": demo_data.PASSWORD, "newPassword": "correct horse battery"}
    answer = await service.client.post(PASSWORD, json=body, headers=bearer(mine["accessToken"]))
    assert answer.json()["details"] == {"rule": "too_short", "minLength": 30}


async def _hash(service):
    (user,) = await service.rows("SELECT password_hash FROM users WHERE id = :id", id=USER)
    return user["password_hash"]


def _passes(password_hash):
    return extract_parameters(password_hash).time_cost


@pytest.fixture
async def dearer(start_service, database_url):
    """The service with twice the passes that the stored hashes were made with."""
    return await start_service(database_url, password_passes=2)


async def test_a_login_renews_a_hash_that_was_made_with_less_work_and_closes_nothing(dearer):
    before, session = await _hash(dearer), await dearer.login()
    after = await _hash(dearer)
    assert _passes(after) == 2 * _passes(before)
    await dearer.login()
    assert await _hash(dearer) == after
    assert (await dearer.sessions(session["accessToken"])).status_code == 200


async def test_a_login_leaves_a_hash_that_was_made_with_more_work(service):
    """Of two nodes, of an older and a newer release, none undoes what the other did."""
    stronger = Passwords(memory=service.services.settings.password_memory, passes=3).hash_now(demo_data.PASSWORD)
    async with context(service.services) as now:
        await users.set_password(now.tx, USER, stronger)
    await service.login()
    assert await _hash(service) == stronger


async def test_a_failed_login_renews_nothing(dearer):
    before = await _hash(dearer)
    assert (await try_login(dearer, password="wrong")).status_code == 401
    assert await _hash(dearer) == before


async def test_logins_that_renew_a_hash_at_once_all_succeed(dearer):
    answers = await asyncio.gather(*(try_login(dearer) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert _passes(await _hash(dearer)) == 2


async def test_passwords_and_refresh_tokens_are_kept_as_hashes(service):
    issued = await service.login()
    (user,) = await service.rows("SELECT password_hash FROM users WHERE id = :id", id=USER)
    (token,) = await service.rows("SELECT hash FROM refresh_tokens")
    assert user["password_hash"].startswith("$argon2id$")
    assert token["hash"] == digest(issued["refreshToken"])
