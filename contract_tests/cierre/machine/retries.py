"""Rules about Idempotency-Key."""

from __future__ import annotations

from hypothesis.stateful import rule

from cierre.contract_tests.cierre import model
from cierre.contract_tests.cierre.machine.base import any_session, booleans
from cierre.contract_tests.cierre.machine.closings import Closings


class Retries(Closings):
    """Sending a logout again with its key."""

    @rule(which=any_session)
    def retry_with_a_key(self, which: int) -> None:
        """The same Idempotency-Key gives the first answer again; with another body it is 422."""
        session = self._open_session(which)
        if session is None:
            return
        sent = {"Idempotency-Key": next(self.keys)}
        first = self.client.call("logout", token=session.access, headers=sent)
        first.has_status(200, because="a logout with a key")
        model.close([session], model.SINGLE)
        self._check_closing(first, [session], "single_device")
        again = self.client.call("logout", token=session.access, headers=sent)
        again.must((again.status, again.body) == (200, first.body), "A retry with the key got another answer")
        other = self.client.call("logout", token=session.access, json={"logoutAll": False}, headers=sent)
        other.has_status(422, because="the key with another request")
        other_session = self._log_in(self.accounts.user)
        accepted = self.client.call("logout", token=other_session.access, headers=sent)
        accepted.has_status(200, because="a logout with a key that another session used")
        model.close([other_session], model.SINGLE)
        self._check_closing(accepted, [other_session], "single_device")

    @rule(which=any_session, by_refresh=booleans)
    def retry_an_old_path_with_a_key(self, which: int, by_refresh: bool) -> None:
        """The key works on every logout operation."""
        session = self._open_session(which)
        if session is None:
            return
        name = "logout_by_refresh_token" if by_refresh else "logout_by_user_token"
        body = {"user_id": session.user, "token": session.access}
        body = {"refreshToken": session.refresh} if by_refresh else body
        sent = {"Idempotency-Key": next(self.keys)}
        for because in ("a logout with a key", "a retry with the key"):
            self.client.call(name, json=body, headers=sent).has_status(200, because=because)
        model.close([session], model.SINGLE)
