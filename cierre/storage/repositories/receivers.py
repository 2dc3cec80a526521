"""Who gets a signal when a session is closed: clients with a back-channel logout URI, receivers of security events."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select, update

from cierre.outcomes import ReceiverKind
from cierre.storage.rows import ReceiverRow
from cierre.storage.statements import Query, Statement, Tx
from cierre.storage.tables import deliveries, receivers

_COLUMNS = (receivers.c.kind, receivers.c.id, receivers.c.url, receivers.c.allow_private)
_ALL = Query(ReceiverRow, select(*_COLUMNS).order_by(receivers.c.kind, receivers.c.id))
_ANY = Query(ReceiverRow, select(*_COLUMNS).limit(bindparam("limit")))
_THIS = (receivers.c.kind == bindparam("of_kind"), receivers.c.id == bindparam("of_id"))
_ADD = Statement(insert(receivers).values({column.name: bindparam(column.name) for column in receivers.c}))
_CHANGE = Statement(
    update(receivers).where(*_THIS).values(url=bindparam("url"), allow_private=bindparam("allow_private"))
)
_REMOVE = Statement(delete(receivers).where(*_THIS))
_REMOVE_DELIVERIES = Statement(
    delete(deliveries).where(deliveries.c.kind == bindparam("of_kind"), deliveries.c.receiver == bindparam("of_id"))
)


async def every(tx: Tx) -> Sequence[ReceiverRow]:
    """All of them."""
    return await tx.rows(_ALL)


async def any_there(tx: Tx) -> bool:
    """Whether there is one."""
    return bool(await tx.rows(_ANY, limit=1))


async def save(tx: Tx, kind: ReceiverKind, receiver_id: str, *, url: str, allow_private: bool) -> None:
    """Register a receiver, or change it.

    Args:
        url: where signals are posted.
        allow_private: the URL may lead to a private address.
    """
    async with tx.atomic():
        if not await tx.run(_CHANGE, of_kind=kind, of_id=receiver_id, url=url, allow_private=allow_private):
            await tx.run(_ADD, kind=kind, id=receiver_id, url=url, allow_private=allow_private, created_at=tx.now)


async def remove(tx: Tx, kind: ReceiverKind, receiver_id: str) -> bool:
    """Remove a receiver, and what is still to be delivered to it. Returns whether there was one."""
    async with tx.atomic():
        await tx.run(_REMOVE_DELIVERIES, of_kind=kind, of_id=receiver_id)
        return await tx.run(_REMOVE, of_kind=kind, of_id=receiver_id) == 1
