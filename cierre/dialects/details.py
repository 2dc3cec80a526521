"""`details` of an error, as `session` and problem details show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cierre.clock import rfc3339
from cierre.errors import (
    AbilityRequired,
    CierreError,
    DeviceSessionNotFound,
    MethodNotAllowed,
    NotAcceptable,
    PasswordRefused,
    PasswordTooShort,
    PayloadTooLarge,
    RateLimitExceeded,
    ReauthenticationRequired,
    RoleRequired,
    ServiceUnavailable,
    SessionAlreadyClosed,
    SessionUnknown,
    TokenExpired,
    Unauthorized,
    UnsupportedMediaType,
    UserNotFound,
    ValidationFailed,
)

Json = dict[str, Any]


def _violations(error: ValidationFailed) -> Json:
    return {"errors": [violation._asdict() for violation in error.violations]}


def _refused_password(error: PasswordRefused) -> Json:
    return {"rule": error.rule, **({"minLength": error.min_length} if isinstance(error, PasswordTooShort) else {})}


def _refused_token(error: Unauthorized) -> Json:
    if error.token_status is None:
        return {}
    return {"tokenStatus": error.token_status, "requiresLogin": True}


def _expired_token(error: TokenExpired) -> Json:
    return {
        "expiredAt": rfc3339(error.expired_at),
        "canRefresh": error.can_refresh,
        "refreshEndpoint": "/api/v1/auth/refresh",
    }


def _closed_session(error: SessionAlreadyClosed) -> Json:
    return {"sessionStatus": "already_closed", "closedAt": rfc3339(error.closed_at)}


def _unknown_device(error: DeviceSessionNotFound) -> Json:
    return {"deviceId": error.device_id, "userActiveSessions": error.active_sessions}


def _spent_quota(error: RateLimitExceeded) -> Json:
    return {"retryAfter": error.retry_after, "limit": error.limit, "windowMs": error.window_ms}


# By class; that of the nearest parent holds for a class that is not named.
_DETAILS: dict[type[CierreError], Callable[[Any], Json]] = {
    ValidationFailed: _violations,
    Unauthorized: _refused_token,
    TokenExpired: _expired_token,
    PasswordRefused: _refused_password,
    ReauthenticationRequired: lambda error: {"maxAge": error.max_age, "loginEndpoint": "/api/v1/auth/login"},
    AbilityRequired: lambda error: {"requiredAbility": error.ability},
    RoleRequired: lambda error: {"requiredRole": error.role},
    SessionAlreadyClosed: _closed_session,
    SessionUnknown: lambda error: {"sessionId": error.session_id},
    DeviceSessionNotFound: _unknown_device,
    UserNotFound: lambda error: {"userId": error.user_id},
    MethodNotAllowed: lambda error: {"allow": error.allow},
    NotAcceptable: lambda error: {"available": error.available},
    PayloadTooLarge: lambda error: {"limit": error.limit},
    UnsupportedMediaType: lambda error: {"supported": error.supported},
    RateLimitExceeded: _spent_quota,
    ServiceUnavailable: lambda error: {"retryAfter": error.retry_after},
    CierreError: lambda _error: {},
}


def details(error: CierreError) -> Json:
    """The members of `details`; an empty object where there is nothing to add."""
    render = next(_DETAILS[kind] for kind in type(error).__mro__ if kind in _DETAILS)
    return render(error)
