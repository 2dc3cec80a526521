"""What can go wrong, once, for every dialect.

    CierreError
    ├── ValidationFailed            400  VALIDATION_FAILED
    ├── Unauthorized                401
    │   ├── TokenMissing                 INVALID_ACCESS_TOKEN   tokenStatus: missing
    │   ├── TokenInvalid                 INVALID_ACCESS_TOKEN   tokenStatus: invalid
    │   ├── TokenRevoked                 INVALID_ACCESS_TOKEN   tokenStatus: revoked
    │   ├── TokenExpired                 ACCESS_TOKEN_EXPIRED
    │   ├── RefreshTokenInvalid          INVALID_REFRESH_TOKEN
    │   ├── RefreshTokenExpired          REFRESH_TOKEN_EXPIRED
    │   ├── RefreshTokenReused           REFRESH_TOKEN_REUSED
    │   └── LoginFailed                  INVALID_CREDENTIALS
    ├── Forbidden                   403
    │   ├── RoleRequired                 FORBIDDEN
    │   └── ForeignOrigin                FOREIGN_ORIGIN
    ├── NotFound                    404
    │   ├── RouteNotFound                NOT_FOUND
    │   ├── SessionAlreadyClosed         SESSION_NOT_FOUND      404, 401 or 200: the dialect decides
    │   ├── SessionUnknown               SESSION_UNKNOWN
    │   ├── DeviceSessionNotFound        DEVICE_SESSION_NOT_FOUND
    │   └── UserNotFound                 USER_NOT_FOUND
    ├── MethodNotAllowed            405  METHOD_NOT_ALLOWED
    ├── NotAcceptable               406  NOT_ACCEPTABLE
    ├── IdempotencyKeyInFlight      409  IDEMPOTENCY_KEY_IN_FLIGHT
    ├── PayloadTooLarge             413  PAYLOAD_TOO_LARGE
    ├── UnsupportedMediaType        415  UNSUPPORTED_MEDIA_TYPE
    ├── IdempotencyKeyReused        422  IDEMPOTENCY_KEY_REUSED
    ├── RateLimitExceeded           429  RATE_LIMIT_EXCEEDED
    ├── OAuthError                  400  RFC 6749, section 5.2, in `oauth_code`
    │   ├── ClientAuthenticationFailed   invalid_client, 401
    │   ├── InvalidGrant                 invalid_grant
    │   ├── UnsupportedGrantType         unsupported_grant_type
    │   └── UnsupportedTokenType         unsupported_token_type
    ├── InternalError               500  INTERNAL_ERROR
    └── ServiceUnavailable          503  SERVICE_UNAVAILABLE

`code` is contract and never translated. `situation` is the name of the example in the contract. What each
dialect says of a code (its own code or number, its words in both languages) is `dialects/catalogue.py`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from cierre.clock import rfc3339


class CierreError(Exception):
    """The root: an outcome that is not a success.

    Attributes:
        status: the HTTP status in the canonical dialect.
        code: the stable code of the canonical dialect.
        situation: the name of the contract's example that shows it.
        headers: header fields that the answer carries, whatever the dialect.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "INTERNAL_ERROR"
    situation: ClassVar[str] = "internal_error"

    def __init__(self, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(self.code)
        self.headers = headers or {}

    @property
    def details(self) -> dict[str, Any]:
        """The members of `details`, as the canonical dialect shows them."""
        return {}


class ValidationFailed(CierreError):
    """The request breaks the contract; every violation is listed.

    Args:
        violations: `{"location": "body" | "query" | "header" | "path", "pointer": RFC 6901, "message": …}` each.
    """

    status = 400
    code = "VALIDATION_FAILED"
    situation = "validation_failed"

    def __init__(self, violations: list[dict[str, str]]) -> None:
        super().__init__()
        self.violations = violations

    @property
    def details(self) -> dict[str, Any]:
        return {"errors": self.violations}


class Unauthorized(CierreError):
    """The credential is missing or no good. `challenge` is the value of WWW-Authenticate (RFC 6750, section 3).

    Attributes:
        client_id: that the refused token was issued to, where it could be found out: it may pin a dialect.
    """

    status = 401
    code = "INVALID_ACCESS_TOKEN"
    situation = "token_invalid"
    challenge: ClassVar[str | None] = 'Bearer realm="cierre", error="invalid_token"'

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": self.challenge} if self.challenge else None)
        self.client_id: str | None = None


class TokenMissing(Unauthorized):
    """No credential was sent: the challenge names no error (RFC 6750, section 3.1)."""

    situation = "token_missing"
    challenge = 'Bearer realm="cierre"'

    @property
    def details(self) -> dict[str, Any]:
        return {"tokenStatus": "missing", "requiresLogin": True}


class TokenInvalid(Unauthorized):
    """The token is malformed, forged, foreign, or of another type."""

    @property
    def details(self) -> dict[str, Any]:
        return {"tokenStatus": "invalid", "requiresLogin": True}


class TokenRevoked(Unauthorized):
    """The token verifies, but its session is closed."""

    situation = "token_revoked"

    @property
    def details(self) -> dict[str, Any]:
        return {"tokenStatus": "revoked", "requiresLogin": True}


class TokenExpired(Unauthorized):
    """The token verifies, but its time is over.

    Args:
        expired_at: milliseconds since the epoch.
        can_refresh: whether the session is open and its refresh token still good.
    """

    code = "ACCESS_TOKEN_EXPIRED"
    situation = "token_expired"

    def __init__(self, *, expired_at: int, can_refresh: bool) -> None:
        super().__init__()
        self.expired_at = expired_at
        self.can_refresh = can_refresh

    @property
    def details(self) -> dict[str, Any]:
        return {
            "expiredAt": rfc3339(self.expired_at),
            "canRefresh": self.can_refresh,
            "refreshEndpoint": "/api/v1/auth/refresh",
        }


class RefreshTokenInvalid(Unauthorized):
    """The refresh token is missing, unknown, or of a closed session."""

    code = "INVALID_REFRESH_TOKEN"
    situation = "refresh_token_invalid"

    @property
    def details(self) -> dict[str, Any]:
        return {"tokenStatus": "invalid", "requiresLogin": True}


class RefreshTokenExpired(Unauthorized):
    """The refresh token's time is over."""

    code = "REFRESH_TOKEN_EXPIRED"
    situation = "refresh_token_expired"

    @property
    def details(self) -> dict[str, Any]:
        return {"tokenStatus": "expired", "requiresLogin": True}


class RefreshTokenReused(Unauthorized):
    """A refresh token came back after it had been exchanged: its family is closed (RFC 9700, section 4.14.2)."""

    code = "REFRESH_TOKEN_REUSED"
    situation = "refresh_token_reused"

    @property
    def details(self) -> dict[str, Any]:
        return {"tokenStatus": "reused", "requiresLogin": True}


class LoginFailed(Unauthorized):
    """No such user, wrong password or a disabled account: the answer does not say which."""

    code = "INVALID_CREDENTIALS"
    situation = "login_failed"
    challenge = 'Bearer realm="cierre"'


class Forbidden(CierreError):
    """The caller is known, and may not."""

    status = 403
    code = "FORBIDDEN"
    situation = "role_required"


class RoleRequired(Forbidden):
    """The operation is for another role (RFC 6750, section 3.1: insufficient_scope)."""

    def __init__(self, role: str) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Bearer realm="cierre", error="insufficient_scope"'})
        self.role = role

    @property
    def details(self) -> dict[str, Any]:
        return {"requiredRole": self.role}


class ForeignOrigin(Forbidden):
    """A cookie came as the credential of a request from a foreign origin."""

    code = "FOREIGN_ORIGIN"
    situation = "foreign_origin"


class NotFound(CierreError):
    """What was asked for is not there."""

    status = 404
    code = "NOT_FOUND"
    situation = "route_not_found"


class RouteNotFound(NotFound):
    """The contract has no such path."""


class SessionAlreadyClosed(NotFound):
    """The credential verifies and its session is closed. The status is the dialect's decision.

    Args:
        closed_at: milliseconds since the epoch.
    """

    code = "SESSION_NOT_FOUND"
    situation = "already_closed"

    def __init__(self, *, closed_at: int) -> None:
        super().__init__()
        self.closed_at = closed_at

    @property
    def details(self) -> dict[str, Any]:
        return {"sessionStatus": "already_closed", "closedAt": rfc3339(self.closed_at)}


class SessionUnknown(NotFound):
    """The caller has no session with this id, active or closed; the session of another user is unknown."""

    code = "SESSION_UNKNOWN"
    situation = "session_unknown"

    def __init__(self, session_id: str) -> None:
        super().__init__()
        self.session_id = session_id

    @property
    def details(self) -> dict[str, Any]:
        return {"sessionId": self.session_id}


class DeviceSessionNotFound(NotFound):
    """The caller has no open session on that device; another user's device is unknown."""

    code = "DEVICE_SESSION_NOT_FOUND"
    situation = "device_not_found"

    def __init__(self, *, device_id: str, active_sessions: int) -> None:
        super().__init__()
        self.device_id = device_id
        self.active_sessions = active_sessions

    @property
    def details(self) -> dict[str, Any]:
        return {"deviceId": self.device_id, "userActiveSessions": self.active_sessions}


class UserNotFound(NotFound):
    """An administrator named a user that does not exist."""

    code = "USER_NOT_FOUND"
    situation = "user_not_found"

    def __init__(self, user_id: str) -> None:
        super().__init__()
        self.user_id = user_id

    @property
    def details(self) -> dict[str, Any]:
        return {"userId": self.user_id}


class MethodNotAllowed(CierreError):
    """The path exists, not with this method. `allow` lists those that do (RFC 9110, section 15.5.6)."""

    status = 405
    code = "METHOD_NOT_ALLOWED"
    situation = "method_not_allowed"

    def __init__(self, allow: list[str]) -> None:
        super().__init__(headers={"Allow": ", ".join(allow)})
        self.allow = allow

    @property
    def details(self) -> dict[str, Any]:
        return {"allow": self.allow}


class NotAcceptable(CierreError):
    """Nothing that the operation can answer satisfies Accept (RFC 9110, section 15.5.7)."""

    status = 406
    code = "NOT_ACCEPTABLE"
    situation = "not_acceptable"

    def __init__(self, available: list[str]) -> None:
        super().__init__()
        self.available = available

    @property
    def details(self) -> dict[str, Any]:
        return {"available": self.available}


class IdempotencyKeyInFlight(CierreError):
    """The first request with this key is not answered yet."""

    status = 409
    code = "IDEMPOTENCY_KEY_IN_FLIGHT"
    situation = "idempotency_key_in_flight"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class PayloadTooLarge(CierreError):
    """The body is larger than the service reads. `limit` is in bytes."""

    status = 413
    code = "PAYLOAD_TOO_LARGE"
    situation = "payload_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    @property
    def details(self) -> dict[str, Any]:
        return {"limit": self.limit}


class UnsupportedMediaType(CierreError):
    """The body's Content-Type is not one that the operation reads."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"
    situation = "unsupported_media_type"

    def __init__(self, supported: list[str]) -> None:
        super().__init__(headers={"Accept-Post": ", ".join(supported)})
        self.supported = supported

    @property
    def details(self) -> dict[str, Any]:
        return {"supported": self.supported}


class IdempotencyKeyReused(CierreError):
    """The key was used for another request."""

    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"
    situation = "idempotency_key_reused"


class RateLimitExceeded(CierreError):
    """Too many requests.

    Args:
        retry_after: seconds until the next request may succeed, at least 1.
        limit: requests a window.
        window_ms: the window, in milliseconds.
    """

    status = 429
    code = "RATE_LIMIT_EXCEEDED"
    situation = "rate_limited"

    def __init__(self, *, retry_after: int, limit: int, window_ms: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)})
        self.retry_after = retry_after
        self.limit = limit
        self.window_ms = window_ms

    @property
    def details(self) -> dict[str, Any]:
        return {"retryAfter": self.retry_after, "limit": self.limit, "windowMs": self.window_ms}


class LoginRateLimitExceeded(RateLimitExceeded):
    """The same, of logins: the other one speaks of logouts, as document 003 does."""

    situation = "login_rate_limited"


class OAuthError(CierreError):
    """A refusal of the OAuth endpoints. `oauth_code` is RFC 6749's, RFC 7009's."""

    status = 400
    code = "INVALID_REQUEST"
    situation = "validation_failed"
    oauth_code: ClassVar[str] = "invalid_request"


class ClientAuthenticationFailed(OAuthError):
    """No client, an unknown one, or a wrong secret."""

    status = 401
    code = "INVALID_CLIENT"
    situation = "client_authentication_failed"
    oauth_code = "invalid_client"

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Basic realm="cierre"'})


class InvalidGrant(OAuthError):
    """The refresh token is no good, or another client's."""

    code = "INVALID_GRANT"
    situation = "invalid_grant"
    oauth_code = "invalid_grant"


class UnsupportedGrantType(OAuthError):
    """Only `refresh_token` is exchanged here."""

    code = "UNSUPPORTED_GRANT_TYPE"
    situation = "unsupported_grant_type"
    oauth_code = "unsupported_grant_type"


class UnsupportedTokenType(OAuthError):
    """RFC 7009, section 2.2.1: a token of a kind that can't be revoked here."""

    code = "UNSUPPORTED_TOKEN_TYPE"
    situation = "unsupported_token_type"
    oauth_code = "unsupported_token_type"


class InternalError(CierreError):
    """Ours to fault. Nothing of the cause is told; the trace id finds it in the logs."""


class ServiceUnavailable(CierreError):
    """The database cannot be reached: nothing was decided, nothing is half done."""

    status = 503
    code = "SERVICE_UNAVAILABLE"
    situation = "service_unavailable"

    def __init__(self, *, retry_after: int = 5) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)})
        self.retry_after = retry_after

    @property
    def details(self) -> dict[str, Any]:
        return {"retryAfter": self.retry_after}
