"""What handlers return: values of the domain. How they look on the wire is decided in one place, by the dialect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

LogoutType = Literal["single_device", "specific_device", "all_devices", "admin_forced", "automatic"]
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LogoutResult:
    """Sessions were closed.

    Attributes:
        device_ids: of the closed sessions, without repeats.
        logged_out_at: milliseconds; a repeat says the same as `closedAt`.
        active_sessions: of the user, after the closing.
    """

    sessions_closed: int
    device_ids: tuple[str, ...]
    logout_type: LogoutType
    logged_out_at: int
    user_id: str
    email: str
    active_sessions: int
    headers: Headers = ()

    def with_headers(self, headers: Headers) -> LogoutResult:
        return replace(self, headers=self.headers + headers)


@dataclass(frozen=True, slots=True)
class SessionState:
    """One session of a user, active or closed. Times are milliseconds.

    Attributes:
        current: it is the session that asks.
        closed_at: None: it is active.
        logout_reason: `user_logout`, `admin_logout` or `security_logout`; None: it is active.
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
    logout_reason: str | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Success:
    """Any other success under /api/v1: `{success, message, data}`. `operation` names its words in the catalogue."""

    operation: str
    data: dict[str, Any]
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A body that a standard prescribes, such as a JWK Set; bytes are JSON already, None is no body."""

    body: dict[str, Any] | bytes | None
    status: int = 200
    headers: Headers = ()


Outcome = LogoutResult | SessionState | Success | Document

# RFC 6749, section 5.1: tokens are not for caches.
NO_STORE: Headers = (("Cache-Control", "no-store"),)
