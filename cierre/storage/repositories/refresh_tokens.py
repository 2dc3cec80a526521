"""Refresh tokens, by the SHA-256 hex of what the client holds. One that was exchanged stays, as a tombstone."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select, update

from cierre.storage.statements import Row, Statement, Tx
from cierre.storage.tables import refresh_tokens

_COLUMNS = (
    refresh_tokens.c.hash,
    refresh_tokens.c.user_id,
    refresh_tokens.c.session_id,
    refresh_tokens.c.issued_at,
    refresh_tokens.c.expires_at,
    refresh_tokens.c.exchanged_at,
)
_FIND = Statement(select(*_COLUMNS).where(refresh_tokens.c.hash == bindparam("key")))
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
_LIVE = Statement(
    select(refresh_tokens.c.hash)
    .where(
        refresh_tokens.c.user_id == bindparam("user_id"),
        refresh_tokens.c.session_id == bindparam("session_id"),
        refresh_tokens.c.exchanged_at.is_(None),
        refresh_tokens.c.expires_at > bindparam("now"),
    )
    .limit(bindparam("most"))
)

_EXPIRED = (
    select(refresh_tokens.c.hash).where(refresh_tokens.c.expires_at < bindparam("before")).limit(bindparam("most"))
)
_PURGE = Statement(delete(refresh_tokens).where(refresh_tokens.c.hash.in_(_EXPIRED.scalar_subquery())))


async def find(tx: Tx, token_hash: str) -> Row | None:
    return await tx.row(_FIND, key=token_hash)


async def add(tx: Tx, *, token_hash: str, user_id: str, session_id: str, expires_at: int) -> None:
    await tx.run(_ADD, hash=token_hash, user_id=user_id, session_id=session_id, issued_at=tx.now, expires_at=expires_at)


async def exchange(tx: Tx, token_hash: str) -> bool:
    """Mark the token as exchanged. Returns whether this call did it: of several at once, one does."""
    return await tx.run(_EXCHANGE, key=token_hash, at=tx.now) == 1


async def any_live(tx: Tx, user_id: str, session_id: str) -> bool:
    """Whether the session has a refresh token that could still be exchanged."""
    return bool(await tx.rows(_LIVE, user_id=user_id, session_id=session_id, now=tx.now, most=1))


async def purge(tx: Tx, *, expired_before: int, most: int) -> int:
    """Delete tokens and tombstones that expired before then. Returns how many there were."""
    return await tx.run(_PURGE, before=expired_before, most=most)
