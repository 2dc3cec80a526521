"""Rules about one session by its id: to its own user it says whether it is closed, when and by whom."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import rule

from cierre.contract_tests.cierre.client import Answer
from cierre.contract_tests.cierre.machine.base import any_session
from cierre.contract_tests.cierre.machine.closings import Closings
from cierre.contract_tests.cierre.model import Session

UNKNOWN_SESSION = "00000000000000000000dead"
# By logoutType; all others are closed by the user.
LOGOUT_REASONS = {"admin_forced": "admin_logout", "automatic": "security_logout"}


class Lookups(Closings):
    """`get_session`: the caller's sessions, open and closed; those of others are unknown."""

    @rule(which=any_session, other=any_session)
    def look_up(self, which: int, other: int) -> None:
        caller, session = self._session(which), self._session(other)
        if caller is None or session is None:
            return
        answer = self.client.call("get_session", token=caller.access, path={"sessionId": session.id})
        if not caller.open:
            answer.has_status(401, because="the token of a closed session")
            return
        answer.has_status(200, because="a session of the caller")
        self._check_shown(answer.at("data", "session"), session, answer, current=session is caller)
        for token, unknown in (
            (caller.access, UNKNOWN_SESSION),
            (caller.access, self.admin.id),
            (self.admin.access, session.id),
        ):
            refused = self.client.call("get_session", token=token, path={"sessionId": unknown})
            refused.has_status(404, because="a session that is unknown, or another user's")

    def _check_shown(self, shown: dict[str, Any], session: Session, answer: Answer, *, current: bool) -> None:
        members = (shown["sessionId"], shown["deviceId"], shown["clientId"], shown["createdAt"], shown["current"])
        expected = (session.id, session.device, session.client, session.created, current)
        answer.must(members == expected, f"The session is {members}, expected {expected}")
        status = "active" if session.open else "closed"
        answer.must(shown["status"] == status, f"The status is not {status}")
        if session.end_reason is not None:
            self._check_closed_at(answer, session, shown["closedAt"])
            reason = LOGOUT_REASONS.get(session.end_reason.logout_type, "user_logout")
            answer.must(shown["logoutReason"] == reason, f"logoutReason is not {reason}")
