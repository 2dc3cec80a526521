"""`--reauthenticate-within`: a second forced logout and a new password want a recent login; `auth_time` tells it."""

import asyncio

import jwt
import pytest

from cierre.cli import demo_data
from cierre.clock import now_ms
from cierre.settings import HOUR, MINUTE
from tests.support.running import ADMIN, SUPERVISOR, USER, bearer

PASSWORD = "/api/v1/auth/password"
FORCE = "/api/v1/admin/users/force-logout"
SECOND = 1000


@pytest.fixture
async def careful(start_service, database_url):
    return await start_service(database_url, reauthenticate_within=5 * MINUTE)


async def change(service, token, **headers):
    body = {"currentPassword": demo_data.PASSWORD, "newPassword": "correct horse battery"}
    return await service.client.post(PASSWORD, json=body, headers=bearer(token, **headers))


async def force(service, token, user_id=USER, **headers):
    body = {"userId": user_id, "reason": "security_incident"}
    return await service.client.post(FORCE, json=body, headers=bearer(token, **headers))


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


async def test_a_recent_login_may(careful):
    (admin,) = await careful.mint(user_id=ADMIN, age=4 * MINUTE)
    assert (await force(careful, admin.access)).status_code == 200
    (mine,) = await careful.mint(age=4 * MINUTE)
    assert (await change(careful, mine.access)).status_code == 200


async def force_another(service, token, **headers):
    """The second one: the first is an emergency."""
    await service.mint(user_id=SUPERVISOR)
    first = await force(service, token, SUPERVISOR)
    assert first.status_code == 200, first.text
    return await force(service, token, **headers)


@pytest.mark.parametrize("act", [force_another, change])
async def test_an_older_one_is_refused_and_nothing_is_done(careful, act):
    (other,) = await careful.mint()
    (old,) = await careful.mint(user_id=ADMIN, age=6 * MINUTE)
    answer = await act(careful, old.access)
    assert answer.status_code == 401
    assert answer.json()["code"] == "REAUTHENTICATION_REQUIRED"
    assert answer.json()["details"] == {"maxAge": 300, "loginEndpoint": "/api/v1/auth/login"}
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="cierre", error="insufficient_user_authentication"')
    assert 'max_age="300"' in challenge
    assert (await careful.sessions(other.access)).status_code == 200
    assert (await careful.sessions(old.access)).status_code == 200
    assert {row["user_id"] for row in await careful.audit()} <= {SUPERVISOR}


@pytest.mark.parametrize(
    ("dialect", "member", "value"),
    [
        ("session", "code", "REAUTHENTICATION_REQUIRED"),
        ("envelope", "code", "REAUTHENTICATION_REQUIRED"),
        ("respuesta", "error", 3020),
    ],
)
async def test_every_dialect_says_how_to_mend_it(careful, dialect, member, value):
    (old,) = await careful.mint(user_id=ADMIN, age=10 * MINUTE)
    headers = {"Accept": f"application/vnd.cierre.{dialect}+json", "Accept-Language": "en"}
    answer = await force_another(careful, old.access, **headers)
    assert (answer.status_code, answer.json()[member]) == (401, value)
    assert "Log in again: a password entered at most 300 s ago is required" in answer.text


async def test_a_login_mends_it_and_a_refresh_does_not(careful):
    (old,) = await careful.mint(user_id=ADMIN, age=HOUR)
    refreshed = await careful.client.post("/api/v1/auth/refresh", json={"refreshToken": old.refresh})
    assert (await force_another(careful, refreshed.json()["data"]["accessToken"])).status_code == 401
    fresh = await careful.login(ADMIN)
    assert (await force(careful, fresh["accessToken"])).status_code == 200


async def test_a_stale_token_is_of_no_use_for_guessing_the_password(careful):
    (old,) = await careful.mint(age=10 * MINUTE)
    body = {"currentPassword": "a guess", "newPassword": "correct horse battery"}
    answer = await careful.client.post(PASSWORD, json=body, headers=bearer(old.access))
    assert answer.json()["code"] == "REAUTHENTICATION_REQUIRED"


async def test_a_token_that_laravel_made_proves_no_password(careful):
    body = {"currentPassword": demo_data.PASSWORD, "newPassword": "correct horse battery"}
    answer = await careful.client.post(PASSWORD, json=body, headers=bearer(f"1|{demo_data.SANCTUM_SECRET}"))
    assert answer.json()["code"] == "REAUTHENTICATION_REQUIRED"


async def test_an_opaque_token_of_ours_does(careful):
    issued = await careful.login(tokenFormat="opaque")
    assert (await change(careful, issued["accessToken"])).status_code == 200


async def test_without_the_option_any_login_will_do(service):
    (old,) = await service.mint(user_id=ADMIN, age=10 * MINUTE)
    assert (await force_another(service, old.access)).status_code == 200


async def test_the_same_user_again_and_oneself_are_no_second_user(careful):
    (old,) = await careful.mint(user_id=ADMIN, age=10 * MINUTE)
    for _ in range(2):
        await careful.mint()
        assert (await force(careful, old.access)).status_code == 200
    (recent,) = await careful.mint(user_id=ADMIN)
    assert (await force(careful, recent.access, ADMIN)).status_code == 200
    (other,) = await careful.mint(user_id=ADMIN, age=10 * MINUTE)
    assert (await force(careful, other.access)).status_code == 200


async def test_a_forced_logout_of_long_ago_does_not_count(start_service, database_url):
    careful = await start_service(database_url, reauthenticate_within=300)
    (old,) = await careful.mint(user_id=ADMIN, age=MINUTE)
    await careful.mint(user_id=SUPERVISOR)
    await force(careful, old.access, SUPERVISOR)
    await asyncio.sleep(0.5)
    assert (await force(careful, old.access)).status_code == 200


async def test_auth_time_is_in_every_access_token_and_stays_over_refreshes(service):
    before = now_ms() // SECOND
    issued = await service.login()
    proven = claims(issued["accessToken"])["auth_time"]
    assert before <= proven <= now_ms() // SECOND
    (old,) = await service.mint(age=HOUR)
    for _ in range(2):
        answer = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": old.refresh})
        old.refresh = answer.json()["data"]["refreshToken"]
        renewed = claims(answer.json()["data"]["accessToken"])
        assert renewed["iat"] - renewed["auth_time"] >= HOUR // SECOND
        assert renewed["auth_time"] == claims(old.access)["auth_time"]


async def test_introspection_tells_auth_time_where_it_is_known(service):
    (old,) = await service.mint(age=HOUR)
    refreshed = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": old.refresh})

    async def read_claims(token):
        answer = await service.client.post(
            "/oauth2/introspect", auth=("demo-resource", demo_data.PASSWORD), data={"token": token}
        )
        return answer.json()

    assert (await read_claims(refreshed.json()["data"]["accessToken"]))["auth_time"] == claims(old.access)["auth_time"]
    laravel = await read_claims(f"1|{demo_data.SANCTUM_SECRET}")
    assert laravel["active"]
    assert "auth_time" not in laravel
