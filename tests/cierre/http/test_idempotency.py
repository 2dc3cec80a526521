"""Idempotency-Key: a repeat gets the first answer, in the form that it asks for; what is dead fills no table."""

import pytest

from cierre.storage.repositories import idempotency
from tests.support.contexts import context
from tests.support.running import ADMIN, LOGOUT, USER, bearer

FORCE = "/api/v1/admin/users/force-logout"
ENVELOPE = "application/vnd.cierre.envelope+json"
RESPUESTA = "application/vnd.cierre.respuesta+json"
PROBLEM = "application/problem+json"
KEY = {"Idempotency-Key": "a-key-of-the-client"}


async def force(service, token, user_id, **headers):
    body = {"userId": user_id, "reason": "security_incident"}
    return await service.client.post(FORCE, json=body, headers=bearer(token, **headers))


async def kept(service):
    return await service.rows("SELECT principal, key, answer FROM idempotency_keys")


@pytest.mark.parametrize("opaque", [False, True])
async def test_an_administrators_logout_of_himself_is_replayed(service, opaque):
    token = (await service.login(ADMIN, tokenFormat="opaque" if opaque else "jwt"))["accessToken"]
    first = await force(service, token, ADMIN, **KEY)
    again = await force(service, token, ADMIN, **KEY)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert first.json()["data"]["logout"]["sessionsClosed"] == 1
    assert len(await service.audit()) == 1


async def test_it_is_replayed_by_another_node(start_service, database_url):
    here, there = await start_service(database_url), await start_service(database_url)
    (admin,) = await here.mint(user_id=ADMIN)
    await force(here, admin.access, ADMIN, **KEY)
    assert (await force(there, admin.access, ADMIN, **KEY)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "user_id"),
    [({}, ADMIN), ({"Idempotency-Key": "another"}, ADMIN), (KEY, USER)],
    ids=["no key", "another key", "another request"],
)
async def test_a_closed_session_can_do_nothing_but_repeat(service, headers, user_id):
    (admin,), (user,) = await service.mint(user_id=ADMIN), await service.mint()
    await force(service, admin.access, ADMIN, **KEY)
    refused = await force(service, admin.access, user_id, **headers)
    assert refused.status_code == 401
    assert (await service.sessions(user.access)).status_code == 200
    assert (await service.client.get("/api/v1/auth/sessions", headers=bearer(admin.access, **KEY))).status_code == 401


async def test_another_users_token_replays_nothing(service):
    (admin,), (other,) = await service.mint(user_id=ADMIN), await service.mint()
    await force(service, admin.access, ADMIN, **KEY)
    assert (await force(service, other.access, ADMIN, **KEY)).status_code == 403


async def test_a_repeat_of_what_is_not_answered_yet_is_409_though_the_session_is_closed(service, monkeypatch):
    (admin,) = await service.mint(user_id=ADMIN)

    async def finish(*_arguments, **_more):
        """The node died here."""

    monkeypatch.setattr(idempotency, "finish", finish)
    await force(service, admin.access, ADMIN, **KEY)
    assert (await force(service, admin.access, ADMIN, **KEY)).status_code == 409


async def test_a_replay_is_in_the_form_that_the_repeat_asks_for(service):
    (session,) = await service.mint()
    first = await service.logout(session.access, Accept=ENVELOPE, **KEY)
    assert (first.status_code, first.content) == (204, b"")
    respuesta = await service.logout(session.access, Accept=RESPUESTA, **KEY)
    assert respuesta.json() == {"error": 0, "respuesta": "Sesión cerrada correctamente", "resultado": {}}
    plain = await service.logout(session.access, **KEY)
    assert plain.json()["data"]["logout"]["sessionsClosed"] == 1
    english = await service.logout(session.access, **KEY, **{"Accept-Language": "en"})
    assert english.json()["message"] == "Session closed successfully"
    minimal = await service.logout(session.access, Prefer="return=minimal", **KEY)
    assert (minimal.status_code, minimal.headers["Preference-Applied"]) == (204, "return=minimal")


