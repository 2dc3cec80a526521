"""Refresh tokens, by the SHA-256 hex of the token.

All tokens of a login are a family. Two of them are kept: the one that can be exchanged, and the one before it. An older
one is recognised by its family, so that a session leaves two rows, however often it is refreshed.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select, update

from cierre.storage.rows import RefreshTokenKeyRow, RefreshTokenRow
from cierre.storage.statements import Query, Statement, Tx
from cierre.storage.tables import refresh_tokens

_COLUMNS = (
    refresh_tokens.c.hash,
    refresh_tokens.c.user_id,
    refresh_tokens.c.session_id,
    refresh_tokens.c.issued_at,
    refresh_tokens.c.expires_at,
    refresh_tokens.c.exchanged_at,
    refresh_tokens.c.family,
)
_FIND = Query(RefreshTokenRow, select(*_COLUMNS).where(refresh_tokens.c.hash == bindparam("key")))
_ADD = Statement(
    insert(refresh_tokens).values(
        hash=bindparam("hash"),
        user_id=bindparam("user_id"),
        session_id=bindparam("session_id"),
        issued_at=bindparam("issued_at"),
        expires_at=bindparam("expires_at"),
        family=bindparam("family"),
    )
)
_NEWEST = Query(
    RefreshTokenRow,
    select(*_COLUMNS)
    .where(refresh_tokens.c.family == bindparam("family"))
    .order_by(refresh_tokens.c.issued_at.desc(), refresh_tokens.c.exchanged_at.is_not(None))
    .limit(bindparam("limit")),
)
_FORGET = Statement(
    delete(refresh_tokens).where(
        refresh_tokens.c.family == bindparam("of_family"),
        refresh_tokens.c.exchanged_at.is_not(None),
        refresh_tokens.c.hash != bindparam("but"),
    )
)
_EXCHANGE = Statement(
    update(refresh_tokens)
    .where(refresh_tokens.c.hash == bindparam("key"), refresh_tokens.c.exchanged_at.is_(None))
    .values(exchanged_at=bindparam("at"))
)
_UNUSED = Query(
    RefreshTokenKeyRow,
    select(refresh_tokens.c.hash)
    .where(
        refresh_tokens.c.user_id == bindparam("user_id"),
        refresh_tokens.c.session_id == bindparam("session_id"),
        refresh_tokens.c.exchanged_at.is_(None),
        refresh_tokens.c.expires_at > bindparam("now"),
    )
    .limit(bindparam("limit")),
)

_EXPIRED = (
    select(refresh_tokens.c.hash).where(refresh_tokens.c.expires_at < bindparam("before")).limit(bindparam("limit"))
)
_PURGE = Statement(delete(refresh_tokens).where(refresh_tokens.c.hash.in_(_EXPIRED.scalar_subquery())))


async def find(tx: Tx, token_hash: str) -> RefreshTokenRow | None:
    """The token with this hash, whether rotated, expired or neither."""
    return await tx.row(_FIND, key=token_hash)


async def newest_of_family(tx: Tx, family: str) -> RefreshTokenRow | None:
    """The token of the family that was issued last.

    Args:
        family: SHA-256 in hex of what the family's tokens have in common.
    """
    return await tx.row(_NEWEST, family=family, limit=1)


async def add(
    tx: Tx, *, token_hash: str, user_id: str, session_id: str, expires_at: int, family: str | None = None
) -> None:
    """Add a token to the session.

    Args:
        expires_at: milliseconds.
        family: as for `newest_of_family`.
    """
    await tx.run(
        _ADD,
        hash=token_hash,
        user_id=user_id,
        session_id=session_id,
        issued_at=tx.now,
        expires_at=expires_at,
        family=family,
    )


async def forget_exchanged(tx: Tx, family: str, *, but: str) -> None:
    """Delete the rotated tokens of the family, but for the one with the hash `but`."""
    await tx.run(_FORGET, of_family=family, but=but)


async def exchange(tx: Tx, token_hash: str) -> bool:
    """Mark the token as rotated. Returns whether this call did it: of several at once, one does."""
    return await tx.run(_EXCHANGE, key=token_hash, at=tx.now) == 1


async def any_live(tx: Tx, user_id: str, session_id: str) -> bool:
    """Whether the session has a refresh token that is neither rotated nor expired."""
    return bool(await tx.rows(_UNUSED, user_id=user_id, session_id=session_id, now=tx.now, limit=1))


async def purge(tx: Tx, *, expired_before: int, limit: int) -> int:
    """Delete at most `limit` tokens that expired before then (milliseconds), rotated ones too.

    Returns how many were deleted.
    """
    return await tx.run(_PURGE, before=expired_before, limit=limit)
