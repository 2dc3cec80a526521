"""Rules about refreshing, revoking and introspecting tokens."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from cierre.contract_tests.cierre import model
from cierre.contract_tests.cierre.client import Answer, set_cookie
from cierre.contract_tests.cierre.machine.base import CLIENT, FOREIGN_ORIGIN, Base, any_session, booleans


class Tokens(Base):
    """Rotation, replay and revocation (RFC 6749, RFC 7009, RFC 7662)."""

    @rule(which=any_session, twice=booleans)
    def refresh(self, which: int, twice: bool) -> None:
        session = self._session(which)
        if session is None:
            return
        answer = self._refresh(session.refresh)
        if not session.open:
            answer.has_status(401, because="a refresh after the session was closed")
            return
        answer.has_status(200, because="a refresh")
        following = answer.at("data", "refreshToken")
        answer.must(following != session.refresh, "The refresh token is not rotated")
        self._check_tokens(answer, opaque=session.opaque)
        if session.opaque:
            self._list_sessions(session.access).has_status(401, because="an opaque token that was rotated")
        answer.must(answer.at("data", "sessionId") == session.id, "A refresh changed the session")
        if twice:
            answer = self._refresh(session.refresh).has_status(200, because="a second refresh with the same token")
            answer.must(
                answer.at("data", "refreshToken") == following,
                "A second refresh gave another successor",
            )
        session.rotate(answer.at("data", "accessToken"), following)

    @rule(which=any_session, foreign=st.sampled_from([None, "Origin", "Sec-Fetch-Site"]))
    def refresh_by_cookie(self, which: int, foreign: str | None) -> None:
        """A cookie is answered with a cookie, and accepted from no other site."""
        session = self._session(which)
        if session is None or (foreign and not self.origin_is_foreign):
            return
        origin = {foreign: {"Origin": FOREIGN_ORIGIN, "Sec-Fetch-Site": "cross-site"}[foreign]} if foreign else {}
        if origin:
            for name in ("refresh", "logout_by_refresh_token"):
                answer = self.client.call(name, cookie=session.refresh, headers=origin)
                answer.has_status(403, because="a cookie from another site")
            return
        answer = self.client.call("refresh", cookie=session.refresh)
        answer.has_status(200 if session.open else 401, because="a refresh by cookie")
        if session.open:
            following = set_cookie(answer) or ""
            answer.must(following not in {"", session.refresh}, "No new cookie is set")
            answer.must("refreshToken" not in answer.at("data"), "The refresh token is in the body, too")
            session.rotate(answer.at("data", "accessToken"), following)

    @rule(which=any_session)
    def refresh_at_the_token_endpoint(self, which: int) -> None:
        session = self._session(which)
        if session is None:
            return
        form = {"grant_type": "refresh_token", "refresh_token": session.refresh, "client_id": session.client}
        answer = self.client.call("exchange_token", data=form)
        answer.has_status(200 if session.open else 400, because="a refresh at the token endpoint")
        if session.open:
            answer.must(answer.at("refresh_token") != session.refresh, "The refresh token is not rotated")
            session.rotate(answer.at("access_token"), answer.at("refresh_token"))

    @rule(which=any_session)
    def replay(self, which: int) -> None:
        """A refresh token whose successor was used is used again: the session is closed."""
        session = self._session(which)
        if session is None or len(session.old_refresh) < 2:
            return
        answer = self._refresh(session.old_refresh[0]).has_status(401, because="a replayed refresh token")
        if session.open:
            answer.must(answer.at("code") == "REFRESH_TOKEN_REUSED", "A replay has another code")
        model.close([session], model.REPLAY)

    @rule(which=any_session, by_access=booleans)
    def revoke(self, which: int, by_access: bool) -> None:
        """RFC 7009: a success, whether or not the token was valid."""
        session = self._session(which)
        if session is not None:
            form = {"token": session.access if by_access else session.refresh, "client_id": session.client}
            self.client.call("revoke_token", data=form).has_status(200, because="a revocation")
            model.close([session], model.REVOKED)

    @rule(which=any_session, by_access=booleans)
    def revoke_as_another_client(self, which: int, by_access: bool) -> None:
        """A public client revokes only what was issued to it (RFC 7009, section 2.1)."""
        session = self._session(which)
        others = [name for name in (CLIENT, *self.clients) if session is not None and name != session.client]
        if session is not None and session.open and others:
            form = {"token": session.access if by_access else session.refresh, "client_id": others[0]}
            self.client.call("revoke_token", data=form).has_status(400, because="a revocation by another client")

    @rule()
    def use_a_confidential_client(self) -> None:
        """A client that has a secret opens and renews a session with it alone."""
        if not self.introspects:
            return
        client, secret = self.accounts.client, self.accounts.client_secret
        login = {"username": self.accounts.admin_user, "password": self.accounts.admin_password, "clientId": client}
        opened = self._with_the_secret_alone("login", login, secret)
        refreshed = {"refreshToken": opened.at("data", "refreshToken"), "clientId": client}
        renewed = self._with_the_secret_alone("refresh", refreshed, secret)
        token = renewed.at("data", "accessToken")
        self.client.call("logout", token=token).has_status(200, because="a logout of a confidential client's session")

    def _with_the_secret_alone(self, name: str, body: dict[str, str], secret: str) -> Answer:
        """The answer to the right secret, after no secret and a wrong one were refused."""
        for wrong in ({}, {"clientSecret": "not-the-secret"}):
            answer = self.client.call(name, json=body | wrong)
            answer.has_status(401, because=f"{name} by a confidential client without its secret")
        answer = self.client.call(name, json=body | {"clientSecret": secret})
        return answer.has_status(200, because=f"{name} by a confidential client with its secret")

    @rule(which=any_session)
    def introspect_without_credentials(self, which: int) -> None:
        session = self._session(which)
        if session is not None:
            form = {"token": session.access}
            self.client.call("introspect_token", data=form).has_status(401, because="introspection without a client")
            wrong = (self.accounts.client, "not-the-secret")
            self.client.call("introspect_token", data=form, basic=wrong).has_status(
                401, because="a client with a wrong secret"
            )
