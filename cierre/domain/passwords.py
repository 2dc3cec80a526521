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
    """Verified where there is no such user, so that the answer takes as long."""
    return _hasher.hash("no user has this password")


def hash_now(password: str) -> str:
    """The password's argon2id hash; it blocks for tens of milliseconds."""
    return _hasher.hash(password)


async def hashed(password: str) -> str:
    """The password's argon2id hash, made in a thread."""
    return await asyncio.to_thread(_hasher.hash, password)


async def verify(password: str, password_hash: str | None) -> bool:
    """Whether the password is the hash's.

    Args:
        password_hash: None: there is no such user; the answer is False and takes as long.
    """
    right = await asyncio.to_thread(_verify, password, password_hash or _nobody())
    return right and password_hash is not None


def _verify(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
