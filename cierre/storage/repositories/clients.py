"""OAuth clients."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, select, update

from cierre.storage.rows import ClientRow
from cierre.storage.statements import Query, Statement, Tx, is_storable
from cierre.storage.tables import clients

_ALL = Query(ClientRow, select(clients.c.id, clients.c.dialect, clients.c.secret_hash).order_by(clients.c.id))
_BY_ID = Query(
    ClientRow, select(clients.c.id, clients.c.dialect, clients.c.secret_hash).where(clients.c.id == bindparam("id"))
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


async def every(tx: Tx) -> Sequence[ClientRow]:
    """All clients, by id."""
    return await tx.rows(_ALL)


async def by_id(tx: Tx, client_id: str) -> ClientRow | None:
    """The client; None: it is not registered."""
    if not is_storable(client_id):
        return None
    return await tx.row(_BY_ID, id=client_id)


async def save(tx: Tx, *, client_id: str, dialect: str | None, secret_hash: str | None) -> None:
    """Register the client, or change it.

    Args:
        dialect: of the answers to this client's tokens; None: the request's Host decides.
        secret_hash: SHA-256 in hex; None: a public client.
    """
    async with tx.atomic():
        if not await tx.run(_CHANGE, key=client_id, dialect=dialect, secret_hash=secret_hash):
            await tx.run(_ADD, id=client_id, dialect=dialect, secret_hash=secret_hash, created_at=tx.now)
