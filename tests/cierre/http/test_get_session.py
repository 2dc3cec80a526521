"""`GET /api/v1/auth/sessions/{sessionId}`: one of the caller's sessions, active or closed, in every dialect."""

import pytest

from cierre import app, oas
from cierre.clock import rfc3339
from cierre.domain import sessions
from cierre.errors import SessionUnknown
from tests.support.running import ADMIN, bearer

NOBODYS = "0" * 24
VENDORS = {name: f"application/vnd.cierre.{name}+json" for name in ("session", "envelope", "respuesta")}


async def get(service, login, session_id, **headers):
    path = f"/api/v1/auth/sessions/{session_id}"
    return await service.client.get(path, headers=bearer(login["accessToken"], **headers))


async def test_the_own_session_is_shown_with_the_members_of_the_list_and_its_status(service):
    mine = await service.login(deviceId="one")
    await service.login(deviceId="two")
    listed = (await service.sessions(mine["accessToken"])).json()["data"]["sessions"]
    for entry in listed:
        answer = await get(service, mine, entry["sessionId"])
        assert (answer.status_code, answer.json()["message"]) == (200, "Sesión encontrada")
        assert answer.json()["data"] == {"session": {**entry, "status": "active"}}


async def test_the_own_session_is_shown_with_its_use_now(service):
    (mine,) = await service.mint(age=600_000)
    path = f"/api/v1/auth/sessions/{mine.session_id}"
    shown = (await service.client.get(path, headers=bearer(mine.access))).json()["data"]["session"]
    (row,) = await service.rows("SELECT created_at, last_seen_at FROM sessions")
    assert shown["lastSeenAt"] == rfc3339(row["last_seen_at"])
    assert row["last_seen_at"] >= row["created_at"] + 600_000


async def test_a_closed_session_says_when_it_was_closed_and_by_whom(service):
    mine, other = await service.login(), await service.login()
    closed = (await service.logout(other["accessToken"])).json()["data"]["logout"]
    session = (await get(service, mine, other["sessionId"])).json()["data"]["session"]
    assert {key: session[key] for key in ("status", "closedAt", "logoutReason", "current")} == {
        "status": "closed",
        "closedAt": closed["loggedOutAt"],
        "logoutReason": "user_logout",
        "current": False,
    }


async def test_the_token_of_the_closed_session_itself_is_refused(service):
    mine = await service.login()
    await service.logout(mine["accessToken"])
    assert (await get(service, mine, mine["sessionId"])).status_code == 401


async def test_another_users_session_and_one_that_never_was_are_told_alike(service):
    mine, admins = await service.login(), await service.login(ADMIN)
    for asking, session_id in ((mine, admins["sessionId"]), (admins, mine["sessionId"]), (mine, NOBODYS)):
        answer = await get(service, asking, session_id)
        assert (answer.status_code, answer.json()) == (
            404,
            {
                "status": 404,
                "code": "SESSION_UNKNOWN",
                "message": "La sesión no existe",
                "details": {"sessionId": session_id},
            },
        )


async def test_each_dialect_has_a_code_for_an_unknown_session(service):
    mine = await service.login()
    bodies = {name: (await get(service, mine, NOBODYS, Accept=media)).json() for name, media in VENDORS.items()}
    assert bodies["session"]["code"] == bodies["envelope"]["code"] == "SESSION_UNKNOWN"
    assert bodies["envelope"]["message"] == "The session does not exist"
    assert bodies["respuesta"] == {"error": 4016, "respuesta": "La sesión no existe", "resultado": {}}
    problem = (await get(service, mine, NOBODYS, Accept="application/problem+json")).json()
    assert problem["type"] == "urn:cierre:error:SESSION_UNKNOWN"
    assert problem["instance"] == f"/api/v1/auth/sessions/{NOBODYS}"


@pytest.mark.parametrize("media", VENDORS.values())
async def test_a_session_has_one_shape_in_every_dialect(service, media):
    mine = await service.login()
    answer = await get(service, mine, mine["sessionId"], Accept=media, **{"Accept-Language": "en"})
    assert answer.headers["content-type"] == media
    assert answer.json()["message"] == "Session found"
    assert answer.json()["data"]["session"]["current"] is True


@pytest.mark.parametrize("session_id", ["1", "0" * 25, "g" * 24, "%20", "0" * 23 + "%0A"])
async def test_an_id_that_is_none_is_refused_with_its_place(service, session_id):
    answer = await get(service, await service.login(), session_id)
    assert answer.status_code == 400
    assert [(one["location"], one["pointer"]) for one in answer.json()["details"]["errors"]] == [("path", "/sessionId")]


@pytest.mark.parametrize("sent", ["a%20b", "a%2Cb,c", "%0A", "%C3%B1"])
async def test_problem_details_name_the_path_as_it_was_sent(service, sent):
    answer = await get(service, await service.login(), sent, Accept="application/problem+json")
    assert (answer.status_code, answer.json()["instance"]) == (400, f"/api/v1/auth/sessions/{sent}")


async def test_a_path_parameter_of_another_type_is_converted_and_refused_alike(start_service, sqlite_url, monkeypatch):
    contract = oas.load()
    contract["components"]["schemas"]["SessionId"] = {"type": "integer"}
    document = oas.read(contract)
    monkeypatch.setattr(oas, "read", lambda: document)
    for name in ("checked_contract", "_routed"):
        monkeypatch.setattr(app, name, getattr(app, name).__wrapped__)
    asked = []

    async def remember(_context, _principal, *, session_id, calling):  # noqa: ARG001 - as the real one
        asked.append(session_id)
        raise SessionUnknown(NOBODYS)

    monkeypatch.setattr(sessions, "get_session", remember)
    service = await start_service(sqlite_url, validate_responses=False)
    mine = await service.login()
    assert [(await get(service, mine, sent)).status_code for sent in ("42", "-7", "4.5", "abc")] == [404, 404, 400, 400]
    assert asked == [42, -7]


async def test_without_a_token_nothing_is_told(service):
    answer = await service.client.get(f"/api/v1/auth/sessions/{NOBODYS}")
    assert (answer.status_code, answer.json()["details"]["tokenStatus"]) == (401, "missing")
