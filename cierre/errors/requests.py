"""The request is the reason: what it breaks, what it asks for and is not there, and how often it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from cierre.errors.base import CierreError

Location = Literal["body", "query", "header", "path", "cookie"]


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


class AttemptRateLimitExceeded(RateLimitExceeded, situation="attempt_rate_limited"):
    """The same, of attempts at any other secret: the current password, a client's secret, a refresh token."""
