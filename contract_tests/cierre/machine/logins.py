"""Rules about logging in, presenting a token, and passwords."""

from __future__ import annotations

import uuid

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from cierre.contract_tests.cierre import model
from cierre.contract_tests.cierre.client import Answer
from cierre.contract_tests.cierre.machine.base import DEVICES, MAX_SESSIONS, WRONG_PASSWORD, any_session
from cierre.contract_tests.cierre.machine.closings import Closings
from cierre.contract_tests.cierre.model import Session


class Logins(Closings):
    """Opening sessions, and what a new password does to those that are open."""

    @precondition(lambda self: len(self.sessions.open_of(self.user_id)) < MAX_SESSIONS)
    @rule(
        device=st.sampled_from([None, *DEVICES]),
        client=st.integers(0, 3),
        form=st.sampled_from([None, "jwt", "opaque"]),
        delivery=st.sampled_from([None, "cookie"]),
    )
    def login(self, device: str | None, client: int, form: str | None, delivery: str | None) -> None:
        names = [None, *self.clients]
        self._log_in(self.accounts.user, device=device, client=names[client % len(names)], form=form, delivery=delivery)

    @rule()
    def login_with_a_wrong_password(self) -> None:
        """A login that fails says the same, whether or not the user exists."""
        answers = []
        for user in (self.accounts.user, f"nobody-{uuid.uuid4()}@example.com"):
            answer = self.client.call("login", json={"username": user, "password": WRONG_PASSWORD})
            answers.append(answer.has_status(401, because="a login with a wrong password"))
        answers[1].must(answers[0].body == answers[1].body, "A failed login shows whether the user exists")

    @rule(which=any_session)
    def present_the_token_otherwise(self, which: int) -> None:
        """The scheme is `bearer` in any case (RFC 9110, section 11.1); a token in the query is none."""
        session = self._session(which)
        if session is None:
            return
        parent = uuid.uuid4()
        headers = {"Authorization": f"bEARER {session.access}", "traceparent": f"00-{parent.hex}-00f067aa0ba902b7-01"}
        answer = self.client.call("list_sessions", headers=headers)
        answer.has_status(200 if session.open else 401, because="a scheme in other letter case")
        answer.must(answer.headers.get("x-trace-id") == str(parent), "traceparent is not honoured")
        answer = self.client.call("list_sessions", params={"access_token": session.access})
        answer.has_status(401, because="a token in the query")

    @rule(which=any_session)
    def change_password(self, which: int) -> None:
        session = self._session(which)
        if session is None:
            return
        body = {"currentPassword": WRONG_PASSWORD, "newPassword": self.accounts.password}
        answer = self.client.call("change_password", token=session.access, json=body)
        answer.has_status(401, because="a change of the password without the current one")
        body = {"currentPassword": self.accounts.password, "newPassword": self.accounts.password}
        answer = self.client.call("change_password", token=session.access, json=body)
        if not session.open:
            answer.has_status(401, because="the token of a closed session")
            return
        others = [other for other in self.sessions.open_of(session.user) if other is not session]
        answer.has_status(200, because="a change of the password")
        model.close(others, model.PASSWORD)
        self._check_closing(answer, others, "automatic")

    @rule(which=any_session)
    def change_password_and_back(self, which: int) -> None:
        """A login works with the new password, and no longer with the old one."""
        session = self._open_session(which)
        if session is None:
            return
        old, new = self.accounts.password, f"{self.accounts.password}-{uuid.uuid4().hex[:8]}"
        self.client.run.secrets.keep("NEW_PASSWORD", new)
        others = [other for other in self.sessions.open_of(session.user) if other is not session]
        changed = self._change(session, old, new).has_status(200, because="a change of the password")
        model.close(others, model.PASSWORD)
        tried = [
            self.client.call("login", json={"username": self.accounts.user, "password": password})
            for password in (old, new)
        ]
        # Whatever is found, the run goes on with the password that it was given.
        back = self._change(session, new, old)
        self._check_closing(changed, others, "automatic")
        tried[0].has_status(401, because="a login with the old password")
        tried[1].has_status(200, because="a login with the new password")
        back.has_status(200, because="a change of the password back")

    def _change(self, session: Session, current: str, new: str) -> Answer:
        body = {"currentPassword": current, "newPassword": new}
        return self.client.call("change_password", token=session.access, json=body)
