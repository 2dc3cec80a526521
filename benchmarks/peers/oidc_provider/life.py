"""The life of a session in oidc-provider: an authorization code exchanged, refresh grant, userinfo, introspection,
revocation.

Its login is a page of the application's own, which checks the password as it likes; what the provider itself does when
somebody has logged in is the exchange of the code, which is measured. It lists no sessions, and closes those of a user
one by one.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping

from benchmarks.load import Request
from benchmarks.peers.base import USERS
from benchmarks.peers.oidc_provider import FORM, LIFETIME_S, OidcProvider, row
from benchmarks.peers.operations import ASKED, Attempt, Life, Operation, again_and_again

VERIFIER = "only-for-the-benchmark-" * 2
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
REDIRECT = "https://client.example/callback"
# Without `openid` a refresh makes no ID token, which is what a client that only refreshes asks for.
REFRESHED, ALL = "offline_access", "openid offline_access"


class OidcProviderLife(Life[OidcProvider]):
    """One server; it has no passwords."""

    def operations(self) -> dict[str, Operation]:
        tickets = self.peer.mint(ASKED)
        tokens = "SELECT count(*) FROM oidc WHERE model = 'AccessToken'"
        consumed = "SELECT count(*) FROM oidc WHERE model = 'RefreshToken' AND payload ? 'consumed'"
        gone = "SELECT -count(*) FROM oidc WHERE model = 'AccessToken'"
        return {
            "login_cheap": Operation(self._codes, count=tokens),
            "refresh": Operation(self._refreshes, count=consumed),
            "check": again_and_again([_userinfo(ticket.use) for ticket in tickets]),
            "introspection": again_and_again([ticket.use for ticket in tickets]),
            "logout": Operation(self._logouts, count=gone, audited=1),
        }

    def _codes(self, number: int) -> list[Attempt]:
        challenge = {"codeChallenge": CHALLENGE, "codeChallengeMethod": "S256", "redirectUri": REDIRECT, "scope": ALL}
        keys = self._granted("AuthorizationCode", number, challenge)
        form = f"grant_type=authorization_code&client_id=bench&redirect_uri={REDIRECT}&code_verifier={VERIFIER}&code="
        requests = (Request("POST", "/token", FORM, form + key) for key in keys)
        return [Attempt(request, (request,)) for request in requests]

    def _refreshes(self, number: int) -> list[Attempt]:
        token = {"scope": REFRESHED, "gty": "authorization_code", "iiat": int(time.time()), "rotations": 0}
        keys = self._granted("RefreshToken", number, token)
        form = "grant_type=refresh_token&client_id=bench&refresh_token="
        requests = (Request("POST", "/token", FORM, form + key) for key in keys)
        return [Attempt(request, (request,)) for request in requests]

    def _logouts(self, number: int) -> list[Attempt]:
        tickets = self.peer.mint(number)
        return [Attempt(ticket.logout, (ticket.use, _userinfo(ticket.use))) for ticket in tickets]

    def _granted(self, model: str, number: int, payload: Mapping[str, object]) -> list[str]:
        """So many entries of a model, each with a grant of its own."""
        now = int(time.time())
        keys = [secrets.token_urlsafe(32) for _ in range(number)]
        rows = []
        for n, key in enumerate(keys):
            grant = secrets.token_urlsafe(32)
            shared = {"accountId": f"account{n % USERS}", "clientId": "bench", "iat": now, "exp": now + LIFETIME_S}
            rows += [
                row("Grant", grant, {**shared, "openid": {"scope": ALL}}, None),
                row(model, key, {**shared, **payload, "grantId": grant}, grant),
            ]
        self.peer.store.load("oidc", ["model", "id", "payload", "grant_id", "expires_at"], rows)
        return keys


def _userinfo(introspection: Request) -> Request:
    token = dict(part.split("=") for part in introspection.body.split("&"))["token"]
    return Request("GET", "/me", {"Authorization": f"Bearer {token}"})
