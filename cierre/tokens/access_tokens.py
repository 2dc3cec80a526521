"""Access tokens: JWTs as RFC 9068 describes them.

`TokenCheck.verify` refuses what a strictly configured PyJWT still accepts: another `typ`, `exp` as a string or a year
9999, a header with `alg` twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cierre.clock import now_ms
from cierre.errors import TokenInvalid
from cierre.principal import ROLES, Principal
from cierre.tokens.jws import VerificationKey, sign
from cierre.tokens.key_files import KeyRing
from cierre.tokens.verified import VerifiedTokens

# Milliseconds by which the clock of the issuer may be ahead.
SKEW = 10_000


# Characters. No token of ours is longer; a longer one is refused before its signature is checked.
MAX_TOKEN = 4096
_TYPE = "at+jwt"

_REQUIRED = {"iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "role", "device", "epoch"}

_TEXTS = ("sub", "client_id", "jti", "sid", "device")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token whose signature and claims are good. Times are in milliseconds.

    Attributes:
        principal: whose session it is of, by its claims.
        epoch: of the user when the session began: smaller than the user's own, the session is closed.
        issued_at: `iat`.
        expires_at: `exp`.
        jti: its own id.
        expired: whether `expires_at` has passed; all else is good.
        authenticated_at: when the user's password was last proven; None: a release before `auth_time` made it.
    """

    principal: Principal
    epoch: int
    issued_at: int
    expires_at: int
    jti: str
    expired: bool = False
    authenticated_at: int | None = None


class TokenCheck:
    """What makes a token one of ours: one implementation for the service and for those that import `cierre.verifier`.

    Args:
        find: the key of a `kid`; None: there is none.
        issuer: what `iss` must be.
        audience: what `aud` must be, or contain.
        longest: the longest life that a token may promise, in milliseconds.
        now: the time that expiry is measured by, in milliseconds since the epoch.
    """

    def __init__(
        self,
        find: Callable[[str], VerificationKey | None],
        *,
        issuer: str,
        audience: str,
        longest: int,
        now: Callable[[], int] = now_ms,
    ) -> None:
        self._verified = VerifiedTokens(find, media_type=_TYPE, read=self._read)
        self._now = now
        self._issuer = issuer
        self._audience = audience
        self._longest = longest

    def verify(self, token: str) -> AccessToken:
        """Check form, signature and claims. An expired token is no error here: `expired` says so.

        Raises:
            UnknownKey: it names a key that is not known; with newer keys it may be good.
            TokenInvalid: it is no token of this issuer for this audience.
        """
        if len(token) > MAX_TOKEN:
            raise TokenInvalid
        now = self._now()
        begins, read = self._verified.read(token)
        # The issuer never promises a longer life than this: with a leaked key nobody makes a token for good.
        if begins > now + SKEW or read.expires_at > now + self._longest + SKEW + 1000:
            raise TokenInvalid
        return replace(read, expired=True) if read.expires_at <= now else read

    def _read(self, claims: dict[str, Any]) -> tuple[int, AccessToken]:
        """When the token begins to be good, in milliseconds, and what it says, whatever the time is."""
        if not claims.keys() >= _REQUIRED or claims["iss"] != self._issuer or not self._is_for_us(claims["aud"]):
            raise TokenInvalid
        for name in _TEXTS:
            if not isinstance(claims[name], str) or not claims[name]:
                raise TokenInvalid
        issued, expires, epoch = (_integer(claims[name]) for name in ("iat", "exp", "epoch"))
        not_before = _integer(claims["nbf"]) if "nbf" in claims else 0
        if claims["role"] not in ROLES or expires <= issued:
            raise TokenInvalid
        principal = Principal(
            claims["sub"], claims["sid"], claims["role"], claims["client_id"], claims["device"], expires * 1000
        )
        proven = _integer(claims["auth_time"]) * 1000 if "auth_time" in claims else None
        token = AccessToken(principal, epoch, issued * 1000, expires * 1000, claims["jti"], authenticated_at=proven)
        return max(issued, not_before) * 1000, token

    def _is_for_us(self, audience: object) -> bool:
        """RFC 7519, section 4.1.3: a text, or an array of them."""
        return audience == self._audience or (isinstance(audience, list) and self._audience in audience)


class AccessTokens(TokenCheck):
    """Issues access tokens, and verifies them.

    Args:
        keys: the signing keys.
        issuer: `iss` of the tokens.
        audience: `aud` of the tokens.
        ttl: life of a token, in milliseconds; the token itself has whole seconds, one at the least.
        now: as for `TokenCheck`.
    """

    def __init__(self, keys: KeyRing, *, issuer: str, audience: str, ttl: int, now: Callable[[], int] = now_ms) -> None:
        super().__init__(keys.find, issuer=issuer, audience=audience, longest=ttl, now=now)
        self._keys = keys
        self.ttl = ttl

    def issue(self, principal: Principal, *, epoch: int, at: int, authenticated_at: int | None = None) -> str:
        """A new access token, signed by the key that signs now.

        Args:
            principal: whose session it is of; `principal.expires_at` is not looked at.
            epoch: of the user, as the session has it.
            at: when it is issued, in milliseconds since the epoch: `iat`. It expires `ttl` later.
            authenticated_at: when the user's password was last proven, in milliseconds; None: now.

        Returns:
            A JWT in compact serialization (RFC 9068).
        """
        key = self._keys.signing()
        issued = at // 1000
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": principal.user_id,
            "client_id": principal.client_id,
            "iat": issued,
            # A life of less than a second would be over before it began.
            "exp": issued + max(1, round(self.ttl / 1000)),
            "jti": secrets.token_hex(16),
            "sid": principal.session_id,
            "role": principal.role,
            "device": principal.device_id,
            "epoch": epoch,
            # RFC 9068, section 2.2.1: a refresh changes it not.
            "auth_time": (at if authenticated_at is None else authenticated_at) // 1000,
        }
        token = sign(claims, key, media_type=_TYPE)
        self._verified.remember(token, key.kid, claims)
        return token


@dataclass(frozen=True, slots=True)
class Issuer:
    """What tokens are made with.

    Attributes:
        tokens: issues and verifies access tokens.
        secret: derives the successor of a refresh token.
    """

    tokens: AccessTokens
    secret: bytes


def _integer(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TokenInvalid
    return value
