"""`cierre.dialects`: pure functions from a value of the domain to what goes over the wire, with plain dictionaries."""

import inspect

import pytest

from cierre import errors
from cierre.dialects import dto, envelope, oauth, plain, problem, respuesta, session
from cierre.dialects.catalogue import CATALOGUE, LANGUAGES, LOGOUT_SUCCESS
from cierre.dialects.details import details
from cierre.dialects.rendering import PROBLEM, FailureContext
from cierre.dialects.successes import SUCCESSES
from cierre.outcomes import LogoutResult

NOW = 1_758_814_200_000  # 2025-09-25T15:30:00Z
TRACE = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"
DIALECTS = (session, envelope, respuesta, dto, plain, problem, oauth)
USER = {"id": "64f8a123b456c789d012e345", "email": "usuario@ejemplo.com", "activeSessions": 2}
CLOSED = LogoutResult(1, ("a-device",), "single_device", NOW, USER["id"], USER["email"], 2)

ERRORS = [
    errors.ValidationFailed.in_body("deviceId", "too long"),
    errors.TokenMissing(),
    errors.TokenInvalid(),
    errors.TokenRevoked(),
    errors.TokenExpired(expired_at=NOW, can_refresh=True),
    errors.RefreshTokenInvalid(),
    errors.RefreshTokenExpired(),
    errors.RefreshTokenReused(),
    errors.LoginFailed(),
    errors.ReauthenticationRequired(max_age=300),
    errors.PasswordTooShort(min_length=12),
    errors.PasswordTooCommon(),
    errors.PasswordContainsName(),
    errors.RoleRequired("ADMIN"),
    errors.AbilityRequired("cierre:read-audit"),
    errors.ForeignOrigin(),
    errors.RouteNotFound(),
    errors.SessionAlreadyClosed(closed_at=NOW),
    errors.SessionUnknown("64f8b456c789d012e345f6ff"),
    errors.DeviceSessionNotFound(device_id="a-device", active_sessions=2),
    errors.UserNotFound(USER["id"]),
    errors.MethodNotAllowed(["POST"]),
    errors.NotAcceptable(["application/json"]),
    errors.IdempotencyKeyInFlight(),
    errors.PayloadTooLarge(65536),
    errors.UnsupportedMediaType(["application/json"]),
    errors.IdempotencyKeyReused(),
    errors.RateLimitExceeded(retry_after=300, limit=30, window_ms=300_000),
    errors.LoginRateLimitExceeded(retry_after=300, limit=100, window_ms=300_000),
    errors.ClientAuthenticationFailed(),
    errors.InvalidGrant(),
    errors.UnsupportedGrantType(),
    errors.UnsupportedTokenType(),
    errors.InternalError(),
    errors.ServiceUnavailable(),
    errors.RefreshTokenUnknown(),
    errors.UnknownGrant(),
    errors.TooManyLogins(),
    errors.RowLocked(),
    errors.TransactionConflict(),
    errors.AttemptRateLimitExceeded(retry_after=300, limit=20, window_ms=300_000),
]
EXPIRED = next(error for error in ERRORS if isinstance(error, errors.TokenExpired))
REPEAT = next(error for error in ERRORS if isinstance(error, errors.SessionAlreadyClosed))


def context(language="es", path="/api/v1/auth/logout"):
    return FailureContext(language, TRACE, path, NOW)


def named(error):
    return type(error).__name__


def test_every_error_that_can_be_raised_is_rendered_here():
    kinds = {
        name
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.CierreError) and kind.__module__.startswith(f"{errors.__name__}.")
    }
    only_parents = {"CierreError", "Unauthorized", "Forbidden", "NotFound", "OAuthError", "PasswordRefused"}
    assert kinds - only_parents == {named(error) for error in ERRORS}


def test_a_success_in_each_dialect():
    logout = {
        "sessionsClosed": 1,
        "deviceIds": ["a-device"],
        "logoutType": "single_device",
        "loggedOutAt": "2025-09-25T15:30:00.000Z",
    }
    full = {"success": True, "message": "Sesión cerrada exitosamente", "data": {"logout": logout, "user": USER}}
    assert session.success(CLOSED, "es") == (200, full, None)
    assert envelope.success(CLOSED, "en") == (204, None, None)
    short = {"error": 0, "respuesta": "Sesión cerrada correctamente", "resultado": {}}
    assert respuesta.success(CLOSED, "es") == (200, short, None)
    assert dto.success(CLOSED, "es") == (200, None, None)
    assert plain.success(CLOSED, "es") == (200, {"success": True, "message": "5"}, None)
    assert oauth.success(CLOSED, "en") == (200, None, None)


def test_an_expired_token_in_each_dialect():
    assert session.failure(EXPIRED, context()).body == {
        "status": 401,
        "code": "ACCESS_TOKEN_EXPIRED",
        "message": "El token de acceso ha expirado",
        "details": {
            "expiredAt": "2025-09-25T15:30:00.000Z",
            "canRefresh": True,
            "refreshEndpoint": "/api/v1/auth/refresh",
        },
    }
    assert envelope.failure(EXPIRED, context("en")).body == {
        "success": False,
        "message": "The access token has expired",
        "code": "UNAUTHORIZED",
        "errors": {},
        "trace_id": TRACE,
    }
    assert respuesta.failure(EXPIRED, context()).body == {"error": 3002, "respuesta": "Token inválido", "resultado": {}}
    assert dto.failure(EXPIRED, context(path="/api/auth/logout")).body == {
        "timestamp": "2025-09-25T15:30:00.000Z",
        "status": 401,
        "error": "Unauthorized",
        "message": "El token de refresco es inválido o ha expirado.",
        "path": "/api/auth/logout",
    }
    assert plain.failure(EXPIRED, context()) == (401, None, None)
    assert problem.failure(EXPIRED, context("en")) == (
        401,
        {
            "type": "urn:cierre:error:ACCESS_TOKEN_EXPIRED",
            "title": "Unauthorized",
            "status": 401,
            "detail": "The access token has expired",
            "instance": "/api/v1/auth/logout",
            "code": "ACCESS_TOKEN_EXPIRED",
            "traceId": TRACE,
            "details": details(EXPIRED),
        },
        PROBLEM,
    )


