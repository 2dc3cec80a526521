"""Leases: for work that only one node does at a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, or_, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from cierre.storage.statements import Statement, Tx
from cierre.storage.tables import leases

_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("name", "holder", "until")}
_FIRST = Statement(
    postgresql_insert(leases).values(_VALUES).on_conflict_do_nothing(),
    sqlite=sqlite_insert(leases).values(_VALUES).on_conflict_do_nothing(),
)
_ACQUIRE = Statement(
    update(leases)
    .where(
        leases.c.name == bindparam("of_name"),
        or_(leases.c.until <= bindparam("now"), leases.c.holder == bindparam("by")),
    )
    .values(holder=bindparam("by"), until=bindparam("until"))
)


async def acquire(tx: Tx, name: str, *, holder: str, until: int) -> bool:
    """Acquire the lease, or extend it.

    Args:
        name: of the work.
        holder: the node that asks.
        until: when the lease expires, in milliseconds.

    Returns:
        Whether `holder` has the lease; otherwise another node has it.
    """
    if await tx.run(_ACQUIRE, of_name=name, by=holder, until=until, now=tx.now):
        return True
    return await tx.run(_FIRST, name=name, holder=holder, until=until) == 1
