"""What can go wrong, once, for every dialect. The class lines are the tree: status, code and situation of each.

An error holds what happened, in typed attributes. How it looks on the wire is decided in `cierre.dialects` alone: the
`details`, each dialect's own code or number, and the words in both languages (`dialects/catalogue.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

Location = Literal["body", "query", "header", "path", "cookie"]
TokenStatus = Literal["missing", "invalid", "revoked", "expired", "reused"]


class CierreError(Exception):
    """The root: an outcome that is not a success.

    Attributes:
        status: the HTTP status in the canonical dialect.
        code: the code in the canonical dialect; it is contract, and never translated.
        situation: the name of the contract's example that shows it: the code in small letters, unless stated.
        challenge: the value of WWW-Authenticate (RFC 6750, section 3); None: there is no such field.
        retry_after: seconds until a retry may succeed; None: not known.
        clear_cookie: the credential was a cookie and is of no more use: the answer clears it.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "INTERNAL_ERROR"
    situation: ClassVar[str] = "internal_error"
    challenge: ClassVar[str | None] = None
    retry_after: int | None = None
    clear_cookie: bool = False

    def __init_subclass__(
        cls, *, status: int | None = None, code: str | None = None, situation: str | None = None
    ) -> None:
        super().__init_subclass__()
        cls.status = status or cls.status
        if code is not None:
            cls.code, cls.situation = code, code.lower()
        cls.situation = situation or cls.situation

    def __str__(self) -> str:
        return self.code


class RequestViolation(NamedTuple):
    """One breach of the contract by a request.

    Attributes:
        pointer: a JSON pointer (RFC 6901) to the place in the body, or to the parameter by its name.
    """

    location: Location
    pointer: str
    message: str


@dataclass(eq=False)
class ValidationFailed(CierreError, status=400, code="VALIDATION_FAILED"):
    """The request breaks the contract; every violation is listed."""

    violations: Sequence[RequestViolation]

    @classmethod
    def in_body(cls, field: str, message: str) -> ValidationFailed:
        """A field at the top of the body is wrong."""
        return cls([RequestViolation("body", f"/{field}", message)])

    @classmethod
    def in_query(cls, parameter: str, message: str) -> ValidationFailed:
        """A query parameter is wrong."""
        return cls([RequestViolation("query", f"/{parameter}", message)])

    @classmethod
    def in_header(cls, name: str, message: str) -> ValidationFailed:
        """A header field is wrong."""
        return cls([RequestViolation("header", f"/{name}", message)])


class Unauthorized(CierreError, status=401, code="INVALID_ACCESS_TOKEN", situation="token_invalid"):
    """The credential is missing or not valid.

    Attributes:
        token_status: what is wrong with the token; None: no token is the matter, or it expired.
        client_id: of the client that the refused token was issued to, where that is known: it may pin a dialect.
    """

    challenge = 'Bearer realm="cierre", error="invalid_token"'
    token_status: ClassVar[TokenStatus | None] = None
    client_id: str | None = None


class TokenMissing(Unauthorized, situation="token_missing"):
    """No credential was sent: the challenge names no error (RFC 6750, section 3.1)."""

    challenge = 'Bearer realm="cierre"'
    token_status = "missing"


class TokenInvalid(Unauthorized):
    """The token is malformed, forged, from another issuer, or of another type."""

    token_status = "invalid"


class TokenRevoked(Unauthorized, situation="token_revoked"):
    """The token verifies, but its session is closed."""

    token_status = "revoked"


@dataclass(eq=False, kw_only=True)
class TokenExpired(Unauthorized, code="ACCESS_TOKEN_EXPIRED", situation="token_expired"):
    """The token verifies, but has expired.

    Args:
        expired_at: milliseconds since the epoch.
        can_refresh: whether the session is open and its refresh token still valid.
    """

    expired_at: int
    can_refresh: bool


class RefreshTokenInvalid(Unauthorized, code="INVALID_REFRESH_TOKEN", situation="refresh_token_invalid"):
    """The refresh token is missing, unknown, or of a closed session."""

    token_status = "invalid"


class RefreshTokenExpired(Unauthorized, code="REFRESH_TOKEN_EXPIRED"):
    """The refresh token, or its session, has expired."""

    token_status = "expired"


class RefreshTokenReused(Unauthorized, code="REFRESH_TOKEN_REUSED"):
    """A refresh token came back after it had been rotated: its session is closed (RFC 9700, section 4.14.2)."""

    token_status = "reused"


class LoginFailed(Unauthorized, code="INVALID_CREDENTIALS", situation="login_failed"):
    """No such user, wrong password or a disabled account: the answer does not say which."""

    challenge = 'Bearer realm="cierre"'


