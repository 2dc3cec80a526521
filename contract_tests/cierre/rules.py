"""The rules of closing a session, as a state machine: all that may be done, and what each answer must be."""

from __future__ import annotations

import itertools
import operator
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from cierre.contract_tests.cierre import model
from cierre.contract_tests.cierre.client import Answer, set_cookie
from cierre.contract_tests.cierre.expectations import CLIENT, DESK, REASON, Expectations
from cierre.contract_tests.cierre.model import Session

DEVICES = ("phone-1", "tablet.2", "550e8400-e29b-41d4-a716-446655440000")
VENDORS = {name: f"application/vnd.cierre.{name}+json" for name in ("session", "envelope", "respuesta")}
# The status of a second logout (decision 10), by dialect.
REPEATED = {"session": 404, "envelope": 401, "respuesta": 200}
# Who closed it; the rest is closed by the user.
LOGOUT_REASONS = {"admin_forced": "admin_logout", "automatic": "security_logout"}
DONE = {"session": 200, "envelope": 204, "respuesta": 200}
# Sessions at once, and simultaneous requests in a race.
MOST = 6
RACERS = 6
ELSEWHERE = "https://elsewhere.example"
NOBODY = "00000000000000000000dead"
# A cookie that nobody was given: a body beside it wins.
STALE = "cookie-of-a-session-that-never-was"

any_session = st.integers(0, 2 * MOST)
dialects = st.sampled_from([None, *VENDORS])
anything = st.booleans()


