"""Attacks with real tokens of others, dead tokens and old keys: cases 13 to 16, 21, 22, 26, 27, 32."""

import asyncio
import base64

import pytest

from cierre.cli import demo_data
from cierre.clock import now_ms
from cierre.revocation.denylist import Denylist
from cierre.settings import MINUTE
from cierre.tokens import key_files, keys
from tests.support.running import ADMIN, SUPERVISOR, USER, bearer

FORCE = "/api/v1/admin/users/force-logout"
REFRESH = "/api/v1/auth/refresh"
RESOURCE = {"Authorization": "Basic " + base64.b64encode(f"demo-resource:{demo_data.PASSWORD}".encode()).decode()}


async def refresh(service, token):
    return await service.client.post(REFRESH, json={"refreshToken": token})


async def introspect(service, token):
    answer = await service.client.post("/oauth2/introspect", data={"token": token}, headers=RESOURCE)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def is_open(service, session):
    return (await service.sessions(session.access)).status_code == 200


async def test_case_13_another_users_device_is_unknown_and_nothing_is_closed(service):
    (mine,) = await service.mint()
    (other,) = await service.mint(user_id=SUPERVISOR, device_id="his-device")
    answer = await service.logout(mine.access, {"deviceId": "his-device"})
    assert (answer.status_code, answer.json()["code"]) == (404, "DEVICE_SESSION_NOT_FOUND")
    assert await is_open(service, mine)
    assert await is_open(service, other)


@pytest.mark.parametrize("user_id", [ADMIN, "", "000000000000000000000000", USER.upper(), f"{USER} "])
@pytest.mark.parametrize("kind", ["access", "refresh", "sanctum"])
async def test_case_14_a_user_id_that_is_not_the_tokens_is_401_and_closes_nothing(service, user_id, kind):
    (session,) = await service.mint()
    token = f"1|{demo_data.SANCTUM_SECRET}" if kind == "sanctum" else getattr(session, kind)
    answer = await service.client.post("/logout", json={"user_id": user_id, "token": token})
    assert (answer.status_code, answer.content) == (401, b"")
    assert await service.audit() == []


async def test_case_15_force_logout_wants_an_administrator_whose_token_is_alive(service):
    (session,) = await service.mint()
    (admin,) = await service.mint(user_id=ADMIN)
    body = {"userId": USER, "reason": "security_incident"}
    refused = await service.client.post(FORCE, json=body, headers=bearer(session.access))
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]
    await service.logout(admin.access)
    dead = await service.client.post(FORCE, json=body, headers=bearer(admin.access))
    assert (dead.status_code, dead.json()["details"]["tokenStatus"]) == (401, "revoked")
    assert await is_open(service, session)


async def test_case_15_the_role_is_checked_before_the_body(service):
    (session,) = await service.mint()
    answer = await service.client.post(FORCE, json={"userId": 7}, headers=bearer(session.access))
    assert answer.status_code == 403


async def test_case_16_a_token_after_logout_is_refused_by_every_consumer(start_service, database_url):
    first, second = await start_service(database_url), await start_service(database_url)
    (session,) = await first.mint()
    assert (await introspect(second, session.access))["active"] is True
    await first.logout(session.access)
    for node in (first, second):
        assert not await is_open(node, session)
        assert await introspect(node, session.access) == {"active": False}
        assert await introspect(node, session.refresh) == {"active": False}
        assert (await refresh(node, session.refresh)).status_code == 401
        assert (await node.logout(session.access)).status_code == 404
        assert (await node.client.post("/logout", json={"user_id": USER, "token": session.access})).status_code == 401


async def test_case_21_a_rotated_token_replayed_after_the_grace_closes_the_family(start_service, database_url):
    service = await start_service(database_url, refresh_grace=1)
    (session,) = await service.mint()
    renewed = (await refresh(service, session.refresh)).json()["data"]
    await _next_millisecond()
    replay = await refresh(service, session.refresh)
    assert (replay.status_code, replay.json()["code"]) == (401, "REFRESH_TOKEN_REUSED")
    await _family_is_closed(service, session, renewed)


async def test_case_22_a_replay_in_the_second_of_the_rotation_is_a_replay(service):
    """Within the grace, but the successor is used already: whatever the second."""
    (session,) = await service.mint()
    second = (await refresh(service, session.refresh)).json()["data"]
    third = (await refresh(service, second["refreshToken"])).json()["data"]
    replay = await refresh(service, session.refresh)
    assert (replay.status_code, replay.json()["code"]) == (401, "REFRESH_TOKEN_REUSED")
    await _family_is_closed(service, session, third)


