"""What a node knows to be dead, in memory: closed sessions by `sid`, and a not-before mark (an epoch) by user."""

from __future__ import annotations

from collections.abc import Iterable

from cierre.storage.statements import Row

_MINUTE = 60_000


class Denylist:
    """Answers in under a microsecond, however many entries; forgets each when no token can meet it any more."""

    def __init__(self) -> None:
        # A session id as 12 bytes instead of 24 characters, and one shared int a minute, keep an entry small.
        self._sessions: dict[bytes, int] = {}
        self._users: dict[str, tuple[int, int]] = {}
        self._minutes: dict[int, int] = {}

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
        minute = until // _MINUTE + 1
        self._sessions[bytes.fromhex(session_id)] = self._minutes.setdefault(minute, minute)

    def deny_user(self, user_id: str, epoch: int, until: int) -> None:
        known = self._users.get(user_id, (0, 0))
        self._users[user_id] = (max(epoch, known[0]), max(until, known[1]))

    def take(self, revocations: Iterable[Row]) -> None:
        """Add rows of the `revocations` table; one that is known already changes nothing."""
        for row in revocations:
            if row["session_id"] is not None:
                self.deny_session(row["session_id"], row["expires_at"])
            else:
                self.deny_user(row["user_id"], row["epoch"], row["expires_at"])

    def forget(self, now: int) -> None:
        """Drop what expired before `now` (milliseconds)."""
        minute = now // _MINUTE
        self._sessions = {sid: until for sid, until in self._sessions.items() if until > minute}
        self._users = {user: mark for user, mark in self._users.items() if mark[1] > now}
        self._minutes = {known: known for known in self._minutes if known > minute}
