"""Our own contract as a mock: five dialects, chosen by Accept or as a view, and situations by name."""

import pytest

from cierre.mocks.app import MockApp
from cierre.mocks.contract import load_contract
from cierre.oas import DIALECTS
from tests.support.exercise import exercise
from tests.support.mocked import client_of

LOGOUT = "/api/v1/auth/logout"
BEARER = {"Authorization": "Bearer abc.def.ghi"}


def vendor(dialect):
    return {**BEARER, "Accept": f"application/vnd.cierre.{dialect}+json"}


@pytest.mark.parametrize("dialect", [None, *DIALECTS])
async def test_every_operation_of_every_view_answers_a_valid_request_with_a_valid_answer(dialect):
    outcomes = await exercise(MockApp(load_contract(dialect)))
    assert outcomes
    assert [outcome for outcome in outcomes if outcome.problems] == []


@pytest.mark.parametrize(
    ("headers", "situation", "status"),
    [
        (BEARER, "already_closed", 404),
        (vendor("session"), "already_closed", 404),
        (vendor("envelope"), "already_closed", 401),
        (vendor("respuesta"), "already_closed", 200),
        (vendor("envelope"), "all_devices", 204),
        (vendor("session"), "all_devices", 200),
        (vendor("respuesta"), "rate_limited", 429),
        (BEARER, "device_not_found", 404),
        (BEARER, "internal_error", 500),
    ],
)
async def test_a_situation_alone_decides_about_status_and_body(headers, situation, status):
    async with client_of() as client:
        answer = await client.post(LOGOUT, headers={**headers, "Prefer": f"example={situation}"})
    assert answer.status_code == status
    if "Accept" in headers and status != 204:
        assert answer.headers["content-type"] == headers["Accept"]


async def test_an_answer_without_a_body_has_its_situations_too():
    async with client_of() as client:
        body = {"user_id": "64f8a123b456c789d012e345", "token": "x"}
        good = await client.post("/logout", json=body)
        closed = await client.post("/logout", json=body, headers={"Prefer": "example=already_closed"})
    assert good.json() == {"success": True, "message": "5"}
    assert (closed.status_code, closed.content) == (401, b"")


@pytest.mark.parametrize(
    ("dialect", "status", "key"), [("session", 200, "data"), ("envelope", 204, None), ("respuesta", 200, "respuesta")]
)
async def test_accept_chooses_the_dialect(dialect, status, key):
    async with client_of() as client:
        answer = await client.post(LOGOUT, headers=vendor(dialect))
    assert answer.status_code == status
    assert key is None or key in answer.json()


async def test_the_request_body_chooses_the_situation():
    async with client_of() as client:
        everywhere = await client.post(LOGOUT, headers=BEARER, json={"logoutAll": True})
        unknown = await client.post(LOGOUT, headers=BEARER, json={"deviceId": "non-existent-device-uuid"})
    assert everywhere.json()["data"]["logout"]["logoutType"] == "all_devices"
    assert unknown.json()["code"] == "DEVICE_SESSION_NOT_FOUND"


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"json": {"logoutAll": 1}}, 400, "VALIDATION_FAILED"),
        ({"json": {"logoutAll": True, "deviceId": "a"}}, 400, "VALIDATION_FAILED"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, "VALIDATION_FAILED"),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"headers": {"Accept": "text/html"}}, 406, "NOT_ACCEPTABLE"),
    ],
)
async def test_what_is_refused_is_refused_in_the_contracts_own_words(more, status, code):
    async with client_of() as client:
        answer = await client.post(LOGOUT, **{**more, "headers": {**BEARER, **more.get("headers", {})}})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(("headers", "token_status"), [({}, "missing"), ({"Authorization": "Bearer nope"}, "invalid")])
async def test_a_missing_token_and_a_bad_one_get_different_answers(headers, token_status):
    async with client_of(token="secreto") as client:
        answer = await client.post(LOGOUT, headers=headers)
    assert (answer.status_code, answer.json()["details"]["tokenStatus"]) == (401, token_status)


async def test_unknown_paths_and_methods_speak_the_dialect_of_their_prefix():
    async with client_of() as client:
        unknown = await client.get("/api/v1/nope")
        elsewhere = await client.get("/nope")
        method = await client.get(LOGOUT)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "NOT_FOUND")
    assert elsewhere.headers["content-type"] == "application/problem+json"
    assert (method.status_code, method.headers["allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize(
    ("situation", "status", "expected"),
    [
        ("active_session", 200, {"status": "active"}),
        ("closed_session", 200, {"status": "closed", "logoutReason": "user_logout"}),
        ("session_unknown", 404, {"code": "SESSION_UNKNOWN"}),
    ],
)
async def test_a_session_can_be_shown_active_closed_and_unknown(situation, status, expected):
    async with client_of() as client:
        path = "/api/v1/auth/sessions/64f8b456c789d012e345f678"
        answer = await client.get(path, headers={**BEARER, "Prefer": f"example={situation}"})
        wrong = await client.get("/api/v1/auth/sessions/none", headers=BEARER)
    shown = answer.json().get("data", {}).get("session", answer.json())
    assert answer.status_code == status
    assert expected.items() <= shown.items()
    assert wrong.status_code == 400


async def test_an_empty_body_is_fine_with_and_without_a_content_type():
    async with client_of() as client:
        for headers in (BEARER, {**BEARER, "Content-Type": "application/json"}):
            assert (await client.post(LOGOUT, headers=headers)).status_code == 200
        assert (
            await client.post(LOGOUT, headers={**BEARER, "Content-Type": "application/json"}, content=b"null")
        ).is_success
