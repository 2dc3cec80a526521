"""Every limit, what is said of it in header fields, and the refusals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from limits import RateLimitItem, RateLimitItemPerSecond

from cierre.errors import AttemptRateLimitExceeded, LoginRateLimitExceeded, RateLimitExceeded, Secret


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests a window, or so many wrong guesses.

    Attributes:
        bucket: the operations that are counted together.
        name: what they are counted by, as `RateLimit` names it.
        quota: requests, or wrong guesses, a window.
        window: seconds.
        guesses: only wrong guesses at this secret count; None: every request counts.
    """

    bucket: str
    name: str
    quota: int
    window: int
    guesses: Secret | None = None

    @property
    def policy(self) -> str:
        return f'"{self.name}";q={self.quota};w={self.window}'

    @property
    def item(self) -> RateLimitItem:
        return RateLimitItemPerSecond(self.quota, self.window, namespace=f"cierre:{self.bucket}:{self.name}")


@dataclass(frozen=True, slots=True)
class OperationLimits:
    """The limits that count every request of an operation.

    Attributes:
        by_user: None: the operation has no user before it is decided.
    """

    by_address: Limit
    by_user: Limit | None = None


LOGOUT = OperationLimits(by_address=Limit("logout", "ip", 30, 300), by_user=Limit("logout", "user", 60, 60))
LOGIN = OperationLimits(by_address=Limit("login", "ip", 100, 300))

# By operationId. The three logouts share one bucket an IP.
LIMITS: dict[str, OperationLimits] = {
    "logout": LOGOUT,
    "logout_by_refresh_token": LOGOUT,
    "logout_by_user_token": LOGOUT,
    "login": LOGIN,
}

# Wrong passwords of one account from one address, and from anywhere.
PASSWORD = Limit("login", "account", 20, 300, guesses="password")
PASSWORD_ANYWHERE = Limit("login", "account-anywhere", 100, 300, guesses="password")
# Of one account on a device that has logged in to it before.
PASSWORD_ON_DEVICE = Limit("login", "device", 20, 300, guesses="password")
# The current password at a change of it, by session: the thief of a token keeps nobody else from changing it.
CURRENT_PASSWORD = Limit("password", "session", 20, 300, guesses="password")
# Wrong secrets of one client from one address.
CLIENT_SECRET = Limit("client", "client", 20, 300, guesses="client_secret")
# Refresh tokens that were never issued, by address.
REFRESH_TOKEN = Limit("refresh", "ip", 100, 300, guesses="refresh_token")


class Standing(NamedTuple):
    """How a caller stands with a limit: requests left, seconds until the window moves on."""

    limit: Limit
    remaining: int
    reset: int


class Spent(RateLimitExceeded):
    """The quota is spent; it knows the standing for the header fields."""

    def __init__(self, standing: Standing) -> None:
        limit = standing.limit
        super().__init__(retry_after=standing.reset, limit=limit.quota, window_ms=limit.window * 1000)
        self.standing = standing


class LoginsSpent(LoginRateLimitExceeded, Spent):
    """The same, of logins."""


class AttemptsSpent(AttemptRateLimitExceeded, Spent):
    """The same, of guesses that are no logins."""


def refusal(standing: Standing) -> Spent:
    """The error that says so in the words of the operation."""
    bucket = standing.limit.bucket
    if bucket == LOGOUT.by_address.bucket:
        return Spent(standing)
    return LoginsSpent(standing) if bucket == LOGIN.by_address.bucket else AttemptsSpent(standing)


def fields(standings: Iterable[Standing]) -> list[tuple[str, str]]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11)."""
    shown = list(standings)
    if not shown:
        return []
    policy = ", ".join(one.limit.policy for one in shown)
    now = ", ".join(f'"{one.limit.name}";r={one.remaining};t={one.reset}' for one in shown)
    return [("RateLimit-Policy", policy), ("RateLimit", now)]
