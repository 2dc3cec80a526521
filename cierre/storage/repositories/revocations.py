"""What every node must know, in the order in which it became true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, literal_column, select

from cierre.storage.statements import Row, Statement, Tx
from cierre.storage.tables import revocations

_COLUMNS = (
    revocations.c.seq,
    revocations.c.user_id,
    revocations.c.session_id,
    revocations.c.epoch,
    revocations.c.expires_at,
)
# PostgreSQL: a transaction may commit after one that began later, so "since" is the oldest transaction that was
# still running at the last look; whatever commits later has a number from there on.
_HORIZON = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_SINCE = Statement(
    select(*_COLUMNS)
    .where(revocations.c.transaction_id >= bindparam("since"), revocations.c.expires_at > bindparam("now"))
    .order_by(revocations.c.seq),
    sqlite=select(*_COLUMNS)
    .where(revocations.c.seq > bindparam("since"), revocations.c.expires_at > bindparam("now"))
    .order_by(revocations.c.seq),
)
_NOW_AT = Statement(
    select(literal_column(_HORIZON).label("horizon")),
    sqlite=select(func.coalesce(func.max(revocations.c.seq), 0).label("horizon")),
)
_SPENT = select(revocations.c.seq).where(revocations.c.expires_at <= bindparam("now")).limit(bindparam("most"))
_PURGE = Statement(delete(revocations).where(revocations.c.seq.in_(_SPENT.scalar_subquery())))


class Feed(NamedTuple):
    """What was revoked since a horizon, and the next horizon to ask from."""

    rows: Sequence[Row]
    horizon: int


async def since(tx: Tx, horizon: int) -> Feed:
    """Revocations since `horizon` (0: all), those that no token can meet any more left out. Some may come twice."""
    at = await tx.row(_NOW_AT)
    rows = await tx.rows(_SINCE, since=horizon, now=tx.now)
    return Feed(rows, int(at["horizon"]) if at else horizon)


async def purge(tx: Tx, *, most: int) -> int:
    """Delete entries whose tokens have all expired. Returns how many there were."""
    return await tx.run(_PURGE, now=tx.now, most=most)
