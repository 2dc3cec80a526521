"""oidc-provider: RFC 7009 revocation of an opaque access token, and of the refresh token of its grant."""

import json
import secrets
import time
from typing import ClassVar

from benchmarks import scratch
from benchmarks.database import Row
from benchmarks.load import Request
from benchmarks.peers.base import USERS, Peer, Ticket
from benchmarks.processes import Command

LIFETIME_S = 86_400
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class OidcProvider(Peer):
    """It knows grants and tokens; it checks neither a user nor a session, and no JWT."""

    name: ClassVar[str] = "oidc_provider"
    label: ClassVar[str] = "oidc-provider"
    environment: ClassVar[dict[str, str]] = {}

    def prepare(self) -> None:
        self.app = scratch.node_app(OidcProvider.name)
        self.store.execute(
            "CREATE TABLE oidc (model text, id text, payload jsonb NOT NULL, grant_id text, "
            "expires_at timestamptz NOT NULL, PRIMARY KEY (model, id))",
            "CREATE INDEX ON oidc (grant_id)",
            "CREATE TABLE peer_audit (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), "
            "event text NOT NULL, user_id text NOT NULL, grant_id text NOT NULL)",
        )

    def command(self, port: int, workers: int) -> Command:
        environment = {
            **self.environment,
            "DATABASE_URL": self.store.url,
            "NODE_ENV": "production",
            "PORT": str(port),
            "WORKERS": str(workers),
        }
        return Command(["node", str(self.app)], environment)

    def mint(self, count: int) -> list[Ticket]:
        now = int(time.time())
        access = [secrets.token_urlsafe(32) for _ in range(count)]
        rows = (row for n, token in enumerate(access) for row in _rows(token, f"account{n % USERS}", now))
        self.store.load("oidc", ["model", "id", "payload", "grant_id", "expires_at"], rows)
        return [_ticket(token) for token in access]

    def accepts(self, status: int, body: bytes) -> bool:
        return status == 200 and json.loads(body)["active"] is True


class OidcProviderPrepared(OidcProvider):
    """The same with prepared statements."""

    name: ClassVar[str] = "oidc_provider_prepared"
    label: ClassVar[str] = "oidc-provider, prepared statements"
    environment: ClassVar[dict[str, str]] = {"PREPARED": "1"}


def _rows(access: str, account: str, now: int) -> list[Row]:
    """A grant with its two tokens, as the provider itself stores them."""
    grant, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    shared = {"accountId": account, "clientId": "bench", "iat": now, "exp": now + LIFETIME_S}
    token = {**shared, "grantId": grant, "scope": "openid", "gty": "authorization_code"}
    return [
        row("Grant", grant, {**shared, "openid": {"scope": "openid"}}, None),
        row("AccessToken", access, token, grant),
        row("RefreshToken", refresh, {**token, "iiat": now, "rotations": 0}, grant),
    ]


def row(model: str, key: str, payload: dict[str, object], grant: str | None) -> Row:
    return [model, key, json.dumps({**payload, "jti": key, "kind": model}), grant, "2099-01-01"]


def _ticket(token: str) -> Ticket:
    form = f"token={token}&token_type_hint=access_token&client_id=bench"
    return Ticket(Request("POST", "/token/revocation", FORM, form), Request("POST", "/token/introspection", FORM, form))
