"""Document 004, "CU-AUT-003: Logout de Usuario": `POST /api/auth/logout` by refresh token. Each test names its
section.
"""

import json
import re

import pytest

from cierre.cli import demo_data
from tests.support.running import ADMIN, EMAIL, SUPERVISOR, USER, bearer
from tests.support.shown import own, shown, with_own
from tests.support.wire import exchange, post

PATH = "/api/auth/logout"
TIME = own(str, lambda text: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text))
INVALID = with_own(shown("004_token_invalid.json"), timestamp=TIME)
BLANK = INVALID | {"status": 400, "error": "Bad Request", "message": own()}


async def close(service, token=None, **headers):
    return await service.client.post(PATH, json={} if token is None else {"refreshToken": token}, headers=headers)


def cookie(token):
    return {"Cookie": f"refreshToken={token}"}


def login_at(port):
    body = json.dumps({"username": demo_data.USERS[0][1], "password": demo_data.PASSWORD}).encode()
    answer = exchange(port, post("/api/v1/auth/login", "Content-Type: application/json", body=body))
    return json.loads(answer.body)["data"]["refreshToken"]


def test_the_request_with_its_token_in_the_body_sent_as_bytes(real):
    """004, 6. Flujo Principal, 1, 2 and 5: "200 OK sin contenido"; then 9.1 for the same token."""
    body = json.dumps({"refreshToken": login_at(real.port)}).encode()
    request = post(PATH, "Content-Type: application/json", body=body)
    answer = exchange(real.port, request)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")
    assert "content-type" not in answer.headers
    again = exchange(real.port, request)
    assert (again.status, json.loads(again.body)) == (401, INVALID)


def test_the_request_with_its_token_in_the_cookie_sent_as_bytes(real):
    """004, 6. Flujo Principal, 2: "o de una cookie segura"."""
    request = post(PATH, f"Cookie: refreshToken={login_at(real.port)}")
    answer = exchange(real.port, request)
    assert (answer.status, answer.body) == (200, b"")
    again = exchange(real.port, request)
    assert (again.status, json.loads(again.body)) == (401, INVALID)


