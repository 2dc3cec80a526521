"""Tokens without content: refresh tokens, and those of Laravel Sanctum."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

_SANCTUM = re.compile(r"^(\d{1,18})\|([\x21-\x7e]{8,256})$")


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
