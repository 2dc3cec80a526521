"""The rules of closing a session, as a state machine: what was done is compared with a model after each step."""

from __future__ import annotations

import base64
import itertools
import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contract_tests import model
from contract_tests.client import Answer, Client, set_cookie
from contract_tests.exchanges import Exchange
from contract_tests.model import Session, World

if TYPE_CHECKING:
    from contract_tests.plan import Users

DEVICES = ("phone-1", "tablet.2", "550e8400-e29b-41d4-a716-446655440000")
# The administrator's device: nobody else can close what is on it.
DESK = "desk-of-the-admin"
VENDORS = {name: f"application/vnd.cierre.{name}+json" for name in ("session", "envelope", "respuesta")}
# The status of a second logout (decision 10), by dialect.
REPEATED = {"session": 404, "envelope": 401, "respuesta": 200}
DONE = {"session": 200, "envelope": 204, "respuesta": 200}
# Sessions at once, and simultaneous requests in a race.
MOST = 6
RACERS = 6
ELSEWHERE = "https://elsewhere.example"
NOBODY = "00000000000000000000dead"

any_session = st.integers(0, 2 * MOST)
dialects = st.sampled_from([None, *VENDORS])
anything = st.booleans()


class Rules(RuleBasedStateMachine):
    """Users, devices, clients and both forms of tokens; every way to close a session."""

    make_client: ClassVar[Callable[..., Client]]
    users: ClassVar[Users]
    # The dialect that the host decides, and the clients that the server knows, with their dialects.
    host_dialect: ClassVar[str]
    clients: ClassVar[dict[str, str | None]]
    introspects: ClassVar[bool]
    elsewhere_is_foreign: ClassVar[bool]
    # The administrator's session, the user's id, and how both came to be known.
    beginning: ClassVar[tuple[Session, str, tuple[Exchange, ...]] | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.client = self.make_client()
        self.world = World()
        self.buried: set[str] = set()
        self.keys = (f"rules-{uuid.uuid4()}-{number}" for number in itertools.count())

    # How to begin.

    @initialize()
    def nobody_is_logged_in(self) -> None:
        """Close what other tests left open. One administrator, whom nobody closes, serves all machines of a run."""
        if self.beginning is None:
            admin = self._logged_in(self.users.admin_user, device=DESK)
            user = self._logged_in(self.users.user)
            type(self).beginning = (admin, user.user, tuple(self.client.trace))
            self.world.sessions.clear()
        assert self.beginning is not None
        self.admin, self.user_id, trace = self.beginning
        self.client.trace[:] = trace
        self.world.sessions.append(self.admin)
        self._forced(self.user_id)

    def _forced(self, user_id: str) -> Answer:
        return self.client.call(
            "force_logout", token=self.admin.access, json={"userId": user_id, "reason": "rules_of_the_contract"}
        )

    def _logged_in(self, user: str, **more: Any) -> Session:
        password = self.users.admin_password if user == self.users.admin_user else self.users.password
        names = {"device": "deviceId", "client": "clientId", "form": "tokenFormat", "delivery": "refreshDelivery"}
        body = {"username": user, "password": password} | {names[key]: value for key, value in more.items() if value}
        answer = self.client.call("login", json=body).is_(200, because="a login with the right password")
        refresh = answer.at("data").get("refreshToken")
        if more.get("delivery") == "cookie":
            answer.must(refresh is None, "The refresh token is told in the body and in the cookie", "responses", "200")
            refresh = set_cookie(answer)
        listed = self._sessions(answer.at("data", "accessToken"))
        mine = [one for one in listed.at("data", "sessions") if one["sessionId"] == answer.at("data", "sessionId")]
        listed.must(len(mine) == 1 and mine[0]["current"], "The new session is not listed as the current one")
        listed.must(more.get("device") in {None, mine[0]["deviceId"]}, "The session has another device")
        listed.must(mine[0]["clientId"] == (more.get("client") or "cierre"), "The session has another client")
        session = Session(
            id=answer.at("data", "sessionId"),
            user=answer.at("data", "user", "id"),
            device=mine[0]["deviceId"],
            client=mine[0]["clientId"],
            opaque=more.get("form") == "opaque",
            access=answer.at("data", "accessToken"),
            refresh=refresh or "",
        )
        answer.must(("|" in session.access) == session.opaque, "The token is not of the form that was asked for")
        answer.must(
            answer.at("data", "user", "email") == user, "The user has another e-mail address", "responses", "200"
        )
        if not session.opaque:
            claims = _claims(session.access)
            lives = claims["exp"] - claims["iat"]
            answer.must(answer.at("data", "expiresIn") == lives, f"The token lives {lives} seconds", "responses", "200")
        self.world.sessions.append(session)
        return session

    # What may happen.

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

    def _matches(self, answer: Answer, victims: list[Session], kind: str) -> None:
        """A success of the canonical dialect says what the model knows."""
        told, user = answer.at("data", "logout"), answer.at("data", "user")
        whose = (self.user_id, self.users.user)
        answer.must((user["id"], user["email"]) == whose, f"The user is not {whose}")
        devices = {session.device for session in victims}
        answer.must(told["sessionsClosed"] == len(victims), f"sessionsClosed is not {len(victims)}")
        answer.must(set(told["deviceIds"]) == devices, f"deviceIds are not {sorted(devices)}")
        answer.must(told["logoutType"] == kind, f"logoutType is not {kind}")
        left = len(self.world.of(user["id"]))
        answer.must(user["activeSessions"] == left, f"activeSessions is not {left}")
        for session in victims:
            session.closed_at = told["loggedOutAt"]

    def _told(self, answer: Answer, session: Session, at: str) -> None:
        """A repeat tells the time that the first answer told."""
        session.closed_at = session.closed_at or at
        answer.must(session.closed_at == at, f"The session was closed at {session.closed_at}")

    @rule(which=any_session, by_cookie=anything, foreign=anything)
    def logout_by_refresh_token(self, which: int, by_cookie: bool, foreign: bool) -> None:
        session = self._session(which)
        if session is None:
            return
        sent: dict[str, Any] = {"cookie": session.refresh} if by_cookie else {"json": {"refreshToken": session.refresh}}
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

    @rule(which=any_session)
    def revoke(self, which: int) -> None:
        """RFC 7009: a success, whether or not the token was alive."""
        session = self._session(which)
        if session is not None:
            form = {"token": session.refresh, "client_id": session.client}
            self.client.call("revoke_token", data=form).is_(200, because="a revocation")
            self.world.close([session], model.REVOKED)

    @rule()
    def force_logout(self) -> None:
        user = self.user_id
        victims = self.world.of(user)
        answer = self._forced(user).is_(200, because="an administrator's logout")
        self.world.close(victims, ("admin_forced", "rules_of_the_contract"))
        self._matches(answer, victims, "admin_forced")

    @rule(which=any_session)
    def force_logout_without_the_role(self, which: int) -> None:
        session = self._session(which)
        if session is not None:
            body = {"userId": self.admin.user, "reason": "rules_of_the_contract"}
            answer = self.client.call("force_logout", token=session.access, json=body)
            answer.is_(403 if session.open else 401, because="an administrator's logout by somebody else")

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
        answer.must(answer.at("data", "sessionId") == session.id, "A refresh changed the session")
        if twice:
            answer = self._refreshed(session.refresh).is_(200, because="a double click")
            answer.must(answer.at("data", "refreshToken") == following, "A double click got another successor")
        session.exchange(answer.at("data", "accessToken"), following)

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
        # The logout lost where an exchange took the opaque token away under it: then it is repeated.
        if answer.status == 200:
            session.exchange(answer.at("data", "accessToken"), answer.at("data", "refreshToken"))
            self._call_logout(session, "session", {})
        self.world.close([session], model.SINGLE)

    # What must always be so.

    @invariant()
    def check(self) -> None:
        """After each step: exactly the tokens of open sessions live, and the list says the same."""
        for session in self.world.sessions:
            if session.open:
                self._alive(session)
            elif session.id not in self.buried:
                self.buried.add(session.id)
                self._dead(session)

    def _alive(self, session: Session) -> None:
        answer = self._sessions(session.access).is_(200, because="an open session")
        listed = {one["sessionId"]: one for one in answer.at("data", "sessions")}
        mine = {other.id for other in self.world.of(session.user)} | (
            {self.admin.id} if session is self.admin else set()
        )
        if session is not self.admin:
            answer.must(set(listed) == mine, f"The open sessions are {sorted(mine)}")
        current = [one for one, shown in listed.items() if shown["current"]]
        answer.must(current == [session.id], "Not exactly the asking session is current")
        self._introspected(session.access, active=True)

    def _dead(self, session: Session) -> None:
        for token in (session.access, *session.old):
            self._sessions(token).is_(401, because="a token of a closed session")
        self._introspected(session.access, active=False)
        self._introspected(session.refresh, active=False)

    def _introspected(self, token: str, *, active: bool) -> None:
        if self.introspects:
            client = (self.users.client, self.users.client_secret)
            answer = self.client.call("introspect_token", data={"token": token}, basic=client)
            answer.must(answer.status == 200 and answer.at("active") is active, f"active is not {active}")
            answer.must(active or answer.body == {"active": False}, "An inactive token tells more than that")

    def teardown(self) -> None:
        """The trail has one row for each closed session, and none for an open one."""
        if not hasattr(self, "user_id"):
            return
        for session in self.world.sessions:
            if not session.open:
                self._dead(session)
            answer = self.client.call("list_audit_events", token=self.admin.access, params={"sessionId": session.id})
            rows = answer.is_(200, because="the trail").at("data", "events")
            answer.must(len(rows) == (session.why is not None), f"The trail has {len(rows)} rows for one session")
            for row in rows:
                expected = (session.user, session.device, session.why, session.together, True)
                why = (row["logoutType"], row["reason"])
                told = (row["userId"], row["deviceId"], why, row["sessionsClosed"], row["success"])
                answer.must(told == expected, f"The trail says {told}, expected {expected}")

    def _sessions(self, token: str) -> Answer:
        return self.client.call("list_sessions", token=token)

    def _session(self, which: int) -> Session | None:
        """One of the user's sessions, open or closed; None: there is none yet."""
        mine = [session for session in self.world.sessions if session is not self.admin]
        return mine[which % len(mine)] if mine else None

    def _dialect(self, which: int, asked: str | None) -> str:
        session = self._session(which)
        pinned = self.clients.get(session.client) if session is not None else None
        return asked or pinned or self.host_dialect


def _claims(token: str) -> dict[str, Any]:
    """What a JWT says; nobody's signature is checked here."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
