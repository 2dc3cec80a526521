"""Refresh tokens, by the SHA-256 hex of the token.

All tokens of a login are a family. Two of them are kept: the one that can be exchanged, and the one before it. An older
one is recognised by its family, so that a session leaves two rows, however often it is refreshed.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, and_, bindparam, delete, insert, select, update
from sqlalchemy.sql.dml import Delete, Insert, Update

from cierre.principal import Caller
from cierre.storage.repositories.everyone import IS_OPEN
from cierre.storage.rows import RefreshTokenKeyRow, RefreshTokenRow
from cierre.storage.statements import Compound, Query, Statement, Tx
from cierre.storage.tables import refresh_tokens, sessions

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
_KEY = bindparam("key", type_=String)
_OF_SESSION = and_(
    refresh_tokens.c.user_id == bindparam("user_id", type_=String),
    refresh_tokens.c.session_id == bindparam("session_id", type_=String),
)
_NOW = bindparam("now", type_=refresh_tokens.c.issued_at.type)


def _add_successor(exchanged: FromClause) -> Insert:
    row: dict[str, ColumnElement[Any]] = {
        "hash": bindparam("successor", type_=String),
        "user_id": exchanged.c.user_id,
        "session_id": exchanged.c.session_id,
        "issued_at": _NOW,
        "expires_at": bindparam("expires_at", type_=_NOW.type),
        "family": bindparam("family", type_=String),
    }
    return insert(refresh_tokens).from_select(list(row), select(*row.values()))


def _forget_older(exchanged: FromClause) -> Delete:
    """Of the family's exchanged tokens this one is kept, for the grace."""
    return delete(refresh_tokens).where(
        _OF_SESSION,
        refresh_tokens.c.family.in_(select(exchanged.c.family)),
        refresh_tokens.c.exchanged_at.is_not(None),
        refresh_tokens.c.hash != _KEY,
    )


def _touch(exchanged: FromClause) -> Update:
    """The session is used now, from there. It is named besides, so that one partition is looked at."""
    return (
        update(sessions)
        .where(
            sessions.c.user_id == bindparam("user_id", type_=String),
            sessions.c.id == bindparam("session_id", type_=String),
            IS_OPEN,
            select(exchanged.c.hash).exists(),
        )
        .values(last_seen_at=_NOW, ip_address=bindparam("ip_address"), user_agent=bindparam("user_agent"))
    )


_FREE = and_(_OF_SESSION, refresh_tokens.c.hash == _KEY, refresh_tokens.c.exchanged_at.is_(None))


def _rotation() -> Compound[RefreshTokenKeyRow]:
    """The exchange of a token with all that belongs to it, in terms of the row that the UPDATE changes: of several
    exchanges of one token at once, it lets one happen.
    """
    columns = [refresh_tokens.c[name] for name in ("hash", "user_id", "session_id", "family")]
    exchange = update(refresh_tokens).where(_FREE).values(exchanged_at=_NOW)
    returned = exchange.returning(*columns).cte("exchanged")
    single = select(returned.c.hash).add_cte(
        _add_successor(returned).cte("added"),
        _forget_older(returned).cte("forgotten"),
        _touch(returned).cte("touched"),
    )
    # On SQLite the UPDATE is the last: until then its row can be found, and nobody else writes.
    free = select(*columns).where(_FREE).subquery("exchanged")
    writes = [_add_successor(free), _forget_older(free), _touch(free)]
    return Compound(RefreshTokenKeyRow, single=single, writes=writes, result=exchange.returning(columns[0]))


_ROTATE = _rotation()
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
_PURGE = Statement(
    delete(refresh_tokens).where(refresh_tokens.c.hash.in_(_EXPIRED.scalar_subquery())), planned_anew=True
)


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


async def rotate(
    tx: Tx, token: RefreshTokenRow, *, successor: str, expires_at: int, family: str | None, caller: Caller
) -> bool:
    """Exchange the token: its successor is added, older ones of its family are deleted, and its session is used now.

    Args:
        successor: SHA-256 in hex of the next token.
        expires_at: of the successor, in milliseconds.
        family: of the successor, as for `newest_of_family`.
        caller: where the session is used from.

    Returns:
        Whether this call did it: of several at once, one does.
    """
    rows = await tx.compound(
        _ROTATE,
        key=token["hash"],
        now=tx.now,
        successor=successor,
        expires_at=expires_at,
        family=family,
        user_id=token["user_id"],
        session_id=token["session_id"],
        ip_address=caller.ip_address,
        user_agent=caller.user_agent,
    )
    return bool(rows)


async def any_live(tx: Tx, user_id: str, session_id: str) -> bool:
    """Whether the session has a refresh token that is neither rotated nor expired."""
    return bool(await tx.rows(_UNUSED, user_id=user_id, session_id=session_id, now=tx.now, limit=1))


async def purge(tx: Tx, *, expired_before: int, limit: int) -> int:
    """Delete at most `limit` tokens that expired before then (milliseconds), rotated ones too.

    Returns how many were deleted.
    """
    return await tx.run(_PURGE, before=expired_before, limit=limit)
