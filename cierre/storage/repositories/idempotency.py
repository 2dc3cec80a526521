"""Requests with an Idempotency-Key, and the answers to the first of each key.

`principal` is a session's id, `user_id` that of its user.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from cierre.storage.rows import IdempotencyKeyRow, IdempotencyRow
from cierre.storage.statements import Query, Statement, Tx
from cierre.storage.tables import idempotency_keys as keys

_VALUES: dict[str, Any] = {
    name: bindparam(name) for name in ("principal", "key", "fingerprint", "expires_at", "user_id")
}
_CLAIM = Statement(
    postgresql_insert(keys).values(_VALUES).on_conflict_do_nothing(),
    sqlite=sqlite_insert(keys).values(_VALUES).on_conflict_do_nothing(),
)
_OF_USER = keys.c.user_id == bindparam("of_user")
_THIS = (_OF_USER, keys.c.principal == bindparam("of_principal"), keys.c.key == bindparam("of_key"))
_FIND = Query(
    IdempotencyRow, select(keys.c.fingerprint, keys.c.expires_at, keys.c.answer, keys.c.outcome).where(*_THIS)
)
_FINISH = Statement(
    update(keys)
    .where(*_THIS)
    .values(answer=bindparam("answer"), outcome=bindparam("outcome"), expires_at=bindparam("expires_at"))
)
# One that is not answered yet is not to be deleted.
_TOO_MANY = (
    select(keys.c.principal, keys.c.key)
    .where(_OF_USER, keys.c.answer.is_not(None))
    .order_by(keys.c.expires_at.desc())
    .offset(bindparam("most"))
)
_DELETE_TOO_MANY = Statement(delete(keys).where(_OF_USER, tuple_(keys.c.principal, keys.c.key).in_(_TOO_MANY)))
_RELEASE = Statement(delete(keys).where(*_THIS, keys.c.answer.is_(None)))
_DELETE_EXPIRED = Statement(delete(keys).where(*_THIS, keys.c.expires_at <= bindparam("now")))
_EXPIRED = Query(
    IdempotencyKeyRow,
    select(keys.c.user_id, keys.c.principal, keys.c.key)
    .where(keys.c.expires_at <= bindparam("now"))
    .limit(bindparam("limit")),
    planned_anew=True,
)


async def claim(tx: Tx, user_id: str, principal: str, key: str, *, fingerprint: str, expires_at: int) -> bool:
    """Store the key for this request. Returns whether this request is the first with the key.

    Args:
        fingerprint: SHA-256 in hex of what a repeat of the request has in common with it.
        expires_at: milliseconds; after it the key may be used anew.
    """
    await tx.run(_DELETE_EXPIRED, of_user=user_id, of_principal=principal, of_key=key, now=tx.now)
    values = {"principal": principal, "key": key, "fingerprint": fingerprint}
    count = await tx.run(_CLAIM, user_id=user_id, expires_at=expires_at, **values)
    return count == 1


async def find(tx: Tx, user_id: str, principal: str, key: str) -> IdempotencyRow | None:
    """The first request with the key."""
    return await tx.row(_FIND, of_user=user_id, of_principal=principal, of_key=key)


async def finish(
    tx: Tx, user_id: str, principal: str, key: str, *, answer: str, outcome: str | None, expires_at: int, most: int
) -> None:
    """Store the answer, for repeats.

    Args:
        answer: rendered.
        outcome: what it was rendered from; None: it cannot be rendered again.
        expires_at: milliseconds.
        most: answers that are kept for the user; the oldest go.
    """
    async with tx.atomic():
        this = {"of_user": user_id, "of_principal": principal, "of_key": key}
        await tx.run(_FINISH, **this, answer=answer, outcome=outcome, expires_at=expires_at)
        await tx.run(_DELETE_TOO_MANY, of_user=user_id, most=most)


async def release(tx: Tx, user_id: str, principal: str, key: str) -> None:
    """Delete the key of a request that has no answer, so that a repeat is processed."""
    await tx.run(_RELEASE, of_user=user_id, of_principal=principal, of_key=key)


async def purge(tx: Tx, *, limit: int) -> int:
    """Delete at most `limit` expired keys. Returns how many were deleted."""
    rows = await tx.rows(_EXPIRED, now=tx.now, limit=limit)
    async with tx.atomic():
        for row in rows:
            this = {"of_user": row["user_id"], "of_principal": row["principal"], "of_key": row["key"]}
            await tx.run(_DELETE_EXPIRED, **this, now=tx.now)
    return len(rows)