@pytest.mark.parametrize("way", ["body", "cookie"])
async def test_success_is_200_without_content(service, way):
    """004, 6. Flujo Principal, 5: "200 OK sin contenido"; 11. Response DTO: N/A."""
    (session,) = await service.mint()
    answer = await (
        close(service, session.refresh) if way == "body" else service.client.post(PATH, headers=cookie(session.refresh))
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("token", ["unknown", "a.b.c", "1|abcdef1234567890"])
async def test_an_invalid_token_is_answered_as_shown(service, token):
    """004, 9.1 Token Inválido o Expirado: ErrorResponseDTO."""
    answer = await close(service, token)
    assert (answer.status_code, answer.json()) == (401, INVALID)
    assert answer.headers["Content-Type"] == "application/json"


async def test_an_expired_token_is_answered_as_shown(start_service, database_url):
    """004, 8.2: "debe ser válido y no haber expirado"."""
    service = await start_service(database_url, refresh_ttl=1000)
    (session,) = await service.mint(age=5000)
    answer = await close(service, session.refresh)
    assert (answer.status_code, answer.json()) == (401, INVALID)


async def test_a_token_that_was_invalidated_already_is_answered_as_shown(service):
    """004, 8.2: "no debe haber sido ya invalidado"."""
    (session,) = await service.mint()
    await close(service, session.refresh)
    answer = await close(service, session.refresh)
    assert (answer.status_code, answer.json()) == (401, INVALID)


async def test_an_access_token_is_no_refresh_token(service):
    """004, 6. Flujo Principal, 3: "valida el token de refresco"."""
    (session,) = await service.mint()
    answer = await close(service, session.access)
    assert (answer.status_code, answer.json()) == (401, INVALID)
    assert (await service.sessions(session.access)).status_code == 200


async def test_no_token_anywhere_is_401(service):
    """004, 4. Precondiciones: "poseer un token de refresco válido"."""
    for answer in (await service.client.post(PATH), await close(service)):
        assert (answer.status_code, answer.json()) == (401, INVALID)


@pytest.mark.parametrize("blank", ["", " ", "\t\n  "])
@pytest.mark.parametrize("beside", ["nothing", "a good cookie"])
async def test_a_blank_token_in_the_body_is_400(service, blank, beside):
    """004, 8.1: `refreshToken`: `@NotBlank`, even beside a good cookie."""
    (session,) = await service.mint()
    headers = {} if beside == "nothing" else cookie(session.refresh)
    answer = await close(service, blank, **headers)
    assert (answer.status_code, answer.json()) == (400, BLANK)
    assert (await service.sessions(session.access)).status_code == 200


@pytest.mark.parametrize("value", [7, True, None, [], {}])
async def test_a_token_that_is_no_string_is_400(service, value):
    """004, 8.1 Validaciones de Formato/Sintaxis."""
    answer = await service.client.post(PATH, json={"refreshToken": value})
    assert (answer.status_code, answer.json()) == (400, BLANK)


async def test_the_body_wins_over_the_cookie(service):
    """004, 6. Flujo Principal, 2: "del cuerpo de la solicitud o de una cookie segura", in this order."""
    first, second = await service.mint(2)
    await close(service, first.refresh, **cookie(second.refresh))
    assert (await service.sessions(first.access)).status_code == 401
    assert (await service.sessions(second.access)).status_code == 200


async def test_a_bad_token_in_the_body_does_not_fall_through_to_a_good_cookie(service):
    """004, 9.1; the contract's decision 3: none falls through to another."""
    (session,) = await service.mint()
    answer = await close(service, "unknown", **cookie(session.refresh))
    assert answer.status_code == 401
    assert (await service.sessions(session.access)).status_code == 200


async def test_the_authorization_header_is_not_looked_at(service):
    """004 takes the refresh token and nothing else."""
    (session,) = await service.mint()
    answer = await close(service, **bearer(session.access))
    assert (answer.status_code, answer.json()) == (401, INVALID)


async def test_the_token_yields_no_access_tokens_any_more(service):
    """004, 2. Descripción: "previene que … pueda ser usado para generar nuevos tokens"; 10. Postcondiciones."""
    (session,) = await service.mint()
    await close(service, session.refresh)
    answer = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": session.refresh})
    assert answer.status_code == 401


@pytest.mark.parametrize("user_id", [ADMIN, SUPERVISOR, USER])
async def test_every_role_may_close_its_own_session(service, user_id):
    """004, 5. Roles Permitidos: `ADMIN`, `SUPERVISOR`, `EMPLEADO`."""
    (session,) = await service.mint(user_id=user_id)
    assert (await close(service, session.refresh)).status_code == 200


async def test_only_the_own_session_is_closed(service):
    """004, 5. Condiciones de Propiedad: "Un usuario solo puede cerrar su propia sesión"."""
    (mine,) = await service.mint()
    (other,) = await service.mint(user_id=SUPERVISOR)
    await close(service, mine.refresh)
    assert (await service.sessions(other.access)).json()["data"]["sessions"][0]["current"] is True


async def test_the_cookie_that_login_sets_is_the_one_that_logout_takes_and_clears(service):
    """004, 6. Flujo Principal, 2: "una cookie segura"."""
    body = {"username": EMAIL[USER], "password": demo_data.PASSWORD, "refreshDelivery": "cookie"}
    login = await service.client.post("/api/v1/auth/login", json=body)
    set_cookie = login.headers.get_list("Set-Cookie")[0]
    name, token = re.match(r"([\w-]+)=([^;]+);", set_cookie).groups()
    answer = await service.client.post(PATH, headers={"Cookie": f"{name}={token}"})
    assert answer.status_code == 200
    attributes = set(set_cookie.split("; ")[2:])
    assert attributes == {"Path=/", "HttpOnly", "Secure", "SameSite=Strict"}
    cleared = answer.headers.get_list("Set-Cookie")[0]
    assert cleared.startswith(f"{name}=; Max-Age=0; ")
    assert set(cleared.split("; ")[2:]) == attributes


async def test_the_message_is_in_spanish_unless_asked_otherwise(service):
    """004, 9.1, message; the contract's decision 13."""
    answer = await close(service, "unknown", **{"Accept-Language": "en-GB, es;q=0.5"})
    assert answer.json()["message"] == "The refresh token is invalid or has expired."


async def test_the_answer_says_that_the_path_is_deprecated_and_what_comes_next(service):
    """004's path stays until its Sunset (RFC 9745, RFC 8594)."""
    answer = await close(service, "unknown")
    assert answer.headers["Deprecation"].startswith("@")
    assert answer.headers["Link"] == '</api/v1/auth/logout>; rel="successor-version"'
