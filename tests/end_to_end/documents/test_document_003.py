"""Document 003, "Endpoint: User Logout", for clients of `localhost:3000`: the canonical dialect. Each test names its
section.
"""

import asyncio
import json
import re

import pytest

from cierre.cli import demo_data
from cierre.settings import DAY
from cierre.tokens.opaque import digest
from tests.support.running import ADMIN, EMAIL, LOGOUT, SUPERVISOR, USER, bearer
from tests.support.shown import own, shown, snippet, with_own
from tests.support.wire import exchange, post, run_curl

FORCE = "/api/v1/admin/users/force-logout"
HOST = {"Host": "localhost:3000"}
SAMPLE_TOKEN = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9..."
TIME = own(str, lambda text: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text))
LOGGED_OUT = with_own(shown("003_logged_out.json"), data__logout__loggedOutAt=TIME)
EVERYWHERE = with_own(shown("003_logged_out_everywhere.json"), data__logout__loggedOutAt=TIME)
INVALID = shown("003_token_invalid.json")
EXPIRED = with_own(shown("003_token_expired.json"), details__expiredAt=TIME)
CLOSED = with_own(shown("003_already_closed.json"), details__closedAt=TIME)
NO_DEVICE = shown("003_device_not_found.json")
LIMITED = with_own(shown("003_rate_limited.json"), details__retryAfter=own(int, lambda n: 0 < n <= 300))
MINE = LOGGED_OUT["data"]["logout"]["deviceIds"][0]
DEVICES = EVERYWHERE["data"]["logout"]["deviceIds"]


async def on(service, *devices, user_id=USER):
    """A session of the user on each device."""
    return [(await service.mint(device_id=device, user_id=user_id))[0] for device in devices]


async def close(service, token, body=None, **headers):
    return await service.client.post(LOGOUT, json=body, headers=HOST | bearer(token) | headers)


async def force(service, token, **body):
    return await service.client.post(FORCE, json=body, headers=HOST | bearer(token))


def login_at(port, email=demo_data.USERS[0][1], **more):
    body = json.dumps({"username": email, "password": demo_data.PASSWORD} | more).encode()
    answer = exchange(port, post("/api/v1/auth/login", "Content-Type: application/json", body=body))
    return json.loads(answer.body)["data"]["accessToken"]


# --- the literal commands


@pytest.mark.parametrize("name", ["003_simple.sh", "003_specific_device.sh"])
def test_a_curl_for_one_session_answers_the_shown_success(real, name):
    """003, Ejemplos de Uso, Logout Simple; Casos Especiales, Logout de Dispositivo Específico."""
    token = login_at(real.port, deviceId="mobile-device-uuid-123456789")
    answer = run_curl(snippet(name).replace(SAMPLE_TOKEN, token), real.port)
    body = json.loads(answer.body)
    assert answer.status == 200
    kind, message = ("single_device", LOGGED_OUT["message"])
    if "specific" in name:
        kind, message = ("specific_device", "Sesión del dispositivo cerrada exitosamente")
    expected = with_own(
        LOGGED_OUT,
        message=message,
        data__logout__logoutType=kind,
        data__logout__deviceIds=["mobile-device-uuid-123456789"],
        data__logout__sessionsClosed=own(int),
        data__user__activeSessions=own(int),
    )
    assert body == expected


@pytest.mark.parametrize("name", ["003_after_a_compromise.sh", "003_global.sh"])
def test_a_curl_for_all_sessions_answers_the_shown_success(real, name):
    """003, Casos Especiales, Logout Después de Compromiso de Seguridad; Ejemplos de Uso, Logout Global."""
    run_curl(snippet("003_global.sh").replace(SAMPLE_TOKEN, login_at(real.port)), real.port)
    tokens = [login_at(real.port, deviceId=device) for device in DEVICES]
    answer = run_curl(snippet(name).replace(SAMPLE_TOKEN, tokens[0]), real.port)
    body = json.loads(answer.body)
    body["data"]["logout"]["deviceIds"].sort(key=DEVICES.index)
    assert (answer.status, body) == (200, EVERYWHERE)


def test_the_curl_of_an_administrator_closes_the_users_sessions(real):
    """003, Casos Especiales, Logout de Emergencia (Admin)."""
    login_at(real.port)
    script = snippet("003_force_logout.sh").replace("admin_token...", login_at(real.port, "admin@ejemplo.com"))
    answer = run_curl(script, real.port)
    body = json.loads(answer.body)
    assert answer.status == 200
    assert body["data"]["logout"]["logoutType"] == "admin_forced"
    assert body["data"]["user"] == LOGGED_OUT["data"]["user"] | {"activeSessions": 0}


