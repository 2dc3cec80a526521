"""What the contract promises about sessions, in a few lines: the state machine compares the server with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple


class EndReason(NamedTuple):
    """What a way of closing leaves in the audit log.

    Attributes:
        actor: the session's own user or client, the administrator, or the service itself.
    """

    logout_type: str
    reason: str
    actor: Literal["user", "client", "administrator", "system"]


SINGLE = EndReason("single_device", "user_initiated", "user")
DEVICE = EndReason("specific_device", "user_initiated", "user")
ALL = EndReason("all_devices", "user_initiated", "user")
PASSWORD = EndReason("automatic", "password_change", "user")
REPLAY = EndReason("automatic", "refresh_reuse", "system")
REVOKED = EndReason("single_device", "user_initiated", "client")


@dataclass(eq=False)
class Session:
    """A session as its client knows it.

    Attributes:
        old_access: access tokens that were rotated.
        old_refresh: refresh tokens that were rotated, oldest first.
        closed_at: as the first answer that has the time says; None: open, or no answer had it yet.
        end_reason: of the closing; None: open.
        closed_together: how many sessions the same request closed.
        created: when it was opened, as the list of sessions says.
        closing_trace_id: of the request that closed it; empty where it is not known.
    """

    id: str
    user: str
    device: str
    client: str
    opaque: bool
    access: str
    refresh: str
    old_access: list[str] = field(default_factory=list)
    old_refresh: list[str] = field(default_factory=list)
    closed_at: str | None = None
    end_reason: EndReason | None = None
    closed_together: int = 0
    created: str = ""
    closing_trace_id: str = ""

    @property
    def open(self) -> bool:
        return self.end_reason is None

    def rotate(self, access: str, refresh: str) -> None:
        """A refresh gave new tokens. An opaque access token is replaced; a JWT stays valid until it expires."""
        self.old_access.append(self.access)
        self.old_refresh.append(self.refresh)
        self.access, self.refresh = access, refresh


@dataclass
class Sessions:
    """All sessions that a sequence of requests made, in the order of their logins."""

    made: list[Session] = field(default_factory=list)

    def open_of(self, user: str, *, device: str | None = None) -> list[Session]:
        """The open sessions of a user id, on all devices or one."""
        found = [session for session in self.made if session.open and session.user == user]
        return [session for session in found if device is None or session.device == device]


def close(sessions: Iterable[Session], reason: EndReason) -> None:
    """Close those of the sessions that are open, by one request."""
    closed = [session for session in sessions if session.open]
    for session in closed:
        session.end_reason, session.closed_together = reason, len(closed)