async def test_a_failure_is_replayed_in_the_form_that_the_repeat_asks_for(service):
    (session,) = await service.mint()
    body = {"deviceId": "unknown"}
    first = await service.logout(session.access, body, **KEY)
    assert first.json()["code"] == "DEVICE_SESSION_NOT_FOUND"
    again = await service.logout(session.access, body, Accept=PROBLEM, **KEY)
    assert (again.status_code, again.headers["Content-Type"]) == (404, PROBLEM)
    assert again.json()["details"] == first.json()["details"]
    assert again.json()["traceId"] == again.headers["X-Trace-Id"]


async def test_a_replay_clears_the_cookie_as_the_first_answer_did(service):
    (session,) = await service.mint()
    headers = KEY | {"Cookie": f"__Host-refreshToken={session.refresh}"}
    answers = [await service.client.post("/api/auth/logout", headers=headers) for _ in range(2)]
    first, again = [[pair for pair in answer.headers.multi_items() if pair[0] != "x-trace-id"] for answer in answers]
    assert first == again
    assert ("clear-site-data", '"cookies", "storage"') in first


async def test_an_answer_that_an_older_node_kept_is_given_as_it_is(service):
    (session,) = await service.mint()
    await service.logout(session.access, Accept=RESPUESTA, **KEY)
    async with context(service.services) as now:
        key = (USER, session.session_id, KEY["Idempotency-Key"])
        row = await idempotency.find(now.tx, *key)
        old = {"answer": row["answer"], "outcome": None}
        await idempotency.finish(now.tx, *key, **old, expires_at=now.now + 60_000, most=100)
    again = await service.logout(session.access, Accept=RESPUESTA, **KEY)
    assert again.json() == {"error": 0, "respuesta": "Sesión cerrada correctamente", "resultado": {}}


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "handling=lenient"}])
@pytest.mark.parametrize("accept", ["application/json", ENVELOPE, RESPUESTA])
async def test_a_dead_token_fills_no_table(service, accept, prefer):
    (session,) = await service.mint()
    await service.logout(session.access)
    statuses = {
        (await service.logout(session.access, Accept=accept, **prefer, **{"Idempotency-Key": f"k{n}"})).status_code
        for n in range(10)
    }
    assert len(statuses) == 1
    assert await kept(service) == []


async def test_a_dead_refresh_token_fills_none_either(service):
    (session,) = await service.mint()
    for number in range(5):
        body = {"refreshToken": session.refresh}
        await service.client.post("/api/auth/logout", json=body, headers={"Idempotency-Key": f"k{number}"})
        old = {"user_id": USER, "token": session.access}
        await service.client.post("/logout", json=old, headers={"Idempotency-Key": f"o{number}"})
    assert [row["key"] for row in await kept(service)] == ["k0"]


async def test_a_users_answers_are_bounded_and_the_newest_stay(start_service, database_url):
    service = await start_service(database_url, idempotency_answers=3)
    one, two = await service.mint(2)
    (other,) = await service.mint(user_id=ADMIN)
    for number in range(6):
        for session in (one, two, other):
            headers = {"Idempotency-Key": f"k{number}"}
            await service.logout(session.access, {"deviceId": "unknown"}, **headers)
    rows = await kept(service)
    mine = [row for row in rows if row["principal"] in {one.session_id, two.session_id}]
    assert (len(mine), len(rows)) == (3, 6)
    assert (await service.logout(two.access, {"deviceId": "other"}, **{"Idempotency-Key": "k5"})).status_code == 422


async def test_a_dead_token_is_told_of_before_the_body_is_looked_at(service):
    (admin,) = await service.mint(user_id=ADMIN)
    await force(service, admin.access, ADMIN)
    headers = bearer(admin.access, **{"Content-Type": "application/json"}) | KEY
    assert (await service.client.post(FORCE, content=b"{", headers=headers)).status_code == 401


async def test_a_forced_logout_that_closed_nothing_is_kept_since_the_caller_is_alive(service):
    (admin,) = await service.mint(user_id=ADMIN)
    assert (await force(service, admin.access, USER, **KEY)).status_code == 200
    assert len(await kept(service)) == 1
    assert (await service.client.post(LOGOUT, headers=bearer(admin.access))).status_code == 200
