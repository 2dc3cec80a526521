"""Access tokens: JWTs as RFC 9068 describes them.

`TokenCheck.verify` refuses what a strictly configured PyJWT still accepts: another `typ`, `exp` as a string or a year
9999, a header with `alg` twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from cierre.clock import now_ms
from cierre.errors import TokenInvalid
from cierre.principal import ROLES, Principal
from cierre.tokens.jws import ALGORITHMS, decode_object, decode_segment, read_header
from cierre.tokens.key_files import KeyRing

# A clock of another node may be ahead by so much.
SKEW = 10_000


# No token of ours is larger; what is, is not worth a signature's check.
MAX_TOKEN = 4096


_REQUIRED = {"iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "role", "device", "epoch"}


_TEXTS = ("sub", "client_id", "jti", "sid", "device")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A verified access token.

    Attributes:
        epoch: of the session's user when it was made: smaller than the user's, the token is dead.
        expired: its time is over, all else is good.
    """

    principal: Principal
    epoch: int
    issued_at: int
    expires_at: int
    jti: str
    expired: bool


class PublicKey(Protocol):
    """What a signature is checked with; `algorithm` is the key's own, never the token's choice (RFC 8725, 3.1)."""

    @property
    def algorithm(self) -> str: ...
    @property
    def public(self) -> Any: ...


class UnknownKey(TokenInvalid):
    """The token names a key that we have not, or not yet."""


class TokenCheck:
    """What makes a token one of ours: one implementation for the service and for those that import `cierre.verifier`.

    Args:
        find: the key of a `kid`; None: there is none.
        longest: the longest life that a token may promise, in milliseconds.
    """

    def __init__(self, find: Callable[[str], PublicKey | None], *, issuer: str, audience: str, longest: int) -> None:
        self._find = find
        self._issuer = issuer
        self._audience = audience
        self._longest = longest

    def verify(self, token: str) -> AccessToken:
        """Check form, signature and claims; expiry is told, not raised, since the signature holds.

        Raises:
            TokenInvalid: it is not a token of ours; `UnknownKey`: perhaps not yet.
        """
        if len(token) > MAX_TOKEN or token.count(".") != 2:
            raise TokenInvalid
        signed, _, signature = token.rpartition(".")
        header, _, payload = signed.partition(".")
        kid, algorithm = read_header(header)
        key = self._find(kid)
        if key is None:
            raise UnknownKey
        if algorithm != key.algorithm:
            raise TokenInvalid
        # PyJWT's own decode() would look at each character of the token in Python: it takes twice as long.
        if not ALGORITHMS[algorithm].verify(signed.encode(), key.public, decode_segment(signature)):
            raise TokenInvalid
        return self._checked(decode_object(payload))

    def _checked(self, claims: dict[str, Any]) -> AccessToken:
        now = now_ms()
        if not claims.keys() >= _REQUIRED or claims["iss"] != self._issuer or not self._is_for_us(claims["aud"]):
            raise TokenInvalid
        for name in _TEXTS:
            if not isinstance(claims[name], str) or not claims[name]:
                raise TokenInvalid
        issued, expires, epoch = (_integer(claims[name]) for name in ("iat", "exp", "epoch"))
        not_before = _integer(claims["nbf"]) if "nbf" in claims else 0
        if claims["role"] not in ROLES or max(issued, not_before) * 1000 > now + SKEW:
            raise TokenInvalid
        # Nobody but us signs, and we never promise more than this.
        if expires <= issued or expires * 1000 > now + self._longest + SKEW + 1000:
            raise TokenInvalid
        principal = Principal(
            claims["sub"], claims["sid"], claims["role"], claims["client_id"], claims["device"], expires * 1000
        )
        return AccessToken(principal, epoch, issued * 1000, expires * 1000, claims["jti"], expires * 1000 <= now)

    def _is_for_us(self, audience: object) -> bool:
        """RFC 7519, section 4.1.3: a text, or an array of them."""
        return audience == self._audience or (isinstance(audience, list) and self._audience in audience)


class AccessTokens(TokenCheck):
    """Issues access tokens, and verifies them.

    Args:
        ttl: milliseconds.
    """

    def __init__(self, keys: KeyRing, *, issuer: str, audience: str, ttl: int) -> None:
        super().__init__(keys.find, issuer=issuer, audience=audience, longest=ttl)
        self._keys = keys
        self.ttl = ttl

    def issue(self, principal: Principal, *, epoch: int, at: int) -> str:
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
            "jti": uuid.uuid4().hex,
            "sid": principal.session_id,
            "role": principal.role,
            "device": principal.device_id,
            "epoch": epoch,
        }
        return jwt.encode(claims, key.private, algorithm=key.algorithm, headers={"typ": "at+jwt", "kid": key.kid})


@dataclass(frozen=True, slots=True)
class Issuer:
    """What makes tokens, and knows its own.

    Attributes:
        secret: derives the successor of a refresh token.
    """

    tokens: AccessTokens
    secret: bytes


def _integer(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TokenInvalid
    return value
