"""Tokens: access tokens as RFC 9068 has them, opaque refresh tokens, and Sanctum's form.

`TokenCheck.verify` refuses what a strictly configured PyJWT still accepts: another `typ`, `exp` as a string or a year
9999, a header with `alg` twice.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import jwt
import orjson

from cierre.errors import TokenInvalid
from cierre.keys import KeyRing
from cierre.principal import ROLES, Principal
from cierre.times import now_ms

# A clock of another node may be ahead by so much.
SKEW = 10_000
# No token of ours is larger; what is, is not worth a signature's check.
MAX_TOKEN = 4096
_SANCTUM = re.compile(r"^(\d{1,18})\|([\x21-\x7e]{8,256})$")
_REQUIRED = {"iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "role", "device", "epoch"}
_ALGORITHMS = {name: jwt.get_algorithm_by_name(name) for name in ("RS256", "ES256")}
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
        kid, algorithm = _header(header)
        key = self._find(kid)
        if key is None:
            raise UnknownKey
        if algorithm != key.algorithm:
            raise TokenInvalid
        # PyJWT's own decode() would look at each character of the token in Python: it takes twice as long.
        if not _ALGORITHMS[algorithm].verify(signed.encode(), key.public, _decoded(signature)):
            raise TokenInvalid
        return self._checked(_object(payload))

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


def _decoded(segment: str) -> bytes:
    """Base64url without padding, and in the one way that its bytes are written (RFC 7515, section 2)."""
    try:
        raw = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise TokenInvalid from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != segment.encode():
        raise TokenInvalid
    return raw


def _object(segment: str) -> dict[str, Any]:
    try:
        value = orjson.loads(_decoded(segment))
    except ValueError:
        raise TokenInvalid from None
    if not isinstance(value, dict):
        raise TokenInvalid
    return value


@lru_cache(maxsize=64)
def _header(segment: str) -> tuple[str, str]:
    """`kid` and `alg`. With `typ` at+jwt they are all there is: each once, and no more (RFC 8725, section 3.11)."""
    header = _object(segment)
    # As we write it, to the byte: a name twice would not come out again.
    if header.keys() != {"alg", "typ", "kid"} or orjson.dumps(header) != _decoded(segment):
        raise TokenInvalid
    if not all(isinstance(value, str) for value in header.values()) or header["alg"] not in _ALGORITHMS:
        raise TokenInvalid
    if header["typ"].lower() not in {"at+jwt", "application/at+jwt"}:
        raise TokenInvalid
    return header["kid"], header["alg"]


def digest(token: str) -> str:
    """What we keep of a token: SHA-256 hex, as Sanctum does."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_refresh_token() -> str:
    """256 bits, base64url."""
    return secrets.token_urlsafe(32)


def successor(refresh_token: str, secret: bytes) -> str:
    """The refresh token that this one is exchanged for: derived, so that a benign double click gets the same."""
    mac = hmac.digest(secret, b"refresh:" + refresh_token.encode(), "sha256")
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def new_id() -> str:
    """24 hex characters, as document 003 has its ids."""
    return secrets.token_hex(12)


def split_sanctum(token: str) -> tuple[int, str] | None:
    """`1|abc…` → (1, SHA-256 hex of `abc…`); None: not of that form."""
    match = _SANCTUM.fullmatch(token)
    return (int(match[1]), digest(match[2])) if match else None


def sanctum_session_id(token_id: int) -> str:
    """The session of a token that Laravel made: stable by the token's id."""
    return hashlib.sha256(f"sanctum:{token_id}".encode()).hexdigest()[:24]


def same(one: str, other: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
