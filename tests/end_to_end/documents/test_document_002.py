"""Document 002, "Endpoint: Cerrar Sesión", for clients of `api.ejemplo.com`. Each test names its section."""

import json

import pytest

from cierre.cli import demo_data
from cierre.storage.repositories import closings
from tests.support.running import LOGOUT, bearer
from tests.support.shown import shown, snippet
from tests.support.wire import exchange, post, run_curl

HOST = {"Host": "api.ejemplo.com", "Accept": "application/json"}
SANCTUM = f"1|{demo_data.SANCTUM_SECRET}"
SUCCESS = shown("002_success.json")
UNAUTHENTICATED = shown("002_unauthenticated.json")
SERVER_ERROR = shown("002_server_error.json")
INVALID = {"error": 3002, "respuesta": "Token inválido", "resultado": {}}


async def close(service, token, **headers):
    return await service.client.post(LOGOUT, headers=HOST | bearer(token) | headers)


def test_the_curl_answers_the_documents_success_twice(own_real):
    """002, Ejemplos de Uso, cURL, its scheme and host mapping changed, then again: Notas, "retornar éxito"."""
    script = snippet("002_logout.sh").replace("https://", "http://")
    for _ in range(2):
        answer = run_curl(script, own_real.port)
        assert (answer.status, json.loads(answer.body)) == (200, SUCCESS)
        assert answer.headers["content-type"] == "application/json"


def test_the_request_headers_sent_as_bytes(real):
    """002, Request, Headers, in their order, with a token that nobody issued."""
    lines = ("Authorization: Bearer 77|not-in-the-table", "Accept: application/json")
    answer = exchange(real.port, post(LOGOUT, *lines, host="api.ejemplo.com"))
    assert (answer.status, json.loads(answer.body)) == (401, INVALID)


@pytest.mark.parametrize("kind", ["jwt", "sanctum"])
async def test_success_is_200_with_an_empty_resultado(service, kind):
    """002, Response, Success (200 OK)."""
    (session,) = await service.mint()
    answer = await close(service, SANCTUM if kind == "sanctum" else session.access)
    assert (answer.status_code, answer.json()) == (200, SUCCESS)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "1|abcdef1234567890"])
async def test_without_a_bearer_token_it_is_3001(service, header):
    """002, Errores, 401; Validaciones, Token: "Debe estar presente en el header Authorization", "formato Bearer"."""
    headers = HOST if header is None else HOST | {"Authorization": header}
    answer = await service.client.post(LOGOUT, headers=headers)
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize("token", ["wrong", "a.b.c", "99|abcdefghijklmnop", "1|abcdef123456789X"])
async def test_an_invalid_token_is_3002(service, token):
    """002, Códigos de error posibles: "3002: Token inválido"; Validaciones: "válido según Sanctum"."""
    answer = await close(service, token)
    assert (answer.status_code, answer.json()) == (401, INVALID)


async def test_an_expired_token_is_3002(start_service, database_url):
    """002, Códigos de error posibles: 3002; the contract's decision 9."""
    service = await start_service(database_url, access_ttl=1000)
    (session,) = await service.mint(age=5000)
    answer = await close(service, session.access)
    assert (answer.status_code, answer.json()) == (401, INVALID)


@pytest.mark.parametrize("kind", ["jwt", "sanctum"])
async def test_closing_again_is_a_success(service, kind):
    """002, Notas: "Si el token ya está revocado …: recomendado: retornar éxito para evitar exponer información"."""
    (session,) = await service.mint()
    token = SANCTUM if kind == "sanctum" else session.access
    first, second = await close(service, token), await close(service, token)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert len(await service.audit()) == 1


async def test_a_server_error_is_9999(service, monkeypatch):
    """002, Errores, 500 Internal Server Error."""

    async def broken(*_arguments, **_more):
        raise RuntimeError("on purpose")

    (session,) = await service.mint()
    monkeypatch.setattr(closings, "close_one", broken)
    answer = await close(service, session.access)
    assert (answer.status_code, answer.json()) == (500, SERVER_ERROR)


@pytest.mark.parametrize("kind", ["jwt", "sanctum"])
async def test_the_token_is_dead_the_moment_the_answer_is_sent(service, kind):
    """002, Descripción: "el token no puede ser utilizado"; Notas: "se revoca inmediatamente"."""
    (session,) = await service.mint()
    token = SANCTUM if kind == "sanctum" else session.access
    assert (await service.sessions(token)).status_code == 200
    await close(service, token)
    assert (await service.sessions(token)).status_code == 401


async def test_the_row_of_the_sanctum_token_is_deleted_and_no_other(service):
    """002, Consultas: `$user->currentAccessToken()->delete()`, on `personal_access_tokens`."""
    opaque = await service.login(tokenFormat="opaque")
    await close(service, opaque["accessToken"])
    assert [row["id"] for row in await service.rows("SELECT id FROM personal_access_tokens ORDER BY id")] == [1, 2]


async def test_the_message_is_for_the_user_to_read_in_his_language(service):
    """002, Campos de Respuesta: `respuesta`: "Mensaje legible para el usuario"; codes stay (decision 13)."""
    answer = await close(service, "wrong", **{"Accept-Language": "en"})
    assert answer.json() == INVALID | {"respuesta": "Invalid token"}
    assert answer.headers["Content-Language"] == "en"


async def test_the_answer_is_json_as_the_client_asks(service):
    """002, Request, Headers: `Accept: application/json`."""
    for answer in (await close(service, SANCTUM), await close(service, "wrong")):
        assert answer.headers["Content-Type"] == "application/json"
        assert set(answer.json()) == {"error", "respuesta", "resultado"}
