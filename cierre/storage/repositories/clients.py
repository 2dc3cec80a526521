"""The clients that sessions are issued to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, select, update

from cierre.storage.statements import Row, Statement, Tx, findable
from cierre.storage.tables import clients

_ALL = Statement(select(clients.c.id, clients.c.dialect, clients.c.secret_hash).order_by(clients.c.id))
_BY_ID = Statement(
    select(clients.c.id, clients.c.dialect, clients.c.secret_hash).where(clients.c.id == bindparam("id"))
)
_ADD = Statement(
    insert(clients).values(
        id=bindparam("id"),
        dialect=bindparam("dialect"),
        secret_hash=bindparam("secret_hash"),
        created_at=bindparam("created_at"),
    )
)
_CHANGE = Statement(
    update(clients)
    .where(clients.c.id == bindparam("key"))
    .values(dialect=bindparam("dialect"), secret_hash=bindparam("secret_hash"))
)


async def every(tx: Tx) -> Sequence[Row]:
    return await tx.rows(_ALL)


async def by_id(tx: Tx, client_id: str) -> Row | None:
    return await tx.row(_BY_ID, id=client_id) if findable(client_id) else None


async def save(tx: Tx, *, client_id: str, dialect: str | None, secret_hash: str | None) -> None:
    """Register the client, or change it."""
    async with tx.atomic():
        if not await tx.run(_CHANGE, key=client_id, dialect=dialect, secret_hash=secret_hash):
            await tx.run(_ADD, id=client_id, dialect=dialect, secret_hash=secret_hash, created_at=tx.now)
