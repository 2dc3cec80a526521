"""What every rule stands on: the accounts, how a machine begins, logging in, and choosing a session."""

from __future__ import annotations

import base64
import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from cierre.contract_tests.cierre.accounts import Accounts
from cierre.contract_tests.cierre.client import Answer, Client, set_cookie
from cierre.contract_tests.cierre.model import Session, Sessions
from cierre.contract_tests.exchanges import AGENT, Exchange

DEVICES = ("phone-1", "tablet.2", "550e8400-e29b-41d4-a716-446655440000")
# The administrator's device: nobody else can close what is on it.
ADMIN_DEVICE = "device-of-the-administrator"
# The client of a login that names none.
CLIENT = "cierre"
# Letters that not every encoding has.
REASON = "rules_of_the_contract: señal €"
FOREIGN_ORIGIN = "https://elsewhere.example"
WRONG_PASSWORD = "not-the-password-of-anybody"
MAX_SESSIONS = 6

any_session = st.integers(0, 2 * MAX_SESSIONS)
booleans = st.booleans()


class Base(RuleBasedStateMachine):
    """A machine without rules. The attributes of the class are one run's, those of an instance one sequence's.

    Attributes:
        make_client: a client that begins without exchanges.
        accounts: who logs in.
        host_dialect: what the host decides where neither Accept nor the client does.
        clients: client ids that the server knows, with the dialect that each is registered with.
        introspects: whether the server takes the confidential client's credentials.
        knows_limited_token: whether the server knows LIMITED_TOKEN.
        origin_is_foreign: whether FOREIGN_ORIGIN is none of the origins that the server trusts.
        beginning: the administrator's session, the user's id, and the requests that they come from.
        admin: the administrator's session; nobody closes it.
        user_id: of the user whose sessions the rules open and close.
    """

    make_client: ClassVar[Callable[..., Client]]
    accounts: ClassVar[Accounts]
    host_dialect: ClassVar[str]
    clients: ClassVar[dict[str, str | None]]
    introspects: ClassVar[bool]
    knows_limited_token: ClassVar[bool]
    origin_is_foreign: ClassVar[bool]
    beginning: ClassVar[tuple[Session, str, tuple[Exchange, ...]] | None] = None

    admin: Session
    user_id: str

    def __init__(self) -> None:
        super().__init__()
        self.client = self.make_client()
        self.sessions = Sessions()
        self.keys: Iterator[str] = (f"rules-{uuid.uuid4()}-{number}" for number in itertools.count())
        self._published: set[str] = set()

    @initialize()
    def begin(self) -> None:
        """Close what other sequences left open. One session of the administrator serves all sequences of a run."""
        if self.beginning is None:
            admin = self._log_in(self.accounts.admin_user, device=ADMIN_DEVICE)
            user = self._log_in(self.accounts.user)
            type(self).beginning = (admin, user.user, tuple(self.client.exchanges))
            self.sessions.made.clear()
        assert self.beginning is not None
        self.admin, self.user_id, exchanges = self.beginning
        self.client.exchanges[:] = exchanges
        self.sessions.made.append(self.admin)
        self._force_logout(self.user_id)

    def _force_logout(self, user_id: str) -> Answer:
        body = {"userId": user_id, "reason": REASON}
        return self.client.call("force_logout", token=self.admin.access, json=body)

    def _list_sessions(self, token: str) -> Answer:
        return self.client.call("list_sessions", token=token)

    def _refresh(self, token: str) -> Answer:
        return self.client.call("refresh", json={"refreshToken": token})

    # Logging in.

    def _log_in(
        self,
        user: str,
        *,
        device: str | None = None,
        client: str | None = None,
        form: str | None = None,
        delivery: str | None = None,
    ) -> Session:
        """Open a session, and check all that the contract says of it."""
        is_admin = user == self.accounts.admin_user
        password = self.accounts.admin_password if is_admin else self.accounts.password
        named = {"deviceId": device, "clientId": client, "tokenFormat": form, "refreshDelivery": delivery}
        body = {"username": user, "password": password} | {name: value for name, value in named.items() if value}
        agent = f"{AGENT}{uuid.uuid4().hex[:8]}"
        answer = self.client.call("login", json=body, headers={"User-Agent": agent})
        answer.has_status(200, because="a login with the right password")
        refresh = answer.at("data").get("refreshToken")
        if delivery == "cookie":
            answer.must(refresh is None, "The refresh token is in the body and in the cookie", "responses", "200")
            refresh = set_cookie(answer)
        listed = self._check_listed(answer, device=device, client=client, agent=agent)
        session = Session(
            id=answer.at("data", "sessionId"),
            user=answer.at("data", "user", "id"),
            device=listed["deviceId"],
            client=listed["clientId"],
            opaque=form == "opaque",
            access=answer.at("data", "accessToken"),
            refresh=refresh or "",
            created=listed["createdAt"],
        )
        role, email = answer.at("data", "user", "role"), answer.at("data", "user", "email")
        answer.must((role == "ADMIN") == is_admin, f"The role is {role}", "responses", "200")
        answer.must(email == user, "The user has another e-mail address", "responses", "200")
        self._check_tokens(answer, opaque=session.opaque)
        self.sessions.made.append(session)
        return session

    def _check_listed(self, login: Answer, *, device: str | None, client: str | None, agent: str) -> dict[str, Any]:
        """The new session, as the list of sessions has it."""
        answer = self._list_sessions(login.at("data", "accessToken"))
        rows = [row for row in answer.at("data", "sessions") if row["sessionId"] == login.at("data", "sessionId")]
        answer.must(len(rows) == 1 and rows[0]["current"], "The new session is not listed as the current one")
        row: dict[str, Any] = rows[0]
        answer.must(device in {None, row["deviceId"]}, "The session has another device")
        answer.must(row["userAgent"] == agent, f"The session was not opened by {agent}")
        if not device:
            taken = {other.device for other in self.sessions.made}
            fresh = _is_uuid(row["deviceId"]) and row["deviceId"] not in taken
            answer.must(fresh, "A login without a device did not get a UUID of its own")
        answer.must(row["clientId"] == (client or CLIENT), "The session has another client")
        return row

    def _check_tokens(self, answer: Answer, *, opaque: bool) -> None:
        """The access token has the session's form and the lifetime that is said, and its key is published."""
        token = answer.at("data", "accessToken")
        answer.must(("|" in token) == opaque, "The token is not of the form that was asked for")
        if opaque:
            return
        claims = _jwt_part(token, 1)
        lifetime = claims["exp"] - claims["iat"]
        expires_in = answer.at("data", "expiresIn")
        answer.must(expires_in == lifetime, f"The token is valid for {lifetime} seconds", "responses", "200")
        kid = _jwt_part(token, 0).get("kid")
        if kid not in self._published:
            keys = self.client.call("jwks").has_status(200, because="the keys")
            self._published.update(key["kid"] for key in keys.at("keys"))
            keys.must(kid in self._published, f"The key {kid}, which signs tokens, is not published")

    # Choosing.

    def _session(self, which: int) -> Session | None:
        """One of the user's sessions, open or closed; None: there is none yet."""
        own = [session for session in self.sessions.made if session is not self.admin]
        return own[which % len(own)] if own else None

    def _open_session(self, which: int) -> Session | None:
        """The same, where it is open."""
        session = self._session(which)
        return session if session is not None and session.open else None


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _jwt_part(token: str, number: int) -> dict[str, Any]:
    """The header (0) or the claims (1) of a JWT; the signature is not checked here."""
    payload = token.split(".")[number]
    part: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return part
