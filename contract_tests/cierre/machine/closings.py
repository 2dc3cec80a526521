"""What an answer must say of the sessions that it closed."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

from cierre.contract_tests.cierre.client import Answer
from cierre.contract_tests.cierre.machine.base import Base
from cierre.contract_tests.cierre.model import Session

# Seconds that two clocks may differ.
SKEW = 300


class Closings(Base):
    """Checks that all ways of closing share."""

    def _check_closing(self, answer: Answer, closed: list[Session], logout_type: str) -> None:
        """A success of the canonical dialect says what the model knows of the closed sessions."""
        logout, user = answer.at("data", "logout"), answer.at("data", "user")
        whose = (self.user_id, self.accounts.user)
        answer.must((user["id"], user["email"]) == whose, f"The user is not {whose}")
        devices = {session.device for session in closed}
        answer.must(logout["sessionsClosed"] == len(closed), f"sessionsClosed is not {len(closed)}")
        answer.must(set(logout["deviceIds"]) == devices, f"deviceIds are not {sorted(devices)}")
        answer.must(logout["logoutType"] == logout_type, f"logoutType is not {logout_type}")
        left = len(self.sessions.open_of(user["id"]))
        answer.must(user["activeSessions"] == left, f"activeSessions is not {left}")
        if "date" in answer.headers:
            off = datetime.fromisoformat(logout["loggedOutAt"]) - parsedate_to_datetime(answer.headers["date"])
            answer.must(abs(off.total_seconds()) < SKEW, f"loggedOutAt is {off} off the answer's Date")
        for session in closed:
            session.closed_at, session.closing_trace_id = logout["loggedOutAt"], answer.headers.get("x-trace-id", "")

    def _check_closed_at(self, answer: Answer, session: Session, at: str) -> None:
        """A repeated logout has the time of the first answer that had one."""
        session.closed_at = session.closed_at or at
        answer.must(session.closed_at == at, f"The session was closed at {session.closed_at}")
