"""Leases: for work that only one node does at a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, or_, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from cierre.storage.statements import Statement, Tx
from cierre.storage.tables import leases

# Milliseconds. A lease that expires later than this was written by a node whose clock was wrong, and holds nothing.
LONGEST = 3_600_000

_VALUES: dict[str, Any] = {name: bindparam(name) for name in ("name", "holder", "until")}
_FIRST = Statement(
    postgresql_insert(leases).values(_VALUES).on_conflict_do_nothing(),
    sqlite=sqlite_insert(leases).values(_VALUES).on_conflict_do_nothing(),
)
_ACQUIRE = Statement(
    update(leases)
    .where(
        leases.c.name == bindparam("of_name"),
        or_(
            leases.c.until <= bindparam("now"),
            leases.c.holder == bindparam("by"),
            leases.c.until > bindparam("longest"),
        ),
    )
    .values(holder=bindparam("by"), until=bindparam("until"))
)


_PROBE = {"name": "write-probe", "holder": "", "until": bindparam("now")}
_WRITE = Statement(
    postgresql_insert(leases)
    .values(_PROBE)
    .on_conflict_do_update(index_elements=["name"], set_={"until": bindparam("now")}),
    sqlite=sqlite_insert(leases)
    .values(_PROBE)
    .on_conflict_do_update(index_elements=["name"], set_={"until": bindparam("now")}),
)


async def acquire(tx: Tx, name: str, *, holder: str, until: int) -> bool:
    """Acquire the lease, or extend it.

    Args:
        name: of the work.
        holder: the node that asks.
        until: when the lease expires, in milliseconds; `LONGEST` from `tx.now` at the latest.

    Returns:
        Whether `holder` has the lease; otherwise another node has it.
    """
    until = min(until, tx.now + LONGEST)
    # A tenth more, as two nodes may know the database's time a little differently.
    longest = tx.now + LONGEST * 11 // 10
    if await tx.run(_ACQUIRE, of_name=name, by=holder, until=until, now=tx.now, longest=longest):
        return True
    return await tx.run(_FIRST, name=name, holder=holder, until=until) == 1


async def write(tx: Tx) -> None:
    """Write the row that nobody holds, to find out whether the database takes writes.

    Raises:
        Exception: the driver's own error, where it takes none.
    """
    await tx.run(_WRITE, now=tx.now)
