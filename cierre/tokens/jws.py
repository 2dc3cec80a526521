"""The compact serialization of a JWS (RFC 7515), read more strictly than PyJWT does."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import Any

import jwt
import orjson

from cierre.errors import TokenInvalid

ALGORITHMS = {name: jwt.get_algorithm_by_name(name) for name in ("RS256", "ES256")}


def decode_segment(segment: str) -> bytes:
    """Base64url without padding, and in the one way that its bytes are written (RFC 7515, section 2)."""
    try:
        raw = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise TokenInvalid from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != segment.encode():
        raise TokenInvalid
    return raw


def decode_object(segment: str) -> dict[str, Any]:
    try:
        value = orjson.loads(decode_segment(segment))
    except ValueError:
        raise TokenInvalid from None
    if not isinstance(value, dict):
        raise TokenInvalid
    return value


@lru_cache(maxsize=64)
def read_header(segment: str) -> tuple[str, str]:
    """`kid` and `alg`. With `typ` at+jwt they are all there is: each once, and no more (RFC 8725, section 3.11)."""
    header = decode_object(segment)
    # As we write it, to the byte: a name twice would not come out again.
    if header.keys() != {"alg", "typ", "kid"} or orjson.dumps(header) != decode_segment(segment):
        raise TokenInvalid
    if not all(isinstance(value, str) for value in header.values()) or header["alg"] not in ALGORITHMS:
        raise TokenInvalid
    if header["typ"].lower() not in {"at+jwt", "application/at+jwt"}:
        raise TokenInvalid
    return header["kid"], header["alg"]
