"""Passwords, with argon2id (RFC 9106), off the event loop: a check takes tens of milliseconds by design."""

from __future__ import annotations

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB, two passes, one lane. A login keeps one core busy, briefly.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobody() -> str:
    """Checked where there is no such user, so that the answer takes as long."""
    return _hasher.hash("nobody has this password")


def hash_now(password: str) -> str:
    return _hasher.hash(password)


async def hashed(password: str) -> str:
    return await asyncio.to_thread(_hasher.hash, password)


async def verify(password: str, password_hash: str | None) -> bool:
    """Whether the password is the hash's; without a hash it takes as long and is not."""
    right = await asyncio.to_thread(_verify, password, password_hash or _nobody())
    return right and password_hash is not None


def _verify(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