def test_the_sample_token_itself_answers_the_shown_refusal(real):
    """003, Headers Requeridos: its token is an illustration; sent as it is, it is invalid."""
    answer = run_curl(snippet("003_simple.sh"), real.port)
    assert (answer.status, json.loads(answer.body)) == (401, INVALID)


def test_content_type_without_a_body_sent_as_bytes(real):
    """003, Ejemplos de Uso, Logout Simple: `Content-Type: application/json`, and nothing to go with it."""
    lines = (f"Authorization: Bearer {login_at(real.port)}", "Content-Type: application/json")
    assert exchange(real.port, post(LOGOUT, *lines)).status == 200


# --- Respuestas


async def test_a_simple_logout_answers_as_shown(service):
    """003, Respuestas, Logout Exitoso (200 OK), with the shown user, device and counts."""
    mine, *_ = await on(service, MINE, "another", "a-third")
    answer = await close(service, mine.access)
    assert (answer.status_code, answer.json()) == (200, LOGGED_OUT)
    assert answer.headers["Content-Type"] == "application/json"


async def test_a_global_logout_answers_as_shown(service):
    """003, Respuestas, Logout Global Exitoso (200 OK), with the shown user and devices."""
    mine, *_ = await on(service, *DEVICES)
    body = (await close(service, mine.access, {"logoutAll": True})).json()
    body["data"]["logout"]["deviceIds"].sort(key=DEVICES.index)
    assert body == EVERYWHERE


