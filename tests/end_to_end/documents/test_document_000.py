"""Document 000, "Cierre de sesión": `POST /logout` with `{user_id, token}`. Each test names the line that it shows."""

import json

import pytest

from cierre.cli import demo_data
from tests.support.running import ADMIN, USER, bearer
from tests.support.shown import shown
from tests.support.wire import exchange, post

DOCUMENT = shown("000_openapi.json")
OPERATION = DOCUMENT["paths"]["/logout"]["post"]
REQUEST = OPERATION["requestBody"]["content"]["application/json"]["examples"]["LogoutExample"]["value"]
SUCCESS = OPERATION["responses"]["200"]["content"]["application/json"]["examples"]["SuccessfulLogout"]["value"]


def filled(user_id, token):
    """The document's example request with its two placeholders filled in."""
    text = json.dumps(REQUEST).replace("{{USER_ID}}", user_id).replace("{{USER_TOKEN}}", token)
    return json.loads(text)


async def close(service, user_id, token, **headers):
    return await service.client.post("/logout", json=filled(user_id, token), headers=headers)


def test_the_example_request_sent_as_bytes_answers_the_example(real):
    """000, paths./logout.post.requestBody, LogoutExample → responses.200, SuccessfulLogout."""
    login = exchange(real.port, _login(demo_data.USERS[0][1]))
    token = json.loads(login.body)["data"]["accessToken"]
    body = json.dumps(filled(USER, token)).encode()
    answer = exchange(real.port, post("/logout", "Content-Type: application/json", body=body))
    assert (answer.status, json.loads(answer.body)) == (200, SUCCESS)
    assert answer.headers["content-type"] == "application/json"


def _login(email):
    body = json.dumps({"username": email, "password": demo_data.PASSWORD}).encode()
    return post("/api/v1/auth/login", "Content-Type: application/json", body=body)


async def test_success_is_the_constant_five(service):
    """000, responses.200: `{"success": true, "message": "5"}`."""
    (session,) = await service.mint()
    answer = await close(service, USER, session.access)
    assert (answer.status_code, answer.json()) == (200, SUCCESS)
    assert SUCCESS == {"success": True, "message": "5"}


async def test_the_session_is_closed_and_its_token_revoked(service):
    """000, info.description: "cerrar la sesión de un usuario y revocar su token"."""
    (session,) = await service.mint()
    await close(service, USER, session.access)
    assert (await service.sessions(session.access)).status_code == 401


@pytest.mark.parametrize("which", ["access", "refresh"])
async def test_any_token_of_the_session_will_do(service, which):
    """000, LogoutRequest.token: "Token de autenticación del usuario a revocar"."""
    (session,) = await service.mint()
    assert (await close(service, USER, getattr(session, which))).json() == SUCCESS


async def test_a_sanctum_token_will_do(service):
    """000, LogoutRequest.token, with a token in the form of documents 001 and 002."""
    assert (await close(service, USER, f"1|{demo_data.SANCTUM_SECRET}")).json() == SUCCESS


@pytest.mark.parametrize("token", ["", "not-a-token", "999|abcdefghijklmnop", "a.b.c", " "])
async def test_a_token_that_is_no_good_is_401_without_a_body(service, token):
    """000, responses.401: "No Autorizado (Token Inválido o Expirado)", which has no content."""
    answer = await close(service, USER, token)
    assert (answer.status_code, answer.content) == (401, b"")
    assert "content-type" not in answer.headers


async def test_an_expired_token_is_401_without_a_body(start_service, database_url):
    """000, responses.401: "Token Inválido o Expirado"."""
    service = await start_service(database_url, access_ttl=1000)
    (session,) = await service.mint(age=5000)
    answer = await close(service, USER, session.access)
    assert (answer.status_code, answer.content) == (401, b"")


async def test_closing_twice_is_401_without_a_body(service):
    """000, responses.401; the contract's decision 10."""
    (session,) = await service.mint()
    await close(service, USER, session.access)
    answer = await close(service, USER, session.access)
    assert (answer.status_code, answer.content) == (401, b"")


async def test_another_users_token_is_401_and_closes_nothing(service):
    """000, LogoutRequest.user_id: "ID único del usuario cuya sesión se cerrará"."""
    (session,) = await service.mint()
    answer = await close(service, ADMIN, session.access)
    assert (answer.status_code, answer.content) == (401, b"")
    assert (await service.sessions(session.access)).status_code == 200


@pytest.mark.parametrize("missing", ["user_id", "token"])
async def test_both_fields_are_required(service, missing):
    """000, LogoutRequest.required; the document lists no 400, so it is problem+json."""
    body = {name: value for name, value in filled(USER, "x").items() if name != missing}
    answer = await service.client.post("/logout", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "VALIDATION_FAILED"


@pytest.mark.parametrize("field", ["user_id", "token"])
@pytest.mark.parametrize("value", [1, True, None, ["x"], {}])
async def test_both_fields_are_strings(service, field, value):
    """000, LogoutRequest.properties: `type: string`."""
    answer = await service.client.post("/logout", json=filled(USER, "x") | {field: value})
    assert answer.status_code == 400


async def test_the_body_is_required(service):
    """000, requestBody.required: true."""
    answer = await service.client.post("/logout", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


async def test_fields_that_the_document_does_not_name_are_ignored(service):
    """000, LogoutRequest, which forbids no further properties."""
    (session,) = await service.mint()
    answer = await service.client.post("/logout", json=filled(USER, session.access) | {"lang": "es"})
    assert answer.json() == SUCCESS


async def test_the_authorization_header_is_not_looked_at(service):
    """000 puts the credential into the body; a good header beside a bad body helps nobody."""
    (session,) = await service.mint()
    answer = await close(service, USER, "not-a-token", **bearer(session.access))
    assert answer.status_code == 401
    assert (await service.sessions(session.access)).status_code == 200


async def test_the_message_is_never_translated(service):
    """000, LogoutResponse.message: "Código o mensaje de respuesta": it is a code."""
    (session,) = await service.mint()
    answer = await close(service, USER, session.access, **{"Accept-Language": "en"})
    assert answer.json()["message"] == "5"


async def test_the_answer_says_that_the_path_is_deprecated_and_what_comes_next(service):
    """000's path stays until its Sunset (RFC 9745, RFC 8594)."""
    answer = await close(service, USER, "not-a-token")
    assert answer.headers["Deprecation"].startswith("@")
    assert answer.headers["Sunset"].endswith("GMT")
    assert answer.headers["Link"] == '</api/v1/auth/logout>; rel="successor-version"'
