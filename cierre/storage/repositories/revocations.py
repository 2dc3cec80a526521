"""What every node must know, in the order in which it became true."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import ARRAY, String, bindparam, delete, func, literal_column, select, tuple_

from cierre.storage.statements import Row, Statement, Tx
from cierre.storage.tables import revocations

# What closings are told by, once they are committed: `session,<sid>,<until>` and `user,<id>,<epoch>,<until>`.
CHANNEL = "cierre_revoked"
PAGE = 5_000

_COLUMNS = (
    revocations.c.seq,
    revocations.c.transaction_id,
    revocations.c.user_id,
    revocations.c.session_id,
    revocations.c.epoch,
    revocations.c.expires_at,
)
_ALIVE = revocations.c.expires_at > bindparam("now")
# PostgreSQL: a transaction may commit after one that began later, so "since" is the oldest transaction that was
# still running at the last look; whatever commits later has a number from there on.
_HORIZON = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_SINCE = Statement(
    select(*_COLUMNS)
    .where(
        revocations.c.transaction_id >= bindparam("since"),
        tuple_(revocations.c.transaction_id, revocations.c.seq) > tuple_(bindparam("since"), bindparam("after")),
        _ALIVE,
    )
    .order_by(revocations.c.transaction_id, revocations.c.seq)
    .limit(bindparam("most")),
    sqlite=select(*_COLUMNS)
    .where(revocations.c.seq > bindparam("since"), revocations.c.seq > bindparam("after"), _ALIVE)
    .order_by(revocations.c.seq)
    .limit(bindparam("most")),
)
_NOW_AT = Statement(
    select(literal_column(_HORIZON).label("horizon")),
    sqlite=select(func.coalesce(func.max(revocations.c.seq), 0).label("horizon")),
)
_NOTIFY = Statement(
    select(func.pg_notify(bindparam("channel", type_=String), literal_column("payload"))).select_from(
        func.unnest(bindparam("payloads", type_=ARRAY(String))).alias("payload")
    )
)
# The last row stays: SQLite numbers the next one after it, and a number must not come twice.
_SPENT = (
    select(revocations.c.seq)
    .where(
        revocations.c.expires_at <= bindparam("before"),
        revocations.c.seq < select(func.max(revocations.c.seq)).scalar_subquery(),
    )
    .limit(bindparam("most"))
)
_PURGE = Statement(delete(revocations).where(revocations.c.seq.in_(_SPENT.scalar_subquery())))


async def horizon(tx: Tx) -> int:
    """From where to ask next time, if what is before is read now."""
    at = await tx.row(_NOW_AT)
    assert at is not None
    return int(at["horizon"])


async def since(tx: Tx, start: int, *, page: int = PAGE) -> AsyncIterator[Sequence[Row]]:
    """Revocations since a horizon (0: all) by pages, those that no token can meet any more left out.

    Some may come twice.
    """
    after = -1
    while True:
        rows = await tx.rows(_SINCE, since=start, after=after, now=tx.now, most=page)
        if rows:
            yield rows
        if len(rows) < page:
            return
        after = rows[-1]["seq"]
        if tx.backend == "postgresql":
            start = rows[-1]["transaction_id"]


async def notify(tx: Tx, payloads: Sequence[str]) -> None:
    """Tell the listening nodes; on SQLite they look for themselves."""
    if tx.backend == "postgresql":
        await tx.rows(_NOTIFY, channel=CHANNEL, payloads=list(payloads))


async def purge(tx: Tx, *, before: int, most: int) -> int:
    """Delete entries that expired before then (milliseconds). Returns how many there were."""
    return await tx.run(_PURGE, before=before, most=most)
