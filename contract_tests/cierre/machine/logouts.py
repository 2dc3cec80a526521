"""Rules about closing sessions: every logout operation, and simultaneous ones."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from cierre.contract_tests.cierre import model
from cierre.contract_tests.cierre.client import Answer, clears_cookie
from cierre.contract_tests.cierre.machine.base import ADMIN_DEVICE, DEVICES, FOREIGN_ORIGIN, any_session, booleans
from cierre.contract_tests.cierre.machine.closings import Closings
from cierre.contract_tests.cierre.model import Session

VENDOR_TYPES = {name: f"application/vnd.cierre.{name}+json" for name in ("session", "envelope", "respuesta")}
# The status of a logout, and of a second one (decision 10), by dialect.
DONE = {"session": 200, "envelope": 204, "respuesta": 200}
REPEATED = {"session": 404, "envelope": 401, "respuesta": 200}
# Requests at once in a race.
SIMULTANEOUS = 6
# A cookie that no login set: a token in the body wins over it.
UNKNOWN_COOKIE = "cookie-of-a-session-that-never-was"

dialects = st.sampled_from([None, *VENDOR_TYPES])


class Logouts(Closings):
    """One device, one session or all of them; with every dialect, form of token and path."""

    @rule(which=any_session, accept=dialects)
    def logout(self, which: int, accept: str | None) -> None:
        self._logout(which, accept, {}, model.SINGLE)

    @rule(which=any_session, accept=dialects)
    def logout_all(self, which: int, accept: str | None) -> None:
        self._logout(which, accept, {"logoutAll": True}, model.ALL)

    @rule(which=any_session, accept=dialects, device=st.sampled_from([*DEVICES, ADMIN_DEVICE, "nowhere"]))
    def logout_device(self, which: int, accept: str | None, device: str) -> None:
        self._logout(which, accept, {"deviceId": device}, model.DEVICE)

    @rule(which=any_session, accept=dialects)
    def logout_leniently(self, which: int, accept: str | None) -> None:
        """`Prefer: handling=lenient` makes a second logout a success in every dialect."""
        session, dialect = self._session(which), self._dialect(which, accept)
        if session is None or session.open:
            return
        answer = self._call_logout(session, accept, {}, Prefer="handling=lenient")
        answer.has_status(DONE[dialect], because="a second logout, leniently")
        if dialect == "session":
            answer.must(answer.at("data", "logout", "sessionsClosed") == 0, "A second logout closed something")
            self._check_closed_at(answer, session, answer.at("data", "logout", "loggedOutAt"))

    @rule(which=any_session, accept=dialects)
    def logout_minimally(self, which: int, accept: str | None) -> None:
        """`Prefer: return=minimal` makes success 204 in every dialect, and closes all the same."""
        session, dialect = self._session(which), self._dialect(which, accept)
        if session is None:
            return
        answer = self._call_logout(session, accept, {}, Prefer="return=minimal")
        succeeds = session.open or REPEATED[dialect] == 200
        answer.has_status(204 if succeeds else REPEATED[dialect], because="a minimal logout")
        model.close([session], model.SINGLE)

    def _logout(self, which: int, accept: str | None, body: dict[str, Any], reason: model.EndReason) -> None:
        session, dialect = self._session(which), self._dialect(which, accept)
        if session is None:
            return
        closing = {
            model.SINGLE: lambda: [session],
            model.ALL: lambda: self.sessions.open_of(session.user),
            model.DEVICE: lambda: self.sessions.open_of(session.user, device=body.get("deviceId")),
        }[reason]()
        answer = self._call_logout(session, accept, body)
        if not session.open:
            answer.has_status(REPEATED[dialect], because="a second logout")
            if dialect == "session":
                self._check_closed_at(answer, session, answer.at("details", "closedAt"))
        elif not closing:
            answer.has_status(404, because="a device without an open session of the caller")
            if dialect == "session":
                answer.must(
                    answer.at("details", "userActiveSessions") == len(self.sessions.open_of(session.user)),
                    "userActiveSessions is not the number of open sessions",
                )
        else:
            answer.has_status(DONE[dialect], because="a logout")
            model.close(closing, reason)
            if dialect == "session":
                self._check_closing(answer, closing, reason[0])

    def _call_logout(self, session: Session, accept: str | None, body: dict[str, Any], **headers: str) -> Answer:
        headers["Accept"] = VENDOR_TYPES[accept] if accept else ""
        vendor_type = VENDOR_TYPES[self.clients.get(session.client) or self.host_dialect]
        return self.client.call(
            "logout", token=session.access, json=body or None, headers=headers, vendor_type=vendor_type
        )

    @rule(which=any_session, by_cookie=booleans, foreign=booleans)
    def logout_by_refresh_token(self, which: int, by_cookie: bool, foreign: bool) -> None:
        session = self._session(which)
        if session is None:
            return
        blank = self.client.call("logout_by_refresh_token", json={"refreshToken": " "}, cookie=session.refresh)
        blank.has_status(400, because="a blank token in the body, beside a cookie")
        sent: dict[str, Any] = {"cookie": session.refresh}
        if not by_cookie:
            sent = {"json": {"refreshToken": session.refresh}, "cookie": UNKNOWN_COOKIE}
        origin = {"Origin": FOREIGN_ORIGIN} if foreign and by_cookie else {}
        answer = self.client.call("logout_by_refresh_token", headers=origin, **sent)
        if origin and self.origin_is_foreign:
            answer.has_status(403, because="a cookie from a foreign origin")
        elif session.open:
            answer.has_status(200, because="a logout by refresh token").must(not answer.raw, "The body is not empty")
            answer.must(not by_cookie or clears_cookie(answer), "The cookie is not cleared")
            model.close([session], model.SINGLE)
        else:
            answer.has_status(401, because="a second logout by refresh token")

    @rule(which=any_session, by_refresh=booleans, of_another=booleans)
    def logout_by_user_token(self, which: int, by_refresh: bool, of_another: bool) -> None:
        session = self._session(which)
        if session is None:
            return
        token = session.refresh if by_refresh else session.access
        answer = self.client.call(
            "logout_by_user_token", json={"user_id": self.admin.user if of_another else session.user, "token": token}
        )
        if session.open and not of_another:
            answer.has_status(200, because="a logout by a token of the user")
            answer.must(answer.body == {"success": True, "message": "5"}, "The body is not the constant")
            model.close([session], model.SINGLE)
        else:
            answer.has_status(401, because="the token of another user, or of a closed session")
            answer.must(not answer.raw, "The body is not empty")

    @rule(which=any_session)
    def race(self, which: int) -> None:
        """Of simultaneous logouts with one token exactly one succeeds."""
        session = self._open_session(which)
        if session is None:
            return
        answers = self.client.at_once(*[partial(self._call_logout, session, "session", {})] * SIMULTANEOUS)
        won = [answer for answer in answers if answer.status == 200]
        answers[0].must(len(won) == 1, f"{len(won)} of {SIMULTANEOUS} simultaneous logouts succeeded")
        model.close([session], model.SINGLE)
        self._check_closing(won[0], [session], "single_device")
        for answer in answers:
            if answer is not won[0]:
                answer.has_status(404, because="a logout that came too late")
                self._check_closed_at(answer, session, answer.at("details", "closedAt"))

    @rule(which=any_session)
    def race_with_a_refresh(self, which: int) -> None:
        """After a logout and a refresh at once no token is valid, in whatever order they were carried out."""
        session = self._open_session(which)
        if session is None:
            return
        answer, _ = self.client.at_once(
            partial(self._refresh, session.refresh), partial(self._call_logout, session, "session", {})
        )
        if answer.status == 200:
            session.rotate(answer.at("data", "accessToken"), answer.at("data", "refreshToken"))
        model.close([session], model.SINGLE)

    def _dialect(self, which: int, accept: str | None) -> str:
        session = self._session(which)
        registered = self.clients.get(session.client) if session is not None else None
        return accept or registered or self.host_dialect
