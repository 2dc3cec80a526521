"""What must hold after each step: exactly the tokens of open sessions are valid, and lists and audit log agree."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from hypothesis.stateful import invariant

from cierre.contract_tests.cierre.client import Answer
from cierre.contract_tests.cierre.machine.base import Base
from cierre.contract_tests.cierre.model import Session

# Milliseconds between two readings of a clock for one request.
MOMENT = 10
DAY = 86_400


class Invariants(Base):
    """Compares the server with the model, after each step and once more in the end."""

    def __init__(self) -> None:
        super().__init__()
        self._checked_closed: set[str] = set()
        self._introspected: set[str] = set()

    @invariant()
    def check(self) -> None:
        """After each step: exactly the tokens of open sessions are valid, and the list says the same."""
        for session in self.sessions.made:
            if session.open:
                self._check_open(session)
            elif session.id not in self._checked_closed:
                self._checked_closed.add(session.id)
                self._check_closed(session)

    def _check_open(self, session: Session) -> None:
        answer = self._list_sessions(session.access).has_status(200, because="an open session")
        listed = {row["sessionId"]: row for row in answer.at("data", "sessions")}
        if session is not self.admin:
            expected = {other.id for other in self.sessions.open_of(session.user)}
            answer.must(set(listed) == expected, f"The open sessions are {sorted(expected)}")
        current = [session_id for session_id, row in listed.items() if row["current"]]
        answer.must(current == [session.id], "The session of the request is not the one that is current")
        for token in {session.access, session.refresh} - self._introspected:
            self._introspected.add(token)
            self._check_active(token, session)

    def _check_closed(self, session: Session) -> None:
        for token in (session.access, *session.old_access):
            self._list_sessions(token).has_status(401, because="a token of a closed session")
        self._check_inactive(session.access)
        self._check_inactive(session.refresh)

    def _check_active(self, token: str, session: Session) -> None:
        if (answer := self._introspect(token, active=True)) is None:
            return
        whose = (session.user, session.client)
        answer.must((answer.at("sub"), answer.at("client_id")) == whose, f"The token is not of {whose}")
        around = answer.at("iat") - DAY < time.time() < answer.at("exp") + DAY
        answer.must(around, "iat and exp are not seconds around now")

    def _check_inactive(self, token: str) -> None:
        if (answer := self._introspect(token, active=False)) is not None:
            answer.must(answer.body == {"active": False}, "The answer has more than that the token is inactive")

    def _introspect(self, token: str, *, active: bool) -> Answer | None:
        """The answer of introspection; None: the server does not know the client that may introspect."""
        if not self.introspects:
            return None
        client = (self.accounts.client, self.accounts.client_secret)
        answer = self.client.call("introspect_token", data={"token": token}, basic=client)
        answer.must(answer.status == 200 and answer.at("active") is active, f"active is not {active}")
        return answer

    def teardown(self) -> None:
        """The audit log has one row for each closed session, and none for an open one."""
        if not hasattr(self, "user_id"):
            return
        for session in self.sessions.made:
            if not session.open:
                self._check_closed(session)
            answer = self.client.call("list_audit_events", token=self.admin.access, params={"sessionId": session.id})
            rows = answer.has_status(200, because="the audit log").at("data", "events")
            expected = 0 if session.open else 1
            answer.must(len(rows) == expected, f"The audit log has {len(rows)} rows for one session")
            for row in rows:
                _check_row(answer, session, row)
                self._check_actor(answer, session, row["actor"])

    def _check_actor(self, answer: Answer, session: Session, written: dict[str, Any] | None) -> None:
        """Who closed the session: of a forced logout, the administrator."""
        assert session.end_reason is not None
        actors = {
            "user": {"type": "user", "id": session.user},
            "client": {"type": "client", "id": session.client},
            "administrator": {"type": "user", "id": self.admin.user},
            "system": {"type": "system", "id": None},
        }
        expected = actors[session.end_reason.actor]
        answer.must(written == expected, f"The audit log names {written} as the actor, expected {expected}")


def _check_row(answer: Answer, session: Session, row: dict[str, Any]) -> None:
    assert session.end_reason is not None
    expected = (session.user, session.device, session.end_reason[:2], session.closed_together, True)
    reason = (row["logoutType"], row["reason"])
    written = (row["userId"], row["deviceId"], reason, row["sessionsClosed"], row["success"])
    answer.must(written == expected, f"The audit log says {written}, expected {expected}")
    trace_id = session.closing_trace_id
    answer.must(trace_id in {"", row["traceId"]}, f"The trace id of the closing request is {trace_id}")
    lasted = datetime.fromisoformat(row["timestamp"]) - datetime.fromisoformat(session.created)
    milliseconds = lasted.total_seconds() * 1000
    answer.must(abs(row["sessionDuration"] - milliseconds) <= MOMENT, f"The session lasted {milliseconds} ms")
