"""Laravel Sanctum's tokens: its own table, and which session each of its tokens has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, and_, bindparam, insert, select, update
from sqlalchemy import delete as sql_delete
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from cierre.storage.rows import SanctumSessionRow, SanctumTokenKeyRow, SanctumTokenRow
from cierre.storage.statements import Query, Statement, Tx
from cierre.storage.tables import personal_access_tokens as tokens
from cierre.storage.tables import sanctum_sessions, users

_FIND = Query(
    SanctumTokenRow,
    select(
        tokens.c.id,
        tokens.c.tokenable_type,
        tokens.c.tokenable_id,
        tokens.c.name,
        tokens.c.token,
        tokens.c.abilities,
        tokens.c.created_at,
        tokens.c.expires_at,
    ).where(tokens.c.id == bindparam("key")),
)
_ADD = Query(
    SanctumTokenKeyRow,
    insert(tokens)
    .values(
        tokenable_type=bindparam("tokenable_type"),
        tokenable_id=bindparam("tokenable_id"),
        name=bindparam("name"),
        token=bindparam("token"),
        abilities=bindparam("abilities"),
        expires_at=bindparam("expires_at"),
        created_at=bindparam("created_at"),
        updated_at=bindparam("created_at"),
    )
    .returning(tokens.c.id),
)
_USED = Statement(update(tokens).where(tokens.c.id == bindparam("key")).values(last_used_at=bindparam("at")))
_DELETE = Statement(sql_delete(tokens).where(tokens.c.id == bindparam("key")))
_SESSION = Query(
    SanctumSessionRow,
    select(
        sanctum_sessions.c.token_id,
        sanctum_sessions.c.token_hash,
        sanctum_sessions.c.expires_at,
        sanctum_sessions.c.user_id,
        sanctum_sessions.c.session_id,
    ).where(sanctum_sessions.c.token_id == bindparam("key")),
)
_BINDING: dict[str, Any] = {
    name: bindparam(name) for name in ("token_id", "token_hash", "expires_at", "user_id", "session_id")
}
_BIND = Statement(
    postgresql_insert(sanctum_sessions).values(_BINDING).on_conflict_do_nothing(),
    sqlite=sqlite_insert(sanctum_sessions).values(_BINDING).on_conflict_do_nothing(),
)

_USER = bindparam("user_id", type_=String)
# Conditions of closings. The tokens of a user, be they known here by a session or not: one never used here has none.
OF_USER = and_(
    tokens.c.tokenable_type == bindparam("tokenable_type", type_=String),
    tokens.c.tokenable_id == select(users.c.tokenable_id).where(users.c.id == _USER).scalar_subquery(),
)
_OF_SESSION = select(sanctum_sessions.c.token_id).where(
    sanctum_sessions.c.user_id == _USER, sanctum_sessions.c.session_id == bindparam("session_id", type_=String)
)
OF_OTHER_SESSIONS = and_(OF_USER, tokens.c.id.not_in(_OF_SESSION))


# A token that a refresh has replaced may still close its session: so many of them, the newest.
REPLACED = 8
_NEWEST = (
    select(sanctum_sessions.c.token_id)
    .where(sanctum_sessions.c.user_id == bindparam("user_id"), sanctum_sessions.c.session_id == bindparam("session_id"))
    .order_by(sanctum_sessions.c.token_id.desc())
    .limit(bindparam("limit"))
)
_FORGET = Statement(
    sql_delete(sanctum_sessions).where(
        sanctum_sessions.c.user_id == bindparam("user_id"),
        sanctum_sessions.c.session_id == bindparam("session_id"),
        sanctum_sessions.c.token_id.not_in(_NEWEST.scalar_subquery()),
    )
)


async def find(tx: Tx, token_id: int) -> SanctumTokenRow | None:
    """The token of Laravel's table with this id."""
    return await tx.row(_FIND, key=token_id)


async def add(
    tx: Tx,
    *,
    tokenable_type: str,
    tokenable_id: int,
    name: str,
    token_hash: str,
    expires_at: int | None,
    abilities: str = '["*"]',
) -> int:
    """Add a token as Laravel would.

    Args:
        expires_at: milliseconds; None: it doesn't expire.
        abilities: what it may do, as a list in JSON; by default everything.

    Returns:
        The token's id, the part before the `|`.
    """
    row = await tx.row(
        _ADD,
        tokenable_type=tokenable_type,
        tokenable_id=tokenable_id,
        name=name,
        token=token_hash,
        abilities=abilities,
        expires_at=None if expires_at is None else _timestamp(expires_at),
        created_at=_timestamp(tx.now),
    )
    assert row is not None
    return row["id"]


async def mark_used(tx: Tx, token_id: int) -> None:
    """Set `last_used_at`, as Sanctum does."""
    await tx.run(_USED, key=token_id, at=_timestamp(tx.now))


async def session_of(tx: Tx, token_id: int) -> SanctumSessionRow | None:
    """The session of the token, kept after the token itself is deleted; None: it has none yet."""
    return await tx.row(_SESSION, key=token_id)


async def bind_session(
    tx: Tx, *, token_id: int, token_hash: str, expires_at: int | None, user_id: str, session_id: str
) -> bool:
    """Store which session the token has, if it has none yet; `expires_at` in milliseconds.

    Returns whether it had none.
    """
    count = await tx.run(
        _BIND,
        token_id=token_id,
        token_hash=token_hash,
        expires_at=expires_at,
        user_id=user_id,
        session_id=session_id,
    )
    return count == 1


async def forget_replaced(tx: Tx, user_id: str, session_id: str) -> None:
    """Forget the session's tokens but for the newest: the one that it has, and `REPLACED` before it."""
    await tx.run(_FORGET, user_id=user_id, session_id=session_id, limit=REPLACED + 1)


async def delete(tx: Tx, token_id: int) -> None:
    """Delete the token from Laravel's table, as Sanctum does at a logout."""
    await tx.run(_DELETE, key=token_id)


def _timestamp(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC).replace(tzinfo=None)