async def test_case_22_closing_with_a_rotated_token_is_a_replay_as_well(service):
    (session,) = await service.mint()
    second = (await refresh(service, session.refresh)).json()["data"]
    third = (await refresh(service, second["refreshToken"])).json()["data"]
    answer = await service.client.post("/api/auth/logout", json={"refreshToken": session.refresh})
    assert answer.status_code == 401
    await _family_is_closed(service, session, third)


async def _next_millisecond():
    await asyncio.sleep(0.01)


async def _family_is_closed(service, session, renewed):
    assert not await is_open(service, session)
    assert (await service.sessions(renewed["accessToken"])).status_code == 401
    assert (await refresh(service, renewed["refreshToken"])).status_code == 401
    (row,) = await service.audit()
    assert (row["event"], row["logout_type"], row["reason"]) == ("security_logout", "automatic", "refresh_reuse")
    (kept,) = await service.rows("SELECT status, logout_reason FROM sessions")
    assert kept == {"status": "closed", "logout_reason": "security_logout"}


async def test_case_26_what_was_revoked_stays_revoked_after_a_restart(start_service, database_url):
    before = await start_service(database_url)
    one, two = await before.mint(2)
    (admins,) = await before.mint(user_id=ADMIN)
    await before.logout(one.access)
    await before.logout(admins.access, {"logoutAll": True})
    after = await start_service(database_url)
    assert [await is_open(after, session) for session in (one, two, admins)] == [False, True, False]
    assert (await after.logout(one.access)).status_code == 404


async def test_case_27_a_retiring_key_verifies_and_a_removed_one_does_not(service, data_dir):
    (old,) = await service.mint()
    first = service.services.keys.signing()
    key_files.rotate(data_dir / "keys", "RS256")
    service.services.keys._reload()
    (new,) = await service.mint()
    published = (await service.client.get("/.well-known/jwks.json")).json()["keys"]
    assert len(published) == 2
    assert await is_open(service, old)
    assert await is_open(service, new)
    (data_dir / "keys" / first.file_name).unlink()
    service.services.keys._reload()
    assert not await is_open(service, old)
    assert await is_open(service, new)
    assert len((await service.client.get("/.well-known/jwks.json")).json()["keys"]) == 1


async def test_case_27_a_key_whose_last_token_is_dead_is_published_no_longer(service, data_dir):
    ttl = service.services.settings.access_ttl
    for file in (data_dir / "keys").iterdir():
        file.unlink()
    dead, retiring, signing = (keys.generate("ES256", signs_from=now_ms() - age * ttl) for age in (3, 2, 0))
    for key in (dead, retiring, signing):
        key_files.write(data_dir / "keys", key)
    service.services.keys._reload()
    published = (await service.client.get("/.well-known/jwks.json")).json()["keys"]
    assert [key["kid"] for key in published] == [signing.kid, retiring.kid]


async def test_case_32_a_clock_that_steps_back_brings_no_token_back_to_life(service):
    """The entry outlives the token by more than any step that a clock takes."""
    (session,) = await service.mint()
    await service.logout(session.access)
    expires = now_ms() + service.services.settings.access_ttl
    (row,) = await service.rows("SELECT expires_at FROM revocations")
    assert row["expires_at"] >= expires + MINUTE


def test_case_32_the_denylist_keeps_its_entry_while_a_clock_a_minute_slow_would_accept_the_token(monkeypatch):
    start, ttl = now_ms(), 15 * MINUTE
    clock, up = [start], [1000.0]
    monkeypatch.setattr("cierre.revocation.denylist.now_ms", lambda: clock[0])
    monkeypatch.setattr("cierre.revocation.denylist.boottime", lambda: up[0])
    denylist = Denylist()
    denylist.deny_session("64f8b456c789d012e345f678", start + ttl + 5 * MINUTE)
    for minutes, step in ((14, 0), (16, 0), (16, -1), (17, 0)):
        clock[0], up[0] = start + (minutes + step) * MINUTE, 1000.0 + minutes * 60
        denylist.forget()
        assert denylist.denies("64f8b456c789d012e345f678", USER, 0)


async def test_case_32_a_step_back_between_two_logins_keeps_both_apart(service):
    """Epochs, not clocks, say which session came before the last "close all"."""
    (before,) = await service.mint(age=-30_000)
    (asking,) = await service.mint()
    await service.logout(asking.access, {"logoutAll": True})
    (after,) = await service.mint(age=60_000)
    assert [await is_open(service, session) for session in (before, after)] == [False, True]
