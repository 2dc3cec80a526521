"""What handlers return: values of the domain, and the header fields that go with them.

Times are milliseconds since the epoch. How a value looks on the wire is decided in `cierre.dialects` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from cierre.principal import Actor, Role

LogoutType = Literal["single_device", "specific_device", "all_devices", "admin_forced", "automatic"]
LogoutReason = Literal["user_logout", "admin_logout", "security_logout"]
ReceiverKind = Literal["backchannel", "ssf"]
DeliveryStatus = Literal["pending", "parked"]
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
class ClosingMade:
    """What a committed closing was, for those who count.

    Attributes:
        reason: as the audit trail has it; of an administrator's closing it is any text.
        durations: how long each closed session was open, in milliseconds.
    """

    logout_type: LogoutType
    reason: str
    durations: tuple[int, ...]


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
        actor: who did it; None: the record is older than actors.
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
    actor: Actor | None


@dataclass(frozen=True, slots=True)
class AuditPage(Value):
    """Events, newest first.

    Attributes:
        next_cursor: asks for the page that follows; None: this is the last.
    """

    events: tuple[AuditEvent, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a user or an address did often.

    Attributes:
        kind: `failed_attempts`, `rate_limited`, `sessions_closed` or `forced_logouts`.
        by: `address` or `user`: what `subject` is.
        count: at least so often.
        first_at: the begin of the first five minutes in which it was noticed.
    """

    kind: str
    by: str
    subject: str
    count: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class SuspicionList(Value):
    """Who did most, first."""

    suspicions: tuple[Suspicion, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A signal of a closed session that its receiver has not taken yet.

    Attributes:
        delivery_id: its number.
        kind: what the receiver is: a client, or a receiver of security events.
        receiver: the id of it.
        closed_at: when the session was closed.
        parked: it was tried for a day, and is tried no longer.
        attempts: that have failed since `tried_since`.
        last_error: why the last one failed; None: none has failed yet.
        next_at: not before then; of a parked one it means nothing.
    """

    delivery_id: int
    kind: ReceiverKind
    receiver: str
    user_id: str
    session_id: str
    closed_at: int
    parked: bool
    attempts: int
    last_error: str | None
    tried_since: int
    next_at: int


@dataclass(frozen=True, slots=True)
class DeliveryPage(Value):
    """Signals that were not delivered, oldest first.

    Attributes:
        next_cursor: asks for the page that follows; None: this is the last.
    """

    deliveries: tuple[Delivery, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """What an introspection finds out about a token of an open session (RFC 7662, section 2.2).

    Attributes:
        issued_at: of the access token; of another token, when its session began.
        expires_at: None: the token does not expire.
        token_type: None for a refresh token, which has no type of RFC 6749, section 7.1: it opens no resource.
        audience, jwt_id: of a JWT.
        authenticated_at: when the user's password was last proven; None: not known.
        scope: the abilities of a Sanctum token, in order; None: all, as a token has that is none of Sanctum's.
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
    authenticated_at: int | None = None
    scope: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class StandardDocument(Value):
    """A body that a standard prescribes, such as a JWK Set; bytes are written already, None is no body."""

    body: dict[str, Any] | bytes | None
    status: int = 200
    media_type: str = "application/json"


Value_co = TypeVar("Value_co", bound=Value, covariant=True)


@dataclass(frozen=True, slots=True)
class WithHeaders(Generic[Value_co]):
    """A value whose answer carries header fields of its own."""

    value: Value_co
    headers: Headers


Outcome = Value | WithHeaders[Value]

# RFC 6749, section 5.1: tokens are not for caches.
NO_STORE: Headers = (("Cache-Control", "no-store"),)
