"""Who logs in with Cierre's own contract, and what of a login stands in the place of which example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cierre.contract_tests.auth.file import Entry

LOGIN = "/api/v1/auth/login"
# The values that the contract's examples show, and what of a login they stand for.
REFRESH_TOKEN = "cmVmcmVzaC10b2tlbi1vZi10aGUtZXhhbXBsZXM"
USER_ID = "64f8a123b456c789d012e345"
LIVE = {
    REFRESH_TOKEN: "/data/refreshToken",
    "1|abcdef1234567890": "/data/accessToken",
    USER_ID: "/data/user/id",
}
# The demo's, of its administrator: a Sanctum token that may do nothing of Cierre's (`["notes:read"]`).
LIMITED_TOKEN = "2|limited1234567890"
_EMAIL = "usuario@ejemplo.com"
_DEVICE = "mobile-device-uuid-123456789"
# Stands in the README, and in the contract as an example: no secret.
_DEMO_PASSWORD = "cierre-demo"


@dataclass(frozen=True)
class Accounts:
    """Who logs in: a user, an administrator, and a confidential client that may introspect tokens."""

    user: str
    password: str
    admin_user: str
    admin_password: str
    client: str
    client_secret: str

    @property
    def hidden(self) -> dict[str, str]:
        """Secret that no report may show → its shell variable."""
        given = {"PASSWORD": self.password, "ADMIN_PASSWORD": self.admin_password, "CLIENT_SECRET": self.client_secret}
        return {value: name for name, value in given.items() if value != _DEMO_PASSWORD}


DEMO = Accounts(_EMAIL, _DEMO_PASSWORD, "admin@ejemplo.com", _DEMO_PASSWORD, "demo-resource", _DEMO_PASSWORD)


@dataclass(frozen=True)
class Entries:
    """The entries of an authentication file for Cierre's own contract, made for one run."""

    admin: Entry
    client: Entry
    user: Entry

    def __iter__(self) -> Iterator[Entry]:
        return iter((self.admin, self.client, self.user))


def entries(accounts: Accounts) -> Entries:
    """Fresh entries: a run puts live values of its own into them."""
    live = {**LIVE, _EMAIL: accounts.user, _DEMO_PASSWORD: accounts.password}
    client = Entry(
        operations="introspect_token",
        username=accounts.client,
        password=accounts.client_secret,
        path=LOGIN,
        bodies=({"username": accounts.user, "password": accounts.password, "tokenFormat": "opaque"},),
        token="/data/accessToken",
        fresh=True,
        live=live,
    )
    made = (
        _entry(accounts.admin_user, accounts.admin_password, "/api/v1/admin/*", LIVE),
        client,
        _entry(accounts.user, accounts.password, "*", live),
    )
    return Entries(*(replace(entry, hidden=accounts.hidden) for entry in made))


def _entry(user: str, password: str, operations: str, live: dict[str, str]) -> Entry:
    body = {"username": user, "password": password, "deviceId": _DEVICE}
    return Entry(
        operations=operations,
        path=LOGIN,
        bodies=(body, {**body, "tokenFormat": "opaque"}),
        token="/data/accessToken",
        fresh=True,
        live=dict(live),
        # The same key again would give the first answer again.
        unique=("Idempotency-Key",),
    )