@pytest.mark.parametrize(
    ("dialect", "status"),
    [(session, 404), (envelope, 401), (respuesta, 200), (dto, 401), (plain, 401), (problem, 404)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_second_logout_is_what_each_document_makes_of_it(dialect, status):
    """Decision 10: 404 in document 003, 200 in 002, 401 in 001, 004 and 000."""
    assert dialect.failure(REPEAT, context()).status == status


def test_a_second_logout_says_in_002_what_the_first_one_said():
    assert respuesta.failure(REPEAT, context()) == respuesta.success(CLOSED, "es")


@pytest.mark.parametrize("error", ERRORS, ids=named)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_error_has_words_a_code_and_the_shape_of_its_dialect(dialect, language, error):
    rendered = dialect.failure(error, context(language))
    shapes = {
        session: {"status", "code", "message", "details"},
        envelope: {"success", "message", "code", "errors", "trace_id"},
        respuesta: {"error", "respuesta", "resultado"},
        dto: {"timestamp", "status", "error", "message", "path"},
        oauth: {"error", "error_description"},
    }
    if dialect in shapes:
        assert set(rendered.body) == shapes[dialect]
        assert all(value != "" for value in rendered.body.values())
    if "status" in (rendered.body or {}):
        assert rendered.body["status"] == rendered.status


@pytest.mark.parametrize("error", ERRORS, ids=named)
def test_codes_are_never_translated_and_messages_are(error):
    """Decision 13."""
    for dialect, code in ((session, "code"), (envelope, "code"), (respuesta, "error"), (problem, "code")):
        spanish, english = (dialect.failure(error, context(language)).body for language in LANGUAGES)
        assert spanish[code] == english[code]
        assert spanish != english


def test_every_text_of_the_catalogue_exists_in_both_languages_and_differs():
    texts = [entry.text for entry in CATALOGUE.values()]
    texts += [own for entry in CATALOGUE.values() for own in entry.own.values()]
    texts += [*LOGOUT_SUCCESS.values(), *(one.message for one in SUCCESSES.values())]
    for text in texts:
        assert text.es.strip()
        assert text.en.strip()
        assert text.es != text.en


def test_a_number_of_002_means_one_code_of_001_and_one_class_of_status():
    """One catalogue: no number for two different things."""
    meanings = {}
    for entry in CATALOGUE.values():
        meanings.setdefault(entry.respuesta, set()).add(entry.envelope)
    assert all(len(codes) == 1 for codes in meanings.values())


def test_violations_are_listed_by_field_in_001_and_by_pointer_in_003():
    violations = [
        errors.RequestViolation("body", "/a/b", "one"),
        errors.RequestViolation("body", "/a/b", "two"),
        errors.RequestViolation("body", "", "three"),
    ]
    failed = errors.ValidationFailed(violations)
    assert envelope.failure(failed, context()).body["errors"] == {"a.b": ["one", "two"], "body": ["three"]}
    assert session.failure(failed, context()).body["details"] == {
        "errors": [
            {"location": "body", "pointer": "/a/b", "message": "one"},
            {"location": "body", "pointer": "/a/b", "message": "two"},
            {"location": "body", "pointer": "", "message": "three"},
        ]
    }


@pytest.mark.parametrize("kind", ["single_device", "specific_device", "all_devices", "admin_forced", "automatic"])
def test_each_type_of_logout_has_words_of_its_own(kind):
    """Decision 21."""
    result = LogoutResult(0, (), kind, NOW, USER["id"], USER["email"], 0)
    body = session.success(result, "es").body
    assert body["data"]["logout"]["logoutType"] == kind
    assert body["message"] == LOGOUT_SUCCESS[kind].es


def test_problem_details_leave_out_details_that_are_empty():
    assert "details" not in problem.failure(errors.InternalError(), context()).body


def test_nothing_of_the_cause_is_told_of_an_internal_error():
    failure = errors.InternalError()
    failure.__cause__ = RuntimeError("secret")
    for dialect in DIALECTS:
        assert "secret" not in str(dialect.failure(failure, context()))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ClientAuthenticationFailed(), "invalid_client"),
        (errors.InvalidGrant(), "invalid_grant"),
        (errors.UnsupportedGrantType(), "unsupported_grant_type"),
        (errors.UnsupportedTokenType(), "unsupported_token_type"),
        (errors.ReauthenticationRequired(max_age=300), "insufficient_user_authentication"),
        (errors.ValidationFailed([]), "invalid_request"),
        (errors.ServiceUnavailable(), "temporarily_unavailable"),
        (errors.InternalError(), "server_error"),
    ],
    ids=lambda value: value if isinstance(value, str) else named(value),
)
def test_oauth_errors_have_the_codes_of_rfc_6749(error, code):
    assert oauth.failure(error, context("en")).body["error"] == code
