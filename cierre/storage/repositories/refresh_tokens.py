"""Refresh tokens, by the SHA-256 hex of the token. A rotated one stays, so that a replay of it is recognised."""

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
)
_FIND = Query(RefreshTokenRow, select(*_COLUMNS).where(refresh_tokens.c.hash == bindparam("key")))
_ADD = Statement(
    insert(refresh_tokens).values(
        hash=bindparam("hash"),
        user_id=bindparam("user_id"),
        session_id=bindparam("session_id"),
        issued_at=bindparam("issued_at"),
        expires_at=bindparam("expires_at"),
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


async def add(tx: Tx, *, token_hash: str, user_id: str, session_id: str, expires_at: int) -> None:
    """Add a token to the session; `expires_at` in milliseconds."""
    await tx.run(_ADD, hash=token_hash, user_id=user_id, session_id=session_id, issued_at=tx.now, expires_at=expires_at)


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