class Rules(Expectations):
    """Users, devices, clients and both forms of tokens; every way to close a session."""

    def __init__(self) -> None:
        super().__init__()
        self.keys = (f"rules-{uuid.uuid4()}-{number}" for number in itertools.count())

    @precondition(lambda self: len(self.world.of(self.user_id)) < MOST)
    @rule(
        device=st.sampled_from([None, *DEVICES]),
        client=st.integers(0, 3),
        form=st.sampled_from([None, "jwt", "opaque"]),
        delivery=st.sampled_from([None, "cookie"]),
    )
    def login(self, device: str | None, client: int, form: str | None, delivery: str | None) -> None:
        names = [None, *self.clients]
        self._logged_in(self.users.user, device=device, client=names[client % len(names)], form=form, delivery=delivery)

    @rule()
    def login_with_a_wrong_password(self) -> None:
        """A login that fails says the same, whether or not the user exists."""
        told = []
        for user in (self.users.user, f"nobody-{uuid.uuid4()}@example.com"):
            answer = self.client.call("login", json={"username": user, "password": "not-the-password-of-anybody"})
            told.append(answer.is_(401, because="a login with a wrong password"))
        told[1].must(told[0].body == told[1].body, "A failed login tells whether the user exists")

    @rule(which=any_session, asked=dialects)
    def logout(self, which: int, asked: str | None) -> None:
        self._logout(which, asked, {}, model.SINGLE)

    @rule(which=any_session, asked=dialects)
    def logout_all(self, which: int, asked: str | None) -> None:
        self._logout(which, asked, {"logoutAll": True}, model.ALL)

    @rule(which=any_session, asked=dialects, device=st.sampled_from([*DEVICES, DESK, "nowhere"]))
    def logout_device(self, which: int, asked: str | None, device: str) -> None:
        self._logout(which, asked, {"deviceId": device}, model.DEVICE)

    @rule(which=any_session, asked=dialects)
    def logout_leniently(self, which: int, asked: str | None) -> None:
        """`Prefer: handling=lenient` makes a second logout a success in every dialect."""
        session, dialect = self._session(which), self._dialect(which, asked)
        if session is None or session.open:
            return
        answer = self._call_logout(session, asked, {}, Prefer="handling=lenient")
        answer.is_(DONE[dialect], because="a second logout, leniently")
        if dialect == "session":
            answer.must(answer.at("data", "logout", "sessionsClosed") == 0, "A second logout closed something")
            self._told(answer, session, answer.at("data", "logout", "loggedOutAt"))

    @rule(which=any_session, asked=dialects)
    def logout_saying_little(self, which: int, asked: str | None) -> None:
        """`Prefer: return=minimal` makes success 204 in every dialect, and closes all the same."""
        session, dialect = self._session(which), self._dialect(which, asked)
        if session is None:
            return
        answer = self._call_logout(session, asked, {}, Prefer="return=minimal")
        answer.is_(204 if session.open or REPEATED[dialect] == 200 else REPEATED[dialect], because="a minimal logout")
        self.world.close([session], model.SINGLE)

    def _logout(self, which: int, asked: str | None, body: dict[str, Any], why: tuple[str, str]) -> None:
        session, dialect = self._session(which), self._dialect(which, asked)
        if session is None:
            return
        victims = {
            model.SINGLE: lambda: [session],
            model.ALL: lambda: self.world.of(session.user),
            model.DEVICE: lambda: self.world.of(session.user, device=body.get("deviceId")),
        }[why]()
        answer = self._call_logout(session, asked, body)
        if not session.open:
            answer.is_(REPEATED[dialect], because="a second logout")
            if dialect == "session":
                self._told(answer, session, answer.at("details", "closedAt"))
        elif not victims:
            answer.is_(404, because="a device without an open session of the caller")
            if dialect == "session":
                answer.must(
                    answer.at("details", "userActiveSessions") == len(self.world.of(session.user)),
                    "userActiveSessions is not the number of open sessions",
                )
        else:
            answer.is_(DONE[dialect], because="a logout")
            self.world.close(victims, why)
            if dialect == "session":
                self._matches(answer, victims, why[0])

    def _call_logout(self, session: Session, asked: str | None, body: dict[str, Any], **headers: str) -> Answer:
        headers["Accept"] = VENDORS[asked] if asked else ""
        spoken = VENDORS[self.clients.get(session.client) or self.host_dialect]
        return self.client.call("logout", token=session.access, json=body or None, headers=headers, spoken=spoken)

    @rule(which=any_session, by_cookie=anything, foreign=anything)
    def logout_by_refresh_token(self, which: int, by_cookie: bool, foreign: bool) -> None:
        session = self._session(which)
        if session is None:
            return
        blank = self.client.call("logout_by_refresh_token", json={"refreshToken": " "}, cookie=session.refresh)
        blank.is_(400, because="a blank token in the body, beside a cookie")
        sent: dict[str, Any] = {"cookie": session.refresh}
        if not by_cookie:
            sent = {"json": {"refreshToken": session.refresh}, "cookie": STALE}
        origin = {"Origin": ELSEWHERE} if foreign and by_cookie else {}
        answer = self.client.call("logout_by_refresh_token", headers=origin, **sent)
        if origin and self.elsewhere_is_foreign:
            answer.is_(403, because="a cookie from a foreign origin")
        elif session.open:
            answer.is_(200, because="a logout by refresh token").must(not answer.raw, "The body is not empty")
            answer.must(not by_cookie or set_cookie(answer) == "", "The cookie is not cleared")
            self.world.close([session], model.SINGLE)
        else:
            answer.is_(401, because="a second logout by refresh token")

    @rule(which=any_session, by_refresh=anything, of_another=anything)
    def logout_by_user_token(self, which: int, by_refresh: bool, of_another: bool) -> None:
        session = self._session(which)
        if session is None:
            return
        token = session.refresh if by_refresh else session.access
        answer = self.client.call(
            "logout_by_user_token", json={"user_id": self.admin.user if of_another else session.user, "token": token}
        )
        if session.open and not of_another:
            answer.is_(200, because="a logout by a token of the user")
            answer.must(answer.body == {"success": True, "message": "5"}, "The body is not the constant")
            self.world.close([session], model.SINGLE)
        else:
            answer.is_(401, because="the token of another user, or a dead one")
            answer.must(not answer.raw, "The body is not empty")

    @rule(which=any_session, by_access=anything)
    def revoke(self, which: int, by_access: bool) -> None:
        """RFC 7009: a success, whether or not the token was alive."""
        session = self._session(which)
        if session is not None:
            form = {"token": session.access if by_access else session.refresh, "client_id": session.client}
            self.client.call("revoke_token", data=form).is_(200, because="a revocation")
            self.world.close([session], model.REVOKED)

    @rule(which=any_session, by_access=anything)
    def revoke_as_another_client(self, which: int, by_access: bool) -> None:
        """A public client revokes only what was issued to it (RFC 7009, section 2.1)."""
        session = self._session(which)
        others = [name for name in (CLIENT, *self.clients) if session is not None and name != session.client]
        if session is not None and session.open and others:
            form = {"token": session.access if by_access else session.refresh, "client_id": others[0]}
            self.client.call("revoke_token", data=form).is_(400, because="a revocation by another client")

    @rule()
    def force_logout(self) -> None:
        user = self.user_id
        victims = self.world.of(user)
        answer = self._forced(user).is_(200, because="an administrator's logout")
        self.world.close(victims, ("admin_forced", REASON))
        self._matches(answer, victims, "admin_forced")

    @rule(which=any_session)
    def force_logout_without_the_role(self, which: int) -> None:
        session = self._session(which)
        if session is not None:
            body = {"userId": self.admin.user, "reason": REASON}
            answer = self.client.call("force_logout", token=session.access, json=body)
            answer.is_(403 if session.open else 401, because="an administrator's logout by somebody else")
            answer = self.client.call("list_audit_events", token=session.access)
            answer.is_(403 if session.open else 401, because="the trail for somebody else")

    @rule()
    def force_logout_nobody(self) -> None:
        self._forced(NOBODY).is_(404, because="a user that does not exist")

    @rule(which=any_session, twice=anything)
    def refresh(self, which: int, twice: bool) -> None:
        session = self._session(which)
        if session is None:
            return
        answer = self._refreshed(session.refresh)
        if not session.open:
            answer.is_(401, because="a refresh after the session was closed")
            return
        answer.is_(200, because="a refresh")
        following = answer.at("data", "refreshToken")
        answer.must(following != session.refresh, "The refresh token is not rotated")
        self._issued(answer, session.opaque)
        if session.opaque:
            self._sessions(session.access).is_(401, because="an opaque token that was exchanged")
        answer.must(answer.at("data", "sessionId") == session.id, "A refresh changed the session")
        if twice:
            answer = self._refreshed(session.refresh).is_(200, because="a double click")
            answer.must(answer.at("data", "refreshToken") == following, "A double click got another successor")
        session.exchange(answer.at("data", "accessToken"), following)

    @rule(which=any_session, foreign=st.sampled_from([None, "Origin", "Sec-Fetch-Site"]))
    def refresh_by_cookie(self, which: int, foreign: str | None) -> None:
        """A cookie is answered with a cookie, and taken from no other site."""
        session = self._session(which)
        if session is None or (foreign and not self.elsewhere_is_foreign):
            return
        origin = {foreign: {"Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site"}[foreign]} if foreign else {}
        if origin:
            for name in ("refresh", "logout_by_refresh_token"):
                answer = self.client.call(name, cookie=session.refresh, headers=origin)
                answer.is_(403, because="a cookie from another site")
            return
        answer = self.client.call("refresh", cookie=session.refresh)
        answer.is_(200 if session.open else 401, because="a refresh by cookie")
        if session.open:
            following = set_cookie(answer) or ""
            answer.must(following not in {"", session.refresh}, "No new cookie is set")
            answer.must("refreshToken" not in answer.at("data"), "The refresh token is told in the body, too")
            session.exchange(answer.at("data", "accessToken"), following)

    @rule(which=any_session)
    def refresh_at_the_oauth_door(self, which: int) -> None:
        session = self._session(which)
        if session is None:
            return
        form = {"grant_type": "refresh_token", "refresh_token": session.refresh, "client_id": session.client}
        answer = self.client.call("exchange_token", data=form)
        answer.is_(200 if session.open else 400, because="a refresh at the OAuth door")
        if session.open:
            answer.must(answer.at("refresh_token") != session.refresh, "The refresh token is not rotated")
            session.exchange(answer.at("access_token"), answer.at("refresh_token"))

    @rule(which=any_session)
    def replay(self, which: int) -> None:
        """A refresh token whose successor has been used comes back: the session is closed."""
        session = self._session(which)
        if session is None or len(session.spent) < 2:
            return
        answer = self._refreshed(session.spent[0]).is_(401, because="a replayed refresh token")
        if session.open:
            answer.must(answer.at("code") == "REFRESH_TOKEN_REUSED", "A replay is not told as one")
        self.world.close([session], model.REPLAY)

    def _refreshed(self, token: str) -> Answer:
        return self.client.call("refresh", json={"refreshToken": token})

    @rule(which=any_session)
    def change_password(self, which: int) -> None:
        session = self._session(which)
        if session is None:
            return
        body = {"currentPassword": "not-the-password-of-anybody", "newPassword": self.users.password}
        answer = self.client.call("change_password", token=session.access, json=body)
        answer.is_(401, because="a change of the password without the current one")
        body = {"currentPassword": self.users.password, "newPassword": self.users.password}
        answer = self.client.call("change_password", token=session.access, json=body)
        if not session.open:
            answer.is_(401, because="a dead token")
            return
        others = [other for other in self.world.of(session.user) if other is not session]
        answer.is_(200, because="a change of the password")
        self.world.close(others, model.PASSWORD)
        self._matches(answer, others, "automatic")

    @rule(which=any_session)
    def change_password_and_back(self, which: int) -> None:
        """The new password opens the door, the old one no longer does."""
        session = self._session(which)
        if session is None or not session.open:
            return
        old, new = self.users.password, f"{self.users.password}-{uuid.uuid4().hex[:8]}"
        self.client.run.ring.secrets.keep("NEW_PASSWORD", new)
        others = [other for other in self.world.of(session.user) if other is not session]
        changed = self._change(session, old, new).is_(200, because="a change of the password")
        self.world.close(others, model.PASSWORD)
        tried = [
            self.client.call("login", json={"username": self.users.user, "password": password})
            for password in (old, new)
        ]
        # Whatever is found, the run goes on with the password that it was given.
        back = self._change(session, new, old)
        self._matches(changed, others, "automatic")
        tried[0].is_(401, because="a login with the password that was")
        tried[1].is_(200, because="a login with the new password")
        back.is_(200, because="a change of the password back")

    def _change(self, session: Session, current: str, new: str) -> Answer:
        body = {"currentPassword": current, "newPassword": new}
        return self.client.call("change_password", token=session.access, json=body)

    @rule(which=any_session)
    def retry_with_a_key(self, which: int) -> None:
        """The same Idempotency-Key gives the first answer again; with another body it is 422."""
        session = self._session(which)
        if session is None or not session.open:
            return
        key = next(self.keys)
        sent = {"Idempotency-Key": key}
        first = self.client.call("logout", token=session.access, headers=sent).is_(200, because="a logout with a key")
        self.world.close([session], model.SINGLE)
        self._matches(first, [session], "single_device")
        again = self.client.call("logout", token=session.access, headers=sent)
        again.must((again.status, again.body) == (200, first.body), "A retry with the key got another answer")
        other = self.client.call("logout", token=session.access, json={"logoutAll": False}, headers=sent)
        other.is_(422, because="the key with another request")
        stranger = self._logged_in(self.users.user)
        theirs = self.client.call("logout", token=stranger.access, headers=sent)
        theirs.is_(200, because="a logout with a key that somebody else used")
        self.world.close([stranger], model.SINGLE)
        self._matches(theirs, [stranger], "single_device")

    @rule(which=any_session, by_refresh=anything)
    def retry_an_old_path_with_a_key(self, which: int, by_refresh: bool) -> None:
        """The key works on every logout operation."""
        session = self._session(which)
        if session is None or not session.open:
            return
        name = "logout_by_refresh_token" if by_refresh else "logout_by_user_token"
        body = {"user_id": session.user, "token": session.access}
        body = {"refreshToken": session.refresh} if by_refresh else body
        sent = {"Idempotency-Key": next(self.keys)}
        for because in ("a logout with a key", "a retry with the key"):
            self.client.call(name, json=body, headers=sent).is_(200, because=because)
        self.world.close([session], model.SINGLE)

    @rule(which=any_session)
    def present_the_token_otherwise(self, which: int) -> None:
        """The scheme is `bearer` in any case (RFC 9110, section 11.1); a token in the query is none."""
        session = self._session(which)
        if session is None:
            return
        parent = uuid.uuid4()
        headers = {"Authorization": f"bEARER {session.access}", "traceparent": f"00-{parent.hex}-00f067aa0ba902b7-01"}
        answer = self.client.call("list_sessions", headers=headers)
        answer.is_(200 if session.open else 401, because="a scheme in other letters")
        answer.must(answer.headers.get("x-trace-id") == str(parent), "traceparent is not honoured")
        answer = self.client.call("list_sessions", params={"access_token": session.access})
        answer.is_(401, because="a token in the query")

    @rule(which=any_session)
    def introspect_as_nobody(self, which: int) -> None:
        session = self._session(which)
        if session is not None:
            form = {"token": session.access}
            self.client.call("introspect_token", data=form).is_(401, because="introspection without a client")
            wrong = (self.users.client, "not-the-secret")
            self.client.call("introspect_token", data=form, basic=wrong).is_(
                401, because="a client with a wrong secret"
            )

    @rule()
    def page_through_the_trail(self) -> None:
        """Newest first, and no event on two pages."""
        seen: list[tuple[str, str]] = []
        cursor: dict[str, str] = {}
        for _ in range(3):
            query = {"userId": self.user_id, "limit": "2", **cursor}
            page = self.client.call("list_audit_events", token=self.admin.access, params=query)
            told = [
                (event["timestamp"], event["sessionId"])
                for event in page.is_(200, because="a page").at("data", "events")
            ]
            page.must(len(told) <= 2 and not set(told) & set(seen), "A page repeats an event, or has too many")
            seen += told
            page.must(seen == sorted(seen, key=lambda event: event[0], reverse=True), "The newest is not the first")
            if page.at("data", "nextCursor") is None:
                break
            cursor = {"cursor": page.at("data", "nextCursor")}
        self._filtered(seen)

    def _filtered(self, seen: list[tuple[str, str]]) -> None:
        """Each filter leaves out what it says; those by user and session have shown it elsewhere."""
        middle = seen[len(seen) // 2][0] if seen else "2000-01-01T00:00:00.000Z"
        filters: list[tuple[str, str, str, Callable[[str, str], bool]]] = [
            ("from", middle, "timestamp", operator.ge),
            ("to", middle, "timestamp", operator.le),
            *(("logoutType", kind, "logoutType", operator.eq) for kind in ("single_device", "all_devices")),
        ]
        for name, value, member, fits in filters:
            query = {"userId": self.user_id, name: value}
            page = self.client.call("list_audit_events", token=self.admin.access, params=query)
            events = page.is_(200, because=f"the trail by {name}").at("data", "events")
            page.must(all(fits(event[member], value) for event in events), f"{name}={value} is ignored")

    @rule(which=any_session)
    def race(self, which: int) -> None:
        """Of simultaneous logouts with one token exactly one succeeds."""
        session = self._session(which)
        if session is None or not session.open:
            return
        with ThreadPoolExecutor(RACERS) as pool:
            answers = list(pool.map(lambda _: self._call_logout(session, "session", {}), range(RACERS)))
        won = [answer for answer in answers if answer.status == 200]
        answers[0].must(len(won) == 1, f"{len(won)} of {RACERS} simultaneous logouts succeeded")
        self.world.close([session], model.SINGLE)
        self._matches(won[0], [session], "single_device")
        for answer in answers:
            if answer is not won[0]:
                answer.is_(404, because="a logout that came too late")
                self._told(answer, session, answer.at("details", "closedAt"))

    @rule(which=any_session)
    def race_with_a_refresh(self, which: int) -> None:
        """Whoever comes first: after a logout and a refresh at once, nothing works."""
        session = self._session(which)
        if session is None or not session.open:
            return
        with ThreadPoolExecutor(2) as pool:
            refreshing = pool.submit(self._refreshed, session.refresh)
            pool.submit(self._call_logout, session, "session", {}).result()
            answer = refreshing.result()
        if answer.status == 200:
            session.exchange(answer.at("data", "accessToken"), answer.at("data", "refreshToken"))
        self.world.close([session], model.SINGLE)

    def _session(self, which: int) -> Session | None:
        """One of the user's sessions, open or closed; None: there is none yet."""
        mine = [session for session in self.world.sessions if session is not self.admin]
        return mine[which % len(mine)] if mine else None

    def _dialect(self, which: int, asked: str | None) -> str:
        session = self._session(which)
        pinned = self.clients.get(session.client) if session is not None else None
        return asked or pinned or self.host_dialect

    @rule(which=any_session, other=any_session)
    def look_up(self, which: int, other: int) -> None:
        """A session tells the user whose it is whether it is closed, when and by whom; all others it is unknown to."""
        asking, session = self._session(which), self._session(other)
        if asking is None or session is None:
            return
        answer = self.client.call("get_session", token=asking.access, path={"sessionId": session.id})
        if not asking.open:
            answer.is_(401, because="a dead token")
            return
        answer.is_(200, because="a session of the caller")
        self._is_shown(answer.at("data", "session"), session, answer, current=session is asking)
        for token, unknown in (
            (asking.access, NOBODY),
            (asking.access, self.admin.id),
            (self.admin.access, session.id),
        ):
            refused = self.client.call("get_session", token=token, path={"sessionId": unknown})
            refused.is_(404, because="a session of another user, or of nobody")

    def _is_shown(self, shown: dict[str, Any], session: Session, answer: Answer, *, current: bool) -> None:
        told = (shown["sessionId"], shown["deviceId"], shown["clientId"], shown["createdAt"], shown["current"])
        expected = (session.id, session.device, session.client, session.created, current)
        answer.must(told == expected, f"The session is {told}, expected {expected}")
        answer.must(shown["status"] == ("active" if session.open else "closed"), "The status is another")
        if session.why is not None:
            self._told(answer, session, shown["closedAt"])
            reason = LOGOUT_REASONS.get(session.why[0], "user_logout")
            answer.must(shown["logoutReason"] == reason, f"logoutReason is not {reason}")
