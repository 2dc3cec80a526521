"""The first answers to requests with an Idempotency-Key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from cierre.storage.statements import Row, Statement, Tx
from cierre.storage.tables import idempotency_keys as keys

_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("principal", "key", "fingerprint", "expires_at")}
_CLAIM = Statement(
    postgresql_insert(keys).values(_VALUES).on_conflict_do_nothing(),
    sqlite=sqlite_insert(keys).values(_VALUES).on_conflict_do_nothing(),
)
_THIS = (keys.c.principal == bindparam("of_principal"), keys.c.key == bindparam("of_key"))
_FIND = Statement(select(keys.c.fingerprint, keys.c.expires_at, keys.c.answer).where(*_THIS))
_FINISH = Statement(update(keys).where(*_THIS).values(answer=bindparam("answer"), expires_at=bindparam("expires_at")))
_RELEASE = Statement(delete(keys).where(*_THIS, keys.c.answer.is_(None)))
_FORGET = Statement(delete(keys).where(*_THIS, keys.c.expires_at <= bindparam("now")))
_SPENT = select(keys.c.principal, keys.c.key).where(keys.c.expires_at <= bindparam("now")).limit(bindparam("most"))
_SPENT_ROWS = Statement(_SPENT)


async def claim(tx: Tx, principal: str, key: str, *, fingerprint: str, expires_at: int) -> bool:
    """Be the first to use the key. Returns whether this request is."""
    await tx.run(_FORGET, of_principal=principal, of_key=key, now=tx.now)
    count = await tx.run(_CLAIM, principal=principal, key=key, fingerprint=fingerprint, expires_at=expires_at)
    return count == 1


async def find(tx: Tx, principal: str, key: str) -> Row | None:
    return await tx.row(_FIND, of_principal=principal, of_key=key)


async def finish(tx: Tx, principal: str, key: str, *, answer: str, expires_at: int) -> None:
    await tx.run(_FINISH, of_principal=principal, of_key=key, answer=answer, expires_at=expires_at)


async def release(tx: Tx, principal: str, key: str) -> None:
    """Give the key back: the request decided nothing."""
    await tx.run(_RELEASE, of_principal=principal, of_key=key)


async def purge(tx: Tx, *, most: int) -> int:
    rows = await tx.rows(_SPENT_ROWS, now=tx.now, most=most)
    async with tx.atomic():
        for row in rows:
            await tx.run(_FORGET, of_principal=row["principal"], of_key=row["key"], now=tx.now)
    return len(rows)
