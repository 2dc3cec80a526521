"""What the rules of closing a session compare the server with: how a machine begins, and what must always be so."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from cierre.contract_tests.cierre.client import Answer, Client, set_cookie
from cierre.contract_tests.cierre.model import Session, World
from cierre.contract_tests.exchanges import AGENT, Exchange

if TYPE_CHECKING:
    from cierre.contract_tests.plan import Users

# The administrator's device: nobody else can close what is on it.
DESK = "desk-of-the-admin"
# The client of a login that names none.
CLIENT = "cierre"
# Letters that not every encoding has.
REASON = "rules_of_the_contract: señal €"
# Milliseconds between two readings of a clock in one act; seconds that two clocks may differ.
MOMENT, SKEW = 10, 300
DAY = 86_400


class Expectations(RuleBasedStateMachine):
    """A machine without rules: whatever it does, after each step the server is as the model says."""

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
        self.published: set[str] = set()
        self.introspected: set[str] = set()

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
        return self.client.call("force_logout", token=self.admin.access, json={"userId": user_id, "reason": REASON})

    def _logged_in(self, user: str, **more: Any) -> Session:
        password = self.users.admin_password if user == self.users.admin_user else self.users.password
        names = {"device": "deviceId", "client": "clientId", "form": "tokenFormat", "delivery": "refreshDelivery"}
        body = {"username": user, "password": password} | {names[key]: value for key, value in more.items() if value}
        agent = f"{AGENT}{uuid.uuid4().hex[:8]}"
        answer = self.client.call("login", json=body, headers={"User-Agent": agent})
        answer.is_(200, because="a login with the right password")
        refresh = answer.at("data").get("refreshToken")
        if more.get("delivery") == "cookie":
            answer.must(refresh is None, "The refresh token is told in the body and in the cookie", "responses", "200")
            refresh = set_cookie(answer)
        listed = self._sessions(answer.at("data", "accessToken"))
        mine = [one for one in listed.at("data", "sessions") if one["sessionId"] == answer.at("data", "sessionId")]
        listed.must(len(mine) == 1 and mine[0]["current"], "The new session is not listed as the current one")
        listed.must(more.get("device") in {None, mine[0]["deviceId"]}, "The session has another device")
        listed.must(mine[0]["userAgent"] == agent, f"The session was not opened by {agent}")
        if not more.get("device"):
            taken = {other.device for other in self.world.sessions}
            fresh = _is_uuid(mine[0]["deviceId"]) and mine[0]["deviceId"] not in taken
            listed.must(fresh, "A login without a device did not get a UUID of its own")
        listed.must(mine[0]["clientId"] == (more.get("client") or CLIENT), "The session has another client")
        session = Session(
            id=answer.at("data", "sessionId"),
            user=answer.at("data", "user", "id"),
            device=mine[0]["deviceId"],
            client=mine[0]["clientId"],
            opaque=more.get("form") == "opaque",
            access=answer.at("data", "accessToken"),
            refresh=refresh or "",
            created=mine[0]["createdAt"],
        )
        role = answer.at("data", "user", "role")
        answer.must((role == "ADMIN") == (user == self.users.admin_user), f"The role is {role}", "responses", "200")
        answer.must(
            answer.at("data", "user", "email") == user, "The user has another e-mail address", "responses", "200"
        )
        self._issued(answer, session.opaque)
        self.world.sessions.append(session)
        return session

    def _issued(self, answer: Answer, opaque: bool) -> None:
        """A token is of the session's form, lives as long as is said, and can be checked with a published key."""
        token = answer.at("data", "accessToken")
        answer.must(("|" in token) == opaque, "The token is not of the form that was asked for")
        if opaque:
            return
        claims = _part(token, 1)
        lives = claims["exp"] - claims["iat"]
        answer.must(answer.at("data", "expiresIn") == lives, f"The token lives {lives} seconds", "responses", "200")
        kid = _part(token, 0).get("kid")
        if kid not in self.published:
            keys = self.client.call("jwks").is_(200, because="the keys")
            self.published.update(key["kid"] for key in keys.at("keys"))
            keys.must(kid in self.published, f"The key {kid}, which signs tokens, is not published")

    # What a closing must say.

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
        if "date" in answer.headers:
            off = datetime.fromisoformat(told["loggedOutAt"]) - parsedate_to_datetime(answer.headers["date"])
            answer.must(abs(off.total_seconds()) < SKEW, f"loggedOutAt is {off} off the answer's Date")
        for session in victims:
            session.closed_at, session.trace = told["loggedOutAt"], answer.headers.get("x-trace-id", "")

    def _told(self, answer: Answer, session: Session, at: str) -> None:
        """A repeat tells the time that the first answer told."""
        session.closed_at = session.closed_at or at
        answer.must(session.closed_at == at, f"The session was closed at {session.closed_at}")

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
        for token in {session.access, session.refresh} - self.introspected:
            self.introspected.add(token)
            self._introspected(token, active=True, session=session)

    def _dead(self, session: Session) -> None:
        for token in (session.access, *session.old):
            self._sessions(token).is_(401, because="a token of a closed session")
        self._introspected(session.access, active=False)
        self._introspected(session.refresh, active=False)

    def _introspected(self, token: str, *, active: bool, session: Session | None = None) -> None:
        if self.introspects:
            client = (self.users.client, self.users.client_secret)
            answer = self.client.call("introspect_token", data={"token": token}, basic=client)
            answer.must(answer.status == 200 and answer.at("active") is active, f"active is not {active}")
            answer.must(active or answer.body == {"active": False}, "An inactive token tells more than that")
            if session is not None:
                whose = (session.user, session.client)
                answer.must((answer.at("sub"), answer.at("client_id")) == whose, f"The token is not of {whose}")
                around = answer.at("iat") - DAY < time.time() < answer.at("exp") + DAY
                answer.must(around, "iat and exp are not seconds around now")

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
                answer.must(session.trace in {"", row["traceId"]}, f"The trace of the act is {session.trace}")
                lasted = datetime.fromisoformat(row["timestamp"]) - datetime.fromisoformat(session.created)
                lasting = lasted.total_seconds() * 1000
                answer.must(abs(row["sessionDuration"] - lasting) <= MOMENT, f"The session lasted {lasting} ms")

    def _sessions(self, token: str) -> Answer:
        return self.client.call("list_sessions", token=token)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _part(token: str, number: int) -> dict[str, Any]:
    """The header (0) or the claims (1) of a JWT; nobody's signature is checked here."""
    payload = token.split(".")[number]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
