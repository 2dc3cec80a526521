"""Signals that clients and receivers have not taken: which they are, and trying again."""

from __future__ import annotations

from cierre.domain.context import OperationContext
from cierre.domain.paging import sequence
from cierre.outcomes import Delivery, DeliveryPage, DeliveryStatus, ReceiverKind
from cierre.storage.repositories import deliveries
from cierre.storage.rows import DeliveryRow

DEFAULT_PAGE = 50


async def list_deliveries(
    context: OperationContext,
    *,
    status: DeliveryStatus | None = None,
    kind: ReceiverKind | None = None,
    receiver: str | None = None,
    user_id: str | None = None,
    limit: int = DEFAULT_PAGE,
    cursor: str | None = None,
) -> DeliveryPage:
    """One page of what was not delivered, the oldest first. A delivery must match all filters that are given.

    Args:
        receiver: the id of a client or of a receiver.
        user_id: whose sessions were closed.
        limit: deliveries a page.
        cursor: the `next_cursor` of the page before.

    Raises:
        ValidationFailed: `cursor` was not issued by this service.
    """
    rows = await deliveries.page(
        context.tx,
        limit=limit + 1,
        parked=None if status is None else status == "parked",
        kind=kind,
        receiver=receiver,
        user_id=user_id,
        after=sequence(cursor),
    )
    page = rows[:limit]
    following = str(page[-1]["seq"]) if len(rows) > limit else None
    return DeliveryPage(tuple(_delivery(row) for row in page), following)


async def retry(context: OperationContext, delivery_id: int | None) -> int:
    """Try for another day: one delivery, or, where it is None, all that are parked. Returns how many."""
    return await deliveries.retry(context.tx, delivery_id)


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        delivery_id=row["seq"],
        kind=row["kind"],
        receiver=row["receiver"],
        user_id=row["user_id"],
        session_id=row["session_id"],
        closed_at=row["time"],
        parked=bool(row["parked"]),
        attempts=row["attempts"],
        last_error=row["last_error"],
        tried_since=row["created_at"],
        next_at=row["next_at"],
    )
