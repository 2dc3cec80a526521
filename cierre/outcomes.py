"""What handlers return: values of the domain, and the header fields that go with them.

Times are milliseconds since the epoch. How a value looks on the wire is decided in `cierre.dialects` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from cierre.principal import Role

LogoutType = Literal["single_device", "specific_device", "all_devices", "admin_forced", "automatic"]
LogoutReason = Literal["user_logout", "admin_logout", "security_logout"]
Headers = tuple[tuple[str, str], ...]


class Value:
    """What a handler returns is of a class of its own below this one; `cierre.dialects` renders it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class LogoutResult(Value):
    """Sessions were closed.

    Attributes:
        device_ids: of the closed sessions, without repeats.
        logged_out_at: when; a lenient repeat gives the time of the first closing.
        active_sessions: of the user, after the closing.
    """

    sessions_closed: int
    device_ids: tuple[str, ...]
    logout_type: LogoutType
    logged_out_at: int
    user_id: str
    email: str
    active_sessions: int


@dataclass(frozen=True, slots=True)
class IssuedTokens(Value):
    """What a login or a refresh gives.

    Attributes:
        expires_in: of the access token, in seconds.
        refresh_expires_in: of the refresh token, in seconds.
        refresh_in_cookie: the refresh token goes into its cookie, and not into the body.
    """

    access_token: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int
    session_id: str
    user_id: str
    email: str
    role: Role
    client_id: str
    refresh_in_cookie: bool = False


@dataclass(frozen=True, slots=True)
class UserSession(Value):
    """One session of a user, active or closed.

    Attributes:
        current: it is the calling session.
        closed_at: None: it is active.
        logout_reason: None: it is active.
    """

    session_id: str
    device_id: str
    client_id: str
    created_at: int
    last_seen_at: int
    ip_address: str | None
    user_agent: str | None
    current: bool
    closed_at: int | None
    logout_reason: LogoutReason | None


@dataclass(frozen=True, slots=True)
class SessionList(Value):
    """The open sessions of a user, newest first."""

    sessions: tuple[UserSession, ...]


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One record of the audit trail (document 003, "Logs de Auditoría").

    Attributes:
        sessions_closed: by the whole operation that the event belongs to.
        session_duration: how long the session was open, in milliseconds.
    """

    timestamp: int
    event: str
    user_id: str
    session_id: str | None
    device_id: str | None
    logout_type: LogoutType | None
    sessions_closed: int
    reason: str | None
    ip_address: str | None
    user_agent: str | None
    session_duration: int | None
    success: bool
    trace_id: str


@dataclass(frozen=True, slots=True)
class AuditPage(Value):
    """Events, newest first.

    Attributes:
        next_cursor: asks for the page that follows; None: this is the last.
    """

    events: tuple[AuditEvent, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """What an introspection finds out about a token of an open session (RFC 7662, section 2.2).

    Attributes:
        issued_at: of the access token; of another token, when its session began.
        expires_at: None: the token does not expire.
        token_type: None for a refresh token, which has no type of RFC 6749, section 7.1: it opens no resource.
        audience, jwt_id: of a JWT.
    """

    issuer: str
    user_id: str
    client_id: str
    session_id: str
    role: Role
    device_id: str
    issued_at: int
    expires_at: int | None
    token_type: Literal["Bearer"] | None = None
    audience: str | None = None
    jwt_id: str | None = None


@dataclass(frozen=True, slots=True)
class StandardDocument(Value):
    """A body that a standard prescribes, such as a JWK Set; bytes are JSON already, None is no body."""

    body: dict[str, Any] | bytes | None
    status: int = 200


Value_co = TypeVar("Value_co", bound=Value, covariant=True)


@dataclass(frozen=True, slots=True)
class WithHeaders(Generic[Value_co]):
    """A value whose answer carries header fields of its own."""

    value: Value_co
    headers: Headers


Outcome = Value | WithHeaders[Value]

# RFC 6749, section 5.1: tokens are not for caches.
NO_STORE: Headers = (("Cache-Control", "no-store"),)