@pytest.mark.parametrize("token", ["not-a-token", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_an_invalid_token_is_answered_as_shown(service, token):
    """003, Respuestas, Token Inválido (401 Unauthorized)."""
    answer = await close(service, token)
    assert (answer.status_code, answer.json()) == (401, INVALID)


async def test_no_token_is_answered_as_an_invalid_one_that_is_missing(service):
    """003, Validaciones de Entrada: Authorization is required; the contract's decision 9: `tokenStatus: missing`."""
    answer = await service.client.post(LOGOUT, headers=HOST)
    assert (answer.status_code, answer.json()) == (401, with_own(INVALID, details__tokenStatus="missing"))


async def test_an_expired_token_is_answered_as_shown(start_service, database_url):
    """003, Respuestas, Token Expirado (401 Unauthorized); Validaciones: "JWT no expirado"."""
    service = await start_service(database_url, access_ttl=1000)
    (session,) = await service.mint(age=5000)
    answer = await close(service, session.access)
    assert (answer.status_code, answer.json()) == (401, EXPIRED)


async def test_an_expired_token_of_a_closed_session_can_not_be_refreshed(start_service, database_url):
    """003, Token Expirado, `canRefresh`: true only where it is true (decision 11)."""
    service = await start_service(database_url, access_ttl=1000)
    (session,) = await service.mint(age=5000)
    await service.client.post("/api/auth/logout", json={"refreshToken": session.refresh})
    answer = await close(service, session.access)
    assert (answer.status_code, answer.json()) == (401, with_own(EXPIRED, details__canRefresh=False))


async def test_a_second_logout_is_answered_as_shown(service):
    """003, Respuestas, Sesión Ya Cerrada (404 Not Found)."""
    (session,) = await service.mint()
    first = (await close(service, session.access)).json()
    answer = await close(service, session.access)
    assert (answer.status_code, answer.json()) == (404, CLOSED)
    assert answer.json()["details"]["closedAt"] == first["data"]["logout"]["loggedOutAt"]


async def test_an_unknown_device_is_answered_as_shown(service):
    """003, Respuestas, Device ID No Encontrado (404 Not Found), with the shown device and count."""
    mine, _ = await on(service, MINE, "another")
    answer = await close(service, mine.access, {"deviceId": "non-existent-device-uuid"})
    assert (answer.status_code, answer.json()) == (404, NO_DEVICE)
    assert await service.audit() == []


async def test_the_thirty_first_attempt_is_answered_as_shown(start_service, database_url):
    """003, Rate Limit: "30 intentos por 5 minutos por IP"; Respuestas, Rate Limit Excedido (429)."""
    service = await start_service(database_url, rate_limit="on")
    for _ in range(30):
        assert (await close(service, "not-a-token")).status_code == 401
    answer = await close(service, "not-a-token")
    assert (answer.status_code, answer.json()) == (429, LIMITED)
    assert answer.headers["Retry-After"] == str(answer.json()["details"]["retryAfter"])


# --- Datos de Entrada


@pytest.mark.parametrize("body", [None, {}, {"logoutAll": False}])
async def test_the_body_is_optional_and_logout_all_is_false_by_default(service, body):
    """003, Request Body (Opcional); Validaciones, logoutAll: "Por defecto: `false`"."""
    mine, other = await on(service, MINE, "another")
    assert (await close(service, mine.access, body)).json()["data"]["logout"]["sessionsClosed"] == 1
    assert (await service.sessions(other.access)).status_code == 200


async def test_the_shown_request_body_names_a_device(service):
    """003, Request Body: `{"logoutAll": false, "deviceId": "string"}`."""
    mine, other = await on(service, MINE, shown("003_request.json")["deviceId"])
    answer = await close(service, mine.access, shown("003_request.json"))
    assert answer.json()["data"]["logout"] == with_own(
        LOGGED_OUT["data"]["logout"], logoutType="specific_device", deviceIds=["string"]
    )
    assert (await service.sessions(other.access)).status_code == 401


async def test_a_device_id_closes_that_devices_session_only(service):
    """003, Validaciones, deviceId: "solo cierra esa sesión"."""
    mine, other, third = await on(service, MINE, "mobile-device-uuid-123456789", "a-third")
    await close(service, mine.access, {"deviceId": "mobile-device-uuid-123456789"})
    statuses = [(await service.sessions(one.access)).status_code for one in (mine, other, third)]
    assert statuses == [200, 401, 200]


@pytest.mark.parametrize(
    "body",
    [
        {"logoutAll": "true"},
        {"logoutAll": 1},
        {"logoutAll": None},
        {"deviceId": 7},
        {"deviceId": ""},
        {"deviceId": "con espacio"},
        {"deviceId": "x" * 129},
        {"logoutAll": True, "deviceId": "string"},
        {"unknown": 1},
        [],
        "text",
    ],
)
async def test_a_body_that_breaks_the_table_is_400_and_closes_nothing(service, body):
    """003, Validaciones de Entrada: boolean, string; the contract's decisions 5, 14 and 15."""
    (session,) = await service.mint()
    answer = await close(service, session.access, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")
    assert set(answer.json()) == {"status", "code", "message", "details"}
    assert await service.audit() == []


# --- Reglas de Negocio, Flujo de Proceso


@pytest.mark.parametrize(
    ("body", "kind"),
    [({}, "single_device"), ({"deviceId": MINE}, "specific_device"), ({"logoutAll": True}, "all_devices")],
)
async def test_the_session_goes_from_active_to_closed_by_its_user(service, body, kind):
    """003, Tipos de Logout; Estados de Sesión: `active`, `closed`, `user_logout`."""
    (session,) = await on(service, MINE)
    states = "SELECT status, logout_reason FROM sessions"
    assert [tuple(row.values()) for row in await service.rows(states)] == [("active", None)]
    await close(service, session.access, body)
    assert [tuple(row.values()) for row in await service.rows(states)] == [("closed", "user_logout")]
    assert [row["logout_type"] for row in await service.audit()] == [kind]


async def test_an_emergency_logout_is_recorded_as_the_administrators(service):
    """003, Tipos de Logout, Emergency Logout: "Admin puede cerrar sesiones de cualquier usuario"; `admin_logout`."""
    await on(service, "one", "two")
    (admin,) = await service.mint(user_id=ADMIN)
    answer = await force(service, admin.access, userId=USER, reason="security_incident")
    assert answer.json()["data"]["logout"]["sessionsClosed"] == 2
    rows = await service.audit()
    assert {(row["event"], row["logout_type"], row["reason"]) for row in rows} == {
        ("admin_logout", "admin_forced", "security_incident")
    }


@pytest.mark.parametrize("user_id", [USER, SUPERVISOR])
async def test_nobody_but_an_administrator_forces_others_out(service, user_id):
    """003, Tipos de Logout, Emergency Logout; the contract's decision 22."""
    (session,) = await service.mint(user_id=user_id)
    answer = await force(service, session.access, userId=ADMIN, reason="security_incident")
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


async def test_access_and_refresh_tokens_are_dead_at_once(service):
    """003, Gestión de Tokens: "Access Token: Agregado a blacklist", "Refresh Token: Eliminado … inmediatamente"."""
    (session,) = await service.mint()
    await close(service, session.access)
    assert (await service.sessions(session.access)).status_code == 401
    renewed = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": session.refresh})
    assert (renewed.status_code, renewed.json()["code"]) == (401, "INVALID_REFRESH_TOKEN")


async def test_a_global_logout_kills_every_token_of_the_user_and_nobody_elses(service):
    """003, Logout Global: "Marcar todos los tokens del usuario como inválidos"."""
    sessions = await on(service, *DEVICES)
    (other,) = await service.mint(user_id=SUPERVISOR)
    await close(service, sessions[0].access, {"logoutAll": True})
    for session in sessions:
        assert (await service.sessions(session.access)).status_code == 401
        renewed = await service.client.post("/api/v1/auth/refresh", json={"refreshToken": session.refresh})
        assert renewed.status_code == 401
    assert (await service.sessions(other.access)).status_code == 200


async def test_nobody_closes_another_users_device(service):
    """003, Validaciones de Autorización, Token Ownership: "Solo el propietario puede hacer logout de sus sesiones"."""
    mine, _ = await on(service, MINE, "another")
    (other,) = await on(service, "non-existent-device-uuid", user_id=SUPERVISOR)
    answer = await close(service, mine.access, {"deviceId": "non-existent-device-uuid"})
    assert (answer.status_code, answer.json()) == (404, NO_DEVICE)
    assert (await service.sessions(other.access)).status_code == 200


# --- Casos de Prueba


async def test_several_logouts_at_once_close_the_session_once(service):
    """003, Casos de Error: "Multiple logout requests simultáneos"."""
    (session,) = await service.mint()
    answers = await asyncio.gather(*(close(service, session.access) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 7
    assert len(await service.audit()) == 1


async def test_a_logout_after_a_change_of_password_succeeds(service):
    """003, Casos Exitosos: "Logout después de cambio de contraseña"; the other sessions are closed by the change."""
    mine = await service.login()
    (other,) = await service.mint()
    change = {"currentPassword": demo_data.PASSWORD, "newPassword": "otra-contraseña-larga"}
    headers = HOST | bearer(mine["accessToken"])
    changed = await service.client.post("/api/v1/auth/password", json=change, headers=headers)
    assert changed.status_code == 200, changed.text
    assert (await service.sessions(other.access)).status_code == 401
    assert (await close(service, mine["accessToken"])).status_code == 200
    assert [row["reason"] for row in await service.audit()] == ["password_change", "user_initiated"]


async def test_a_session_that_nobody_used_is_closed_by_itself(start_service, database_url):
    """003, Casos de Seguridad: "Logout automático por inactividad"; Logout reason `security_logout`."""
    service = await start_service(database_url, access_ttl=30 * DAY, idle_timeout=14 * DAY)
    (session,) = await service.mint(age=15 * DAY)
    assert (await service.sessions(session.access)).status_code == 401
    (row,) = await service.audit()
    assert (row["event"], row["logout_type"], row["reason"]) == ("security_logout", "automatic", "inactivity")


# --- Logs de Auditoría


async def test_the_audit_row_has_the_shown_fields_and_the_trace(service):
    """003, Logs de Auditoría: its fields exactly, with `traceId` beside them."""
    (session,) = await on(service, MINE)
    (admin,) = await service.mint(user_id=ADMIN)
    answer = await close(service, session.access, **{"User-Agent": "Mozilla/5.0..."})
    trail = await service.client.get("/api/v1/admin/audit-events", headers=HOST | bearer(admin.access))
    (event,) = trail.json()["data"]["events"]
    expected = shown("003_audit.json") | {
        "timestamp": answer.json()["data"]["logout"]["loggedOutAt"],
        "sessionId": session.session_id,
        "ipAddress": "127.0.0.1",
        "sessionDuration": own(int, lambda ms: 0 <= ms < 60_000),
        "traceId": answer.headers["X-Trace-Id"],
        # Beside what the document shows.
        "actor": {"type": "user", "id": USER},
    }
    assert event == expected


async def test_each_session_of_a_global_logout_has_a_row_and_the_trace_ties_them(service):
    """003, Logout Global, "Registro detallado: Log con lista de todas las sesiones cerradas"."""
    sessions = await on(service, *DEVICES)
    answer = await close(service, sessions[0].access, {"logoutAll": True})
    rows = await service.audit()
    assert {row["session_id"] for row in rows} == {session.session_id for session in sessions}
    assert {row["sessions_closed"] for row in rows} == {4}
    assert {row["trace_id"] for row in rows} == {answer.headers["X-Trace-Id"]}


async def test_the_refresh_tokens_are_kept_as_hashes_only(service):
    """003, Seguridad, Refresh Token Deletion: what is left of one is no token (decision 18)."""
    issued = await service.login()
    kept = [row["hash"] for row in await service.rows("SELECT hash FROM refresh_tokens")]
    assert kept == [digest(issued["refreshToken"])]


async def test_a_user_can_look_at_his_active_sessions(service):
    """003, Mejores Prácticas, Para Usuarios Finales: "Revisar sesiones activas regularmente"."""
    mine, _ = await on(service, MINE, "another")
    listed = (await service.sessions(mine.access)).json()["data"]["sessions"]
    assert {one["deviceId"]: one["current"] for one in listed} == {MINE: True, "another": False}


async def test_the_email_in_the_answer_is_the_users(service):
    """003, Logout Exitoso, data.user.email."""
    (session,) = await on(service, MINE, user_id=SUPERVISOR)
    assert (await close(service, session.access)).json()["data"]["user"]["email"] == EMAIL[SUPERVISOR]
