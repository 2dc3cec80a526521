"""Opaque tokens: refresh tokens, and those of Laravel Sanctum."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets

# Characters of 256 bits in base64url.
_PART = 43
# An id of ours, as `new_id` makes it, is 96 bits: 16 characters in base64url.
_ID = re.compile(r"[0-9a-f]{24}")
_ID_CHARACTERS = 16
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_SANCTUM = re.compile(r"^(\d{1,18})\|([\x21-\x7e]{8,256})$")


def digest(token: str) -> str:
    """What is stored of a token: SHA-256 in hex, as Sanctum stores it."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_refresh_token(user_id: str) -> str:
    """The first of a family: what the family has in common, its user's id and 162 random bits, and 256 bits of its own.

    A user's id that is not one of `new_id` is left out: then the family's part is random, as it was before.
    """
    random = secrets.token_urlsafe(32)
    own = secrets.token_urlsafe(32)
    if not _ID.fullmatch(user_id):
        return random + own
    return base64.urlsafe_b64encode(bytes.fromhex(user_id)).decode() + random[: _PART - _ID_CHARACTERS] + own


def user_of(refresh_token: str) -> str | None:
    """The id of the user that a refresh token names; None: it names none.

    Of a token that is older than the names, or made up, it is anything: who has no such token is the database's word.
    """
    family = family_of(refresh_token)
    if family is None or not _BASE64URL.fullmatch(family):
        return None
    return base64.urlsafe_b64decode(family[:_ID_CHARACTERS]).hex()


def family_of(refresh_token: str) -> str | None:
    """What all refresh tokens of a login have in common, and nobody else knows; None: it is of before families."""
    return refresh_token[:_PART] if len(refresh_token) == 2 * _PART else None


def new_secret() -> str:
    """Of a client, or of an opaque access token: 256 bits, base64url."""
    return secrets.token_urlsafe(32)


def successor(refresh_token: str, secret: bytes) -> str:
    """The refresh token that this one is exchanged for: derived, so that two requests at once get the same.

    Args:
        refresh_token: which is exchanged.
        secret: key of the HMAC, the same on all nodes.
    """
    family = family_of(refresh_token) or _derived("family", refresh_token, secret)
    return family + _derived("refresh", refresh_token, secret)


def access_of(refresh_token: str, secret: bytes) -> str:
    """The secret of the opaque access token that this refresh token is exchanged for: derived, as the successor."""
    return _derived("access", refresh_token, secret)


def _derived(purpose: str, refresh_token: str, secret: bytes) -> str:
    mac = hmac.digest(secret, f"{purpose}:{refresh_token}".encode(), "sha256")
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def new_id() -> str:
    """A random id of 24 hex characters, as document 003 has them."""
    return secrets.token_hex(12)


def split_sanctum(token: str) -> tuple[int, str] | None:
    """Row id and digest of a Sanctum token: `1|abc…` gives 1 and the SHA-256 hex of `abc…`; None: it is none."""
    match = _SANCTUM.fullmatch(token)
    return (int(match[1]), digest(match[2])) if match else None


def abilities_of(column: str | None) -> frozenset[str]:
    """What a token may do, from the column `abilities`: a JSON array of texts; anything else allows nothing."""
    try:
        listed = json.loads(column or "[]")
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else frozenset()


def sanctum_session_id(token_id: int) -> str:
    """The session id of a token that Laravel made: derived from the token's row id, so always the same."""
    return hashlib.sha256(f"sanctum:{token_id}".encode()).hexdigest()[:24]


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, compared in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