class Forbidden(CierreError, status=403, code="FORBIDDEN", situation="role_required"):
    """The caller is known, and not allowed to do this."""


@dataclass(eq=False)
class RoleRequired(Forbidden):
    """The operation is for another role (RFC 6750, section 3.1: insufficient_scope)."""

    role: str
    challenge = 'Bearer realm="cierre", error="insufficient_scope"'


class ForeignOrigin(Forbidden, code="FOREIGN_ORIGIN"):
    """A cookie came as the credential of a request from a foreign origin."""


class NotFound(CierreError, status=404, code="NOT_FOUND", situation="route_not_found"):
    """What was asked for does not exist."""


class RouteNotFound(NotFound):
    """The contract has no such path."""


@dataclass(eq=False, kw_only=True)
class SessionAlreadyClosed(NotFound, code="SESSION_NOT_FOUND", situation="already_closed"):
    """The credential verifies and its session is closed. The dialect decides the status.

    Args:
        closed_at: milliseconds since the epoch.
    """

    closed_at: int


@dataclass(eq=False)
class SessionUnknown(NotFound, code="SESSION_UNKNOWN"):
    """The caller has no session with this id, active or closed; the session of another user is unknown."""

    session_id: str


@dataclass(eq=False, kw_only=True)
class DeviceSessionNotFound(NotFound, code="DEVICE_SESSION_NOT_FOUND", situation="device_not_found"):
    """The caller has no open session on that device; another user's device is unknown."""

    device_id: str
    active_sessions: int


@dataclass(eq=False)
class UserNotFound(NotFound, code="USER_NOT_FOUND"):
    """An administrator named a user that does not exist."""

    user_id: str


@dataclass(eq=False)
class MethodNotAllowed(CierreError, status=405, code="METHOD_NOT_ALLOWED"):
    """The path exists, not with this method. `allow` lists those that do (RFC 9110, section 15.5.6)."""

    allow: Sequence[str]


@dataclass(eq=False)
class NotAcceptable(CierreError, status=406, code="NOT_ACCEPTABLE"):
    """No media type that the operation can answer satisfies Accept (RFC 9110, section 15.5.7)."""

    available: Sequence[str]


class IdempotencyKeyInFlight(CierreError, status=409, code="IDEMPOTENCY_KEY_IN_FLIGHT"):
    """The first request with this key is not answered yet."""

    retry_after = 1


@dataclass(eq=False)
class PayloadTooLarge(CierreError, status=413, code="PAYLOAD_TOO_LARGE"):
    """The body is larger than the service reads. `limit` is in bytes."""

    limit: int


@dataclass(eq=False)
class UnsupportedMediaType(CierreError, status=415, code="UNSUPPORTED_MEDIA_TYPE"):
    """The body's Content-Type is not one that the operation reads."""

    supported: Sequence[str]


class IdempotencyKeyReused(CierreError, status=422, code="IDEMPOTENCY_KEY_REUSED"):
    """The key was used for another request."""


@dataclass(eq=False, kw_only=True)
class RateLimitExceeded(CierreError, status=429, code="RATE_LIMIT_EXCEEDED", situation="rate_limited"):
    """Too many requests.

    Args:
        retry_after: seconds until the next request may succeed, at least 1.
        limit: requests a window.
        window_ms: the window, in milliseconds.
    """

    retry_after: int
    limit: int
    window_ms: int


class LoginRateLimitExceeded(RateLimitExceeded, situation="login_rate_limited"):
    """The same, of logins: the messages of `RateLimitExceeded` speak of logouts, as document 003 does."""


class OAuthError(CierreError, status=400, code="INVALID_REQUEST", situation="validation_failed"):
    """A refusal of the OAuth endpoints. RFC 6749's and RFC 7009's code is `code` in small letters."""


class ClientAuthenticationFailed(
    OAuthError, status=401, code="INVALID_CLIENT", situation="client_authentication_failed"
):
    """No client, an unknown one, or a wrong secret."""

    challenge = 'Basic realm="cierre"'


class InvalidGrant(OAuthError, code="INVALID_GRANT"):
    """The refresh token is not valid, or another client's."""


class UnsupportedGrantType(OAuthError, code="UNSUPPORTED_GRANT_TYPE"):
    """`refresh_token` is the only grant type here."""


class UnsupportedTokenType(OAuthError, code="UNSUPPORTED_TOKEN_TYPE"):
    """RFC 7009, section 2.2.1: a token of a kind that can't be revoked here."""


class InternalError(CierreError):
    """The service's own fault. The answer says nothing of the cause; the trace id finds it in the logs."""


class ServiceUnavailable(CierreError, status=503, code="SERVICE_UNAVAILABLE"):
    """The database cannot be reached: nothing was decided, nothing is half done."""

    retry_after = 5
