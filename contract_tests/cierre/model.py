"""What the contract promises about sessions, in a few lines: the rules are checked against this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

# What each way of closing leaves in the trail: (logoutType, reason).
SINGLE = ("single_device", "user_initiated")
DEVICE = ("specific_device", "user_initiated")
ALL = ("all_devices", "user_initiated")
PASSWORD = ("automatic", "password_change")
REPLAY = ("automatic", "refresh_reuse")
REVOKED = ("single_device", "user_initiated")


@dataclass(eq=False)
class Session:
    """A session as its client knows it.

    Attributes:
        old: access and refresh tokens that were exchanged; `spent` are the refresh tokens among them, oldest first.
        closed_at: as the first answer that told it has it; None: open, or closed and not told yet.
        why: logoutType and reason of the closing; None: open.
        together: how many sessions that act closed.
        created: when it was opened, as the list tells it.
        trace: the trace id of the request that closed it; empty where it was not seen.
    """

    id: str
    user: str
    device: str
    client: str
    opaque: bool
    access: str
    refresh: str
    old: list[str] = field(default_factory=list)
    spent: list[str] = field(default_factory=list)
    closed_at: str | None = None
    why: tuple[str, str] | None = None
    together: int = 0
    created: str = ""
    trace: str = ""

    @property
    def open(self) -> bool:
        return self.why is None

    def exchange(self, access: str, refresh: str) -> None:
        """A refresh gave new tokens. A token of Sanctum's form is replaced; a JWT lives on until its time is over."""
        self.old.append(self.access)
        self.spent.append(self.refresh)
        self.access, self.refresh = access, refresh


@dataclass
class World:
    """All sessions that a test made."""

    sessions: list[Session] = field(default_factory=list)

    def of(self, user: str, *, device: str | None = None) -> list[Session]:
        """The user's open sessions, on all devices or one."""
        mine = [session for session in self.sessions if session.open and session.user == user]
        return [session for session in mine if device is None or session.device == device]

    def close(self, victims: Iterable[Session], why: tuple[str, str], at: str | None = None) -> None:
        """Close them in one act."""
        closed = [session for session in victims if session.open]
        for session in closed:
            session.why, session.closed_at, session.together = why, at, len(closed)
