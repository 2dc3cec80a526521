"""The compact serialization of a JWS (RFC 7515), read more strictly than PyJWT does."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import jwt
import orjson

from cierre.errors import TokenInvalid

ALGORITHMS = {name: jwt.get_algorithm_by_name(name) for name in ("RS256", "ES256")}


class VerificationKey(Protocol):
    """What a signature is checked with; `algorithm` is the key's own, never the token's choice (RFC 8725, 3.1)."""

    @property
    def algorithm(self) -> str: ...
    @property
    def public(self) -> Any: ...


class SigningKey(Protocol):
    """What a token is signed with.

    Attributes:
        kid: names its public half.
    """

    @property
    def algorithm(self) -> str: ...
    @property
    def kid(self) -> str: ...
    @property
    def private(self) -> Any: ...


class UnknownKey(TokenInvalid):
    """The token names a key that is not known, or not known yet."""


def is_compact(token: str) -> bool:
    """Whether it has the three parts of a signed token (RFC 7515, compact serialization); an opaque one has no dots."""
    return token.count(".") == 2


def verified_claims(token: str, find: Callable[[str], VerificationKey | None], *, media_type: str) -> dict[str, Any]:
    """The claims of a signed token whose form and signature are good; what they say is not looked at.

    Args:
        find: the key of a `kid`; None: there is none.
        media_type: what `typ` must be, with or without `application/`.

    Raises:
        UnknownKey: it names a key that is not known; with newer keys it may be good.
        TokenInvalid: it is no such token.
    """
    signed = parse(token, media_type)
    key = find(signed.kid)
    if key is None:
        raise UnknownKey
    verify(signed, key)
    return decode_object(signed.payload)


class SignedToken(NamedTuple):
    """The parts of a signed token, of which the header alone was looked at.

    Attributes:
        signed: what the signature is over.
        payload: the segment with the claims.
        signature: its segment.
        kid: of the header.
        algorithm: `alg` of the header.
    """

    signed: str
    payload: str
    signature: str
    kid: str
    algorithm: str


def parse(token: str, media_type: str) -> SignedToken:
    """Take a signed token apart.

    Args:
        media_type: as for `verified_claims`.

    Raises:
        TokenInvalid: it has another form, or another header.
    """
    if not is_compact(token):
        raise TokenInvalid
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    return SignedToken(signed, payload, signature, *read_header(header, media_type))


def verify(token: SignedToken, key: VerificationKey) -> None:
    """Refuse a token that this key has not signed.

    Raises:
        TokenInvalid: it has not, or not with the key's own algorithm.
    """
    if token.algorithm != key.algorithm:
        raise TokenInvalid
    # PyJWT's own decode() would look at each character of the token in Python: it takes twice as long.
    if not ALGORITHMS[token.algorithm].verify(token.signed.encode(), key.public, decode_segment(token.signature)):
        raise TokenInvalid


def sign(claims: dict[str, Any], key: SigningKey, *, media_type: str) -> str:
    """A signed token: what `verified_claims` reads.

    Args:
        media_type: `typ` of the header, without `application/`.
    """
    # PyJWT's own encode() looks at header, claims and key anew each time: it takes as long as the signature.
    text = f"{_header(key.algorithm, media_type, key.kid)}.{_encoded(orjson.dumps(claims))}"
    return f"{text}.{_encoded(ALGORITHMS[key.algorithm].sign(text.encode(), key.private))}"


@lru_cache(maxsize=64)
def _header(algorithm: str, media_type: str, kid: str) -> str:
    return _encoded(orjson.dumps({"alg": algorithm, "typ": media_type, "kid": kid}))


def _encoded(raw: bytes) -> str:
    """base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_segment(segment: str) -> bytes:
    """The bytes of base64url without padding, in its one canonical form (RFC 7515, section 2).

    Raises:
        TokenInvalid: it is something else.
    """
    try:
        raw = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise TokenInvalid from None
    if _encoded(raw) != segment:
        raise TokenInvalid
    return raw


def decode_object(segment: str) -> dict[str, Any]:
    """The JSON object of a segment: a header, or claims.

    Raises:
        TokenInvalid: it is something else.
    """
    try:
        value = orjson.loads(decode_segment(segment))
    except ValueError:
        raise TokenInvalid from None
    if not isinstance(value, dict):
        raise TokenInvalid
    return value


@lru_cache(maxsize=64)
def read_header(segment: str, media_type: str) -> tuple[str, str]:
    """`kid` and `alg` of a header that has these and this `typ`, and nothing else (RFC 8725, section 3.11).

    Raises:
        TokenInvalid: it is another header.
    """
    header = decode_object(segment)
    # As we write it, to the byte: a name twice would not come out again.
    if header.keys() != {"alg", "typ", "kid"} or orjson.dumps(header) != decode_segment(segment):
        raise TokenInvalid
    if not all(isinstance(value, str) for value in header.values()) or header["alg"] not in ALGORITHMS:
        raise TokenInvalid
    if header["typ"].lower() not in {media_type, f"application/{media_type}"}:
        raise TokenInvalid
    return header["kid"], header["alg"]
