"""OAuth clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update

from cierre.storage.rows import ClientRow
from cierre.storage.statements import Query, Statement, Tx, is_storable
from cierre.storage.tables import clients

_COLUMNS = (
    clients.c.id,
    clients.c.dialect,
    clients.c.secret_hash,
    clients.c.secret_made_at,
    clients.c.previous_secret_hash,
    clients.c.previous_secret_until,
)
_SECRETS: dict[str, Any] = {
    name: bindparam(name) for name in ("secret_hash", "secret_made_at", "previous_secret_hash", "previous_secret_until")
}
_ALL = Query(ClientRow, select(*_COLUMNS).order_by(clients.c.id))
_BY_ID = Query(ClientRow, select(*_COLUMNS).where(clients.c.id == bindparam("id")))
_ADD = Statement(
    insert(clients).values(
        id=bindparam("id"),
        dialect=bindparam("dialect"),
        secret_hash=bindparam("secret_hash"),
        secret_made_at=bindparam("secret_made_at"),
        created_at=bindparam("created_at"),
    )
)
_SET_DIALECT = Statement(update(clients).where(clients.c.id == bindparam("key")).values(dialect=bindparam("dialect")))
_SET_SECRETS = Statement(update(clients).where(clients.c.id == bindparam("key")).values(_SECRETS))
# Of two that change the secret at once one does; the other's secret would be known to nobody.
_ROTATE = Statement(
    update(clients)
    .where(
        clients.c.id == bindparam("key"),
        or_(clients.c.secret_hash == bindparam("current"), clients.c.secret_hash.is_(None)),
    )
    .values(_SECRETS)
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
    """Register the client, or change it; a secret of another hash is gone.

    Args:
        dialect: of the answers to this client's tokens; None: the request's Host decides.
        secret_hash: SHA-256 in hex; None: a public client.
    """
    async with tx.atomic():
        made_at = None if secret_hash is None else tx.now
        known = await by_id(tx, client_id)
        if known is None:
            await tx.run(
                _ADD,
                id=client_id,
                dialect=dialect,
                secret_hash=secret_hash,
                secret_made_at=made_at,
                created_at=tx.now,
            )
            return
        await tx.run(_SET_DIALECT, key=client_id, dialect=dialect)
        if known["secret_hash"] != secret_hash:
            await tx.run(
                _SET_SECRETS,
                key=client_id,
                secret_hash=secret_hash,
                secret_made_at=made_at,
                previous_secret_hash=None,
                previous_secret_until=None,
            )


async def rotate_secret(tx: Tx, client: ClientRow, *, secret_hash: str, previous_until: int | None) -> bool:
    """Give the client a new secret.

    Args:
        client: as it was read; a public one gets its first secret.
        secret_hash: SHA-256 in hex, of the new secret.
        previous_until: when the secret that it has now ends, in milliseconds; None: at once.

    Returns:
        Whether its secret was still the one that was read.
    """
    current = client["secret_hash"]
    keeps = current is not None and previous_until is not None
    changed = await tx.run(
        _ROTATE,
        key=client["id"],
        current=current or "",
        secret_hash=secret_hash,
        secret_made_at=tx.now,
        previous_secret_hash=current if keeps else None,
        previous_secret_until=previous_until if keeps else None,
    )
    return changed == 1
