"""Revocations: closed sessions, and users whose sessions were all closed, in the order of their commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import String, bindparam, delete, func, literal_column, null, select, tuple_

from cierre.storage.database_clock import SERVER_TIME
from cierre.storage.rows import HorizonRow, RevocationRow
from cierre.storage.statements import Query, Statement, Tx
from cierre.storage.tables import revocations

# The channel of NOTIFY. A message has no payload: each role that may connect may send one, so it only says "read".
CHANNEL = "cierre_revoked"
PAGE = 5_000

_COLUMNS = (
    revocations.c.seq,
    revocations.c.transaction_id,
    revocations.c.user_id,
    revocations.c.session_id,
    revocations.c.epoch,
    revocations.c.expires_at,
    revocations.c.revoked_at,
)
_UNEXPIRED = revocations.c.expires_at > bindparam("now")
# PostgreSQL: a transaction may commit after one that began later. So the horizon is the oldest transaction that still
# runs: whatever commits later has that number or a larger one.
_OLDEST_RUNNING = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_PAGE = (
    select(*_COLUMNS)
    .where(
        revocations.c.transaction_id >= bindparam("since"),
        tuple_(revocations.c.transaction_id, revocations.c.seq) > tuple_(bindparam("since"), bindparam("after")),
        _UNEXPIRED,
    )
    .order_by(revocations.c.transaction_id, revocations.c.seq)
    .limit(bindparam("limit"))
)
_PAGE_OF_SQLITE = (
    select(*_COLUMNS)
    .where(revocations.c.seq > bindparam("since"), revocations.c.seq > bindparam("after"), _UNEXPIRED)
    .order_by(revocations.c.seq)
    .limit(bindparam("limit"))
)
_SINCE = Query(RevocationRow, _PAGE, sqlite=_PAGE_OF_SQLITE)
# Where nobody has deleted what has expired, it is nearly all of the table: found by the index on `expires_at`.
_ALL = Query(RevocationRow, _PAGE, sqlite=_PAGE_OF_SQLITE, planned_anew=True)
_HORIZON = Query(
    HorizonRow,
    select(literal_column(_OLDEST_RUNNING).label("horizon"), literal_column(SERVER_TIME).label("now")),
    sqlite=select(func.coalesce(func.max(revocations.c.seq), 0).label("horizon"), null().label("now")),
)
_NOTIFY = Statement(select(func.pg_notify(bindparam("channel", type_=String), "")))
# The last row stays: SQLite numbers the next one after it, and no number may be used twice.
_EXPIRED = (
    select(revocations.c.seq)
    .where(
        revocations.c.expires_at <= bindparam("before"),
        revocations.c.seq < select(func.max(revocations.c.seq)).scalar_subquery(),
    )
    .limit(bindparam("limit"))
)
_PURGE = Statement(delete(revocations).where(revocations.c.seq.in_(_EXPIRED.scalar_subquery())), planned_anew=True)


async def horizon(tx: Tx) -> HorizonRow:
    """From where `since` has to read next time, if everything before is read now; and the server's time."""
    at = await tx.row(_HORIZON)
    assert at is not None
    return at


async def since(tx: Tx, start: int, *, page: int = PAGE) -> AsyncIterator[Sequence[RevocationRow]]:
    """Revocations that have not expired, by pages; a revocation may come twice.

    Args:
        start: a horizon; 0: all revocations.
        page: rows of a page at most.
    """
    after = -1
    query = _SINCE if start else _ALL
    while True:
        rows = await tx.rows(query, since=start, after=after, now=tx.now, limit=page)
        if rows:
            yield rows
        if len(rows) < page:
            return
        after = rows[-1]["seq"]
        if tx.backend == "postgresql":
            start = rows[-1]["transaction_id"]


async def notify(tx: Tx) -> None:
    """Wake the nodes that listen on CHANNEL; SQLite has no notifications: nodes poll."""
    if tx.backend == "postgresql":
        await tx.run(_NOTIFY, channel=CHANNEL)


async def purge(tx: Tx, *, before: int, limit: int) -> int:
    """Delete at most `limit` revocations that expired before then (milliseconds). Returns how many were deleted."""
    return await tx.run(_PURGE, before=before, limit=limit)
