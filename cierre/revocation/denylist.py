"""What a node knows to be dead, in memory: closed sessions by `sid`, and a not-before mark (an epoch) by user."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from cierre.clock import boottime, now_ms

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


class _Due:
    """What to forget together, and when at the earliest."""

    __slots__ = ("boottime", "sessions")

    def __init__(self) -> None:
        self.sessions: list[bytes] = []
        self.boottime = 0.0


class _Mark(NamedTuple):
    epoch: int
    until: int
    boottime: float


class Denylist:
    """Answers in under a microsecond, however many entries; forgets each when no token can meet it any more.

    Attributes:
        on_news: told what was not known before, however it became known; it must not block.
    """

    def __init__(self) -> None:
        self.on_news: Callable[[Revocation], None] | None = None
        # A session id as 12 bytes instead of 24 characters, and one shared int a minute, keep an entry small.
        self._sessions: dict[bytes, int] = {}
        self._users: dict[str, _Mark] = {}
        # What to forget in which minute, so that forgetting never walks through all entries.
        self._due: dict[int, _Due] = {}

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
        return mark is not None and epoch < mark.epoch

    def deny_session(self, session_id: str, until: int) -> None:
        sid = bytes.fromhex(session_id)
        minute = until // _MINUTE + 1
        if self._sessions.get(sid, 0) >= minute:
            return
        due = self._due.get(minute)
        if due is None:
            due = self._due[minute] = _Due()
        due.sessions.append(sid)
        due.boottime = max(due.boottime, _boottime_of(until))
        self._sessions[sid] = minute
        if self.on_news is not None:
            self.on_news(Revocation(session_id, None, 0, until))

    def deny_user(self, user_id: str, epoch: int, until: int) -> None:
        known = self._users.get(user_id)
        if known is not None and known.epoch >= epoch and known.until >= until:
            return
        mark = _Mark(epoch, until, _boottime_of(until))
        if known is not None:
            mark = _Mark(max(epoch, known.epoch), max(until, known.until), max(mark.boottime, known.boottime))
        self._users[user_id] = mark
        if self.on_news is not None:
            self.on_news(Revocation(None, user_id, mark.epoch, mark.until))

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

    def forget(self) -> None:
        """Drop what no token can meet any more, by the clock and by the time that really passed.

        A clock that steps ahead and back frees nobody, and neither does one that steps back.
        """
        now, passed = now_ms(), boottime()
        this_minute = now // _MINUTE
        for minute in [minute for minute, due in self._due.items() if minute <= this_minute and due.boottime <= passed]:
            for sid in self._due.pop(minute).sessions:
                # One that was denied for longer meanwhile stands in the list of that minute, too.
                if self._sessions.get(sid) == minute:
                    del self._sessions[sid]
        for user_id, mark in list(self._users.items()):
            if mark.until <= now and mark.boottime <= passed:
                del self._users[user_id]


def _boottime_of(until: int) -> float:
    """When that time (milliseconds) will be, on the clock that nobody sets."""
    return boottime() + (until - now_ms()) / 1000
