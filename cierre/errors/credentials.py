"""The credential, or what it may do, is the reason: 401, 403, refused passwords, the OAuth endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from cierre.errors.base import CierreError

TokenStatus = Literal["missing", "invalid", "revoked", "expired", "reused"]
PasswordRule = Literal["too_short", "too_common", "contains_name"]


class Unauthorized(CierreError, status=401, code="INVALID_ACCESS_TOKEN", situation="token_invalid"):
    """The credential is missing or not valid.

    Attributes:
        token_status: what is wrong with the token; None: no token is the matter, or it expired.
        client_id: of the client that the refused token was issued to, where that is known: it may pin a dialect.
    """

    challenge = 'Bearer realm="cierre", error="invalid_token"'
    token_status: ClassVar[TokenStatus | None] = None
    client_id: str | None = None


class TokenMissing(Unauthorized, situation="token_missing"):
    """No credential was sent: the challenge names no error (RFC 6750, section 3.1)."""

    challenge = 'Bearer realm="cierre"'
    token_status = "missing"


class TokenInvalid(Unauthorized):
    """The token is malformed, forged, from another issuer, or of another type."""

    token_status = "invalid"


class TokenRevoked(Unauthorized, situation="token_revoked"):
    """The token verifies, but its session is closed."""

    token_status = "revoked"


@dataclass(eq=False, kw_only=True)
class TokenExpired(Unauthorized, code="ACCESS_TOKEN_EXPIRED", situation="token_expired"):
    """The token verifies, but has expired.

    Args:
        expired_at: milliseconds since the epoch.
        can_refresh: whether the session is open and its refresh token still valid.
    """

    expired_at: int
    can_refresh: bool


class RefreshTokenInvalid(Unauthorized, code="INVALID_REFRESH_TOKEN", situation="refresh_token_invalid"):
    """The refresh token is missing, unknown, or of a closed session."""

    token_status = "invalid"


class RefreshTokenUnknown(RefreshTokenInvalid):
    """There is no such refresh token, open or closed. The answer does not say so."""

    guessed = "refresh_token"


class RefreshTokenExpired(Unauthorized, code="REFRESH_TOKEN_EXPIRED"):
    """The refresh token, or its session, has expired."""

    token_status = "expired"


class RefreshTokenReused(Unauthorized, code="REFRESH_TOKEN_REUSED"):
    """A refresh token came back after it had been rotated: its session is closed (RFC 9700, section 4.14.2)."""

    token_status = "reused"


@dataclass(eq=False, kw_only=True)
class ReauthenticationRequired(Unauthorized, code="REAUTHENTICATION_REQUIRED"):
    """The token is good, but the password was proven too long ago for this (RFC 9470, section 3).

    Args:
        max_age: seconds that the login may lie back.
    """

    max_age: int

    def __post_init__(self) -> None:
        self.challenge = (
            'Bearer realm="cierre", error="insufficient_user_authentication", '
            f'error_description="A more recent login is required", max_age="{self.max_age}"'
        )


class LoginFailed(Unauthorized, code="INVALID_CREDENTIALS", situation="login_failed"):
    """No such user, wrong password or a disabled account: the answer does not say which.

    Attributes:
        user_id: whose password it was not, for the audit trail; None: there is no such user.
    """

    challenge = 'Bearer realm="cierre"'
    guessed = "password"
    user_id: str | None = None

    @classmethod
    def of(cls, user_id: str | None) -> LoginFailed:
        """A failed login to the account of this user."""
        failed = cls()
        failed.user_id = user_id
        return failed


class PasswordRefused(CierreError, status=400, code="PASSWORD_REFUSED", situation="password_too_common"):
    """A new password breaks a rule.

    Attributes:
        rule: which one.
    """

    rule: ClassVar[PasswordRule] = "too_common"


@dataclass(eq=False, kw_only=True)
class PasswordTooShort(PasswordRefused, situation="password_too_short"):
    """The new password has fewer than `min_length` characters."""

    min_length: int
    rule = "too_short"


class PasswordContainsName(PasswordRefused, situation="password_contains_name"):
    """The new password is, or contains, what the user logs in by."""

    rule = "contains_name"


class PasswordTooCommon(PasswordRefused):
    """The new password is one of those that are tried first."""


class Forbidden(CierreError, status=403, code="FORBIDDEN", situation="role_required"):
    """The caller is known, and not allowed to do this.

    Attributes:
        user_id: of the caller, for the audit trail; None: no user was found out.
    """

    user_id: str | None = None


@dataclass(eq=False)
class RoleRequired(Forbidden):
    """The operation is for another role (RFC 6750, section 3.1: insufficient_scope)."""

    role: str
    challenge = 'Bearer realm="cierre", error="insufficient_scope"'


@dataclass(eq=False)
class AbilityRequired(Forbidden, code="ABILITY_REQUIRED"):
    """The Sanctum token lacks the ability that the operation asks for (RFC 6750, section 3.1: insufficient_scope)."""

    ability: str
    challenge = 'Bearer realm="cierre", error="insufficient_scope"'


class ForeignOrigin(Forbidden, code="FOREIGN_ORIGIN"):
    """A cookie came as the credential of a request from a foreign origin."""


class OAuthError(CierreError, status=400, code="INVALID_REQUEST", situation="validation_failed"):
    """A refusal of the OAuth endpoints. RFC 6749's and RFC 7009's code is `code` in small letters."""


class ClientAuthenticationFailed(
    OAuthError, status=401, code="INVALID_CLIENT", situation="client_authentication_failed"
):
    """No client, an unknown one, or a wrong secret.

    Attributes:
        client_id: of the client that should have authenticated, where a token tells it: it may pin a dialect.
    """

    client_id: str | None = None
    challenge = 'Basic realm="cierre"'
    guessed = "client_secret"


class InvalidGrant(OAuthError, code="INVALID_GRANT"):
    """The refresh token is not valid, or another client's."""


class UnknownGrant(InvalidGrant):
    """There is no such refresh token, open or closed. The answer does not say so."""

    guessed = "refresh_token"


class UnsupportedGrantType(OAuthError, code="UNSUPPORTED_GRANT_TYPE"):
    """`refresh_token` is the only grant type here."""


class UnsupportedTokenType(OAuthError, code="UNSUPPORTED_TOKEN_TYPE"):
    """RFC 7009, section 2.2.1: a token of a kind that can't be revoked here."""
