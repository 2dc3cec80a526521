"""What a node knows to be revoked, in memory: closed sessions by `sid`, and for each user the first epoch that is not.

A token is denied where its `sid` is in the list, or its `epoch` is smaller than that of its user. Times are Unix times
in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from cierre.clock import boottime, now_ms
from cierre.principal import EVERYONE

Row = TypeVar("Row", bound=Mapping[str, Any])

_MINUTE = 60_000


class Revocation(NamedTuple):
    """A session that is closed, or all sessions of a user that began before an epoch.

    Attributes:
        session_id: of the closed session; None: it is about a user.
        user_id: of the user; None: it is about one session.
        epoch: the user's first that is not revoked; 0 for a session.
        until: when the last token that it revokes has expired, in milliseconds.
    """

    session_id: str | None
    user_id: str | None
    epoch: int
    until: int


class _Due:
    """Sessions that are forgotten together.

    Attributes:
        minute: in which they are forgotten, since the epoch.
        sessions: their ids, as bytes.
        boottime: seconds, on the monotonic clock, before which none is forgotten.
    """

    __slots__ = ("boottime", "minute", "sessions")

    def __init__(self, minute: int) -> None:
        self.minute = minute
        self.sessions: list[bytes] = []
        self.boottime = 0.0


class _Mark(NamedTuple):
    """The first epoch of a user that is not denied, and until when it is remembered, as in `_Due` and `Revocation`."""

    epoch: int
    until: int
    boottime: float


class Denylist:
    """Revoked sessions and users. A lookup takes under a microsecond, however many entries there are.

    An entry is forgotten once the last token that it denies has expired.

    Args:
        longest: milliseconds that a token can live at the most: nothing is remembered for longer, whatever the source
            of an entry says; None: as long as that says.

    Attributes:
        on_news: called with each revocation that was not known before, whatever its source; it must not block.
    """

    def __init__(self, *, longest: int | None = None) -> None:
        self._longest = longest
        self.on_news: Callable[[Revocation], None] | None = None
        # A session id as 12 bytes instead of 24 characters, and one shared int a minute, keep an entry small.
        self._sessions: dict[bytes, int] = {}
        self._users: dict[str, _Mark] = {}
        # By the minute in which they are forgotten, so that `forget` need not look at all entries.
        self._due: dict[int, _Due] = {}

    def __len__(self) -> int:
        return len(self._sessions) + len(self._users)

    def denies(self, session_id: str, user_id: str, epoch: int) -> bool:
        """Whether a token is known to be revoked. False says nothing: ask the database.

        Args:
            session_id: the token's `sid`; one that is not hexadecimal is denied.
            user_id: the token's `sub`.
            epoch: the token's `epoch`.
        """
        try:
            if bytes.fromhex(session_id) in self._sessions:
                return True
        except ValueError:
            return True
        mark, all_users = self._users.get(user_id), self._users.get(EVERYONE)
        return (mark is not None and epoch < mark.epoch) or (all_users is not None and epoch < all_users.epoch)

    def deny_session(self, session_id: str, until: int) -> bool:
        """Deny every token of the session. Returns whether that is news.

        Args:
            session_id: 24 hex digits.
            until: when the last token of the session has expired, in milliseconds.

        Raises:
            ValueError: the id is not hexadecimal.
        """
        until = self._capped(until)
        sid = bytes.fromhex(session_id)
        minute = until // _MINUTE + 1
        if self._sessions.get(sid, 0) >= minute:
            return False
        due = self._due.get(minute)
        if due is None:
            due = self._due[minute] = _Due(minute)
        due.sessions.append(sid)
        due.boottime = max(due.boottime, _boottime_of(until))
        # Not `minute`, which is an object of its own for each entry.
        self._sessions[sid] = due.minute
        if self.on_news is not None:
            self.on_news(Revocation(session_id, None, 0, until))
        return True

    def deny_user(self, user_id: str, epoch: int, until: int) -> bool:
        """Deny every token of the user that was issued in an earlier epoch; an epoch never becomes smaller.

        Returns whether that is news.

        Args:
            user_id: of the user, or EVERYONE.
            epoch: the first that is not denied.
            until: when the last token of an earlier epoch has expired, in milliseconds.
        """
        until = self._capped(until)
        known = self._users.get(user_id)
        if known is not None and known.epoch >= epoch and known.until >= until:
            return False
        mark = _Mark(epoch, until, _boottime_of(until))
        if known is not None:
            mark = _Mark(max(epoch, known.epoch), max(until, known.until), max(mark.boottime, known.boottime))
        self._users[user_id] = mark
        if self.on_news is not None:
            self.on_news(Revocation(None, user_id, mark.epoch, mark.until))
        return True

    def _capped(self, until: int) -> int:
        return until if self._longest is None else min(until, now_ms() + self._longest)

    def take(self, revocations: Iterable[Row]) -> list[Row]:
        """Deny what rows of the table `revocations` say. Returns those that were news.

        Args:
            revocations: rows with `session_id`, `user_id`, `epoch` and `expires_at`; one that is known changes nothing.
        """
        return [row for row in revocations if self._take_row(row)]

    def _take_row(self, row: Mapping[str, Any]) -> bool:
        if row["session_id"] is not None:
            return self.deny_session(row["session_id"], row["expires_at"])
        return self.deny_user(row["user_id"], row["epoch"], row["expires_at"])

    def forget(self) -> None:
        """Remove the entries whose last token has expired: by the clock, and by the time that really passed.

        So a clock that is set ahead and back, or only back, makes no revoked token good again.
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
    """When the time `until` (milliseconds) is reached, in seconds of the monotonic clock."""
    return boottime() + (until - now_ms()) / 1000
