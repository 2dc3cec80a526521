"""What a node knows to be dead, in memory: closed sessions by `sid`, and a not-before mark (an epoch) by user."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from cierre.times import now_ms, uptime

_MINUTE = 60_000


class Revocation(NamedTuple):
    """A session that is closed, or, without a `session_id`, the user's sessions that began before the epoch.

    Attributes:
        until: when no token can meet it any more, in milliseconds.
    """

    session_id: str | None
    user_id: str | None
    epoch: int
    until: int


class Denylist:
    """Answers in under a microsecond, however many entries; forgets each when no token can meet it any more.

    Attributes:
        on_news: told what was not known before, however it became known; it must not block.
    """

    def __init__(self) -> None:
        self.on_news: Callable[[Revocation], None] | None = None
        # A session id as 12 bytes instead of 24 characters, and one shared int a minute, keep an entry small.
        self._sessions: dict[bytes, int] = {}
        self._users: dict[str, tuple[int, int]] = {}
        # What to forget in which minute, so that forgetting never walks through all entries.
        self._due: dict[int, list[bytes]] = {}
        self._clock = now_ms()
        self._looked_at = uptime()

    def __len__(self) -> int:
        return len(self._sessions) + len(self._users)

    def denies(self, session_id: str, user_id: str, epoch: int) -> bool:
        """Whether a token of this session, made when its user had this epoch, is known to be dead."""
        try:
            if bytes.fromhex(session_id) in self._sessions:
                return True
        except ValueError:
            return True
        mark = self._users.get(user_id)
        return mark is not None and epoch < mark[0]

    def deny_session(self, session_id: str, until: int) -> None:
        sid = bytes.fromhex(session_id)
        minute = until // _MINUTE + 1
        if self._sessions.get(sid, 0) >= minute:
            return
        due = self._due.get(minute)
        if due is None:
            due = self._due[minute] = []
        due.append(sid)
        self._sessions[sid] = minute
        if self.on_news is not None:
            self.on_news(Revocation(session_id, None, 0, until))

    def deny_user(self, user_id: str, epoch: int, until: int) -> None:
        known = self._users.get(user_id, (0, 0))
        mark = (max(epoch, known[0]), max(until, known[1]))
        if mark == known:
            return
        self._users[user_id] = mark
        if self.on_news is not None:
            self.on_news(Revocation(None, user_id, *mark))

    def take(self, revocations: Iterable[Mapping[str, Any]]) -> None:
        """Add rows of the `revocations` table; one that is known already changes nothing."""
        for row in revocations:
            if row["session_id"] is not None:
                self.deny_session(row["session_id"], row["expires_at"])
            else:
                self.deny_user(row["user_id"], row["epoch"], row["expires_at"])

    def tell(self, payload: str) -> None:
        """`session,<sid>,<until>` or `user,<id>,<epoch>,<until>`, as nodes tell each other.

        Raises:
            ValueError: it is neither.
        """
        kind, subject, *numbers = payload.split(",")
        if kind == "user":
            epoch, until = map(int, numbers)
            self.deny_user(subject, epoch, until)
        else:
            (until,) = map(int, numbers)
            self.deny_session(subject, until)

    def forget(self, now: int | None = None) -> None:
        """Drop what expired before `now` (milliseconds; by default the time that `_steady` tells)."""
        now = self._steady() if now is None else now
        this_minute = now // _MINUTE
        for minute in [minute for minute in self._due if minute <= this_minute]:
            for sid in self._due.pop(minute):
                # One that was denied for longer meanwhile stands in the list of that minute, too.
                if self._sessions.get(sid) == minute:
                    del self._sessions[sid]
        for user_id in [user_id for user_id, mark in self._users.items() if mark[1] <= now]:
            del self._users[user_id]

    def _steady(self) -> int:
        """The time, never running faster than twice: a clock that jumps ahead and back must not free the dead."""
        passed = uptime() - self._looked_at
        self._looked_at += passed
        self._clock = min(now_ms(), self._clock + round(passed * 2000))
        return self._clock
