"""Signals that are still to be delivered: a row for each receiver of a closed session, until it has taken it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import bindparam, delete, false, func, insert, null, select, true, update

from cierre.outcomes import ReceiverKind
from cierre.storage.rows import CountRow, DeliveryRow, OutboxRow, ReceiverRow
from cierre.storage.statements import Query, Statement, Tx
from cierre.storage.tables import deliveries

# Of the node that sends signals.
LEASE = "signals"

_COLUMNS = tuple(deliveries.c)
_ADD = Statement(
    insert(deliveries).values({column.name: bindparam(column.name) for column in deliveries.c if column.name != "seq"})
)
_OF_RECEIVER = (deliveries.c.kind == bindparam("of_kind"), deliveries.c.receiver == bindparam("of_id"))
_WAITS = deliveries.c.parked == false()
_DUE = Query(
    DeliveryRow,
    select(*_COLUMNS)
    .where(*_OF_RECEIVER, _WAITS, deliveries.c.next_at <= bindparam("now"))
    .order_by(deliveries.c.seq)
    .limit(bindparam("limit")),
)
_THIS = deliveries.c.seq == bindparam("key")
_DONE = Statement(delete(deliveries).where(_THIS))
_FAILED = Statement(
    update(deliveries)
    .where(_THIS)
    .values(attempts=deliveries.c.attempts + 1, next_at=bindparam("next_at"), last_error=bindparam("last_error"))
)
_PARK = Statement(update(deliveries).where(_WAITS, deliveries.c.created_at < bindparam("before")).values(parked=true()))
_FILTERS = {
    "parked": deliveries.c.parked == bindparam("parked"),
    "kind": deliveries.c.kind == bindparam("kind"),
    "receiver": deliveries.c.receiver == bindparam("receiver"),
    "user_id": deliveries.c.user_id == bindparam("user_id"),
    "after": deliveries.c.seq > bindparam("after"),
}
_COUNT_PARKED = Query(CountRow, select(func.count().label("count")).where(deliveries.c.parked == true()))
_AGAIN = {"parked": False, "attempts": 0, "last_error": null()}
_RETRY = Statement(
    update(deliveries)
    .where(deliveries.c.parked == true())
    .values(created_at=bindparam("now"), next_at=bindparam("now"), **_AGAIN)
)
_RETRY_ONE = Statement(
    update(deliveries).where(_THIS).values(created_at=bindparam("now"), next_at=bindparam("now"), **_AGAIN)
)
_OLD = (
    select(deliveries.c.seq)
    .where(deliveries.c.parked == true(), deliveries.c.created_at < bindparam("before"))
    .limit(bindparam("limit"))
    .scalar_subquery()
)
_PURGE = Statement(delete(deliveries).where(deliveries.c.seq.in_(_OLD)), planned_anew=True)


@cache
def page_query(filters: frozenset[str]) -> Query[DeliveryRow]:
    """The query for a page with these filters of `page`."""
    query = select(*_COLUMNS).where(*[_FILTERS[name] for name in sorted(filters)])
    return Query(DeliveryRow, query.order_by(deliveries.c.seq).limit(bindparam("limit")))


async def add(tx: Tx, event: OutboxRow, receiver: ReceiverRow) -> None:
    """Deliver the event of a closed session to a receiver, from now on."""
    await tx.run(
        _ADD,
        kind=receiver["kind"],
        receiver=receiver["id"],
        event_id=event["id"],
        user_id=event["user_id"],
        session_id=event["session_id"],
        time=event["time"],
        event=event["event"],
        reason=event["reason"],
        created_at=tx.now,
        attempts=0,
        next_at=tx.now,
        parked=False,
        last_error=None,
        traceparent=event["traceparent"],
    )


async def due(tx: Tx, receiver: ReceiverRow, *, limit: int) -> Sequence[DeliveryRow]:
    """What the receiver is to get now, the oldest first."""
    return await tx.rows(_DUE, of_kind=receiver["kind"], of_id=receiver["id"], now=tx.now, limit=limit)


async def done(tx: Tx, seq: int) -> None:
    """The receiver has taken it."""
    await tx.run(_DONE, key=seq)


async def failed(tx: Tx, seq: int, *, next_at: int, error: str) -> None:
    """The receiver has not taken it.

    Args:
        next_at: milliseconds: when it is tried again.
        error: why, in 200 characters.
    """
    await tx.run(_FAILED, key=seq, next_at=next_at, last_error=error)


async def park(tx: Tx, *, before: int) -> int:
    """Try no longer what waits since before then (milliseconds). Returns how many there were."""
    return await tx.run(_PARK, before=before)


async def page(
    tx: Tx,
    *,
    limit: int,
    parked: bool | None = None,
    kind: ReceiverKind | None = None,
    receiver: str | None = None,
    user_id: str | None = None,
    after: int | None = None,
) -> Sequence[DeliveryRow]:
    """What is still to be delivered, the oldest first; a filter that is None doesn't apply.

    Args:
        limit: the largest number of rows.
        parked: what is tried no longer, or what is.
        receiver: the id of one.
        after: rows with a larger `seq`: the last one of the page before.
    """
    filters = {"parked": parked, "kind": kind, "receiver": receiver, "user_id": user_id, "after": after}
    given = {name: value for name, value in filters.items() if value is not None}
    return await tx.rows(page_query(frozenset(given)), limit=limit, **given)


async def count_parked(tx: Tx) -> int:
    """How many are tried no longer."""
    row = await tx.row(_COUNT_PARKED)
    return row["count"] if row else 0


async def retry(tx: Tx, seq: int | None) -> int:
    """Try for another day: one of them, or, where `seq` is None, all that are parked. Returns how many."""
    if seq is None:
        return await tx.run(_RETRY, now=tx.now)
    return await tx.run(_RETRY_ONE, key=seq, now=tx.now)


async def purge(tx: Tx, *, before: int, limit: int) -> int:
    """Delete at most `limit` parked deliveries from before then (milliseconds). Returns how many were deleted."""
    return await tx.run(_PURGE, before=before, limit=limit)
