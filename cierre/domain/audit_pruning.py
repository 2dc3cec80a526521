"""Pruning the audit trail: what is old goes, and what stays can still be verified."""

from __future__ import annotations

from cierre.domain.audit_chain import Head
from cierre.domain.context import OperationContext
from cierre.storage.repositories import audit, audit_links


async def prune(context: OperationContext, *, before: int, batch: int) -> int:
    """Delete the sealed events from the beginning of the chain up to the first that is young enough.

    The trail says up to where it was pruned, by whom and when; the last link of what goes stays as the chain's new
    beginning. An event that is not sealed yet stays.

    Args:
        before: the time of the oldest event that stays, in milliseconds.
        batch: rows a statement.

    Returns:
        How many events were deleted.
    """
    anchor = await _last_before(context, before)
    if anchor is None:
        return 0
    async with context.tx.atomic():
        # With the first deletion, so that what goes is accounted for whenever this ends, and nothing else is.
        await audit.record(context.tx, audit_links.PRUNED, context.caller, subject=str(anchor))
        count = await audit_links.prune_events(context.tx, through=anchor.position, limit=batch)
    while deleted := await audit_links.prune_events(context.tx, through=anchor.position, limit=batch):
        count += deleted
    while await audit_links.prune_links(context.tx, through=anchor.position, limit=batch):
        pass
    return count


async def _last_before(context: OperationContext, before: int) -> Head | None:
    """The last link of the stretch that goes; None: nothing does."""
    position, found = 0, None
    while links := await audit_links.after(context.tx, position):
        events = await audit_links.events_between(context.tx, position, links[-1]["position"])
        times = {event["position"]: event["timestamp"] for event in events}
        for link in links:
            time = times.get(link["position"])
            if time is not None and time >= before:
                return found
            if time is not None:
                found = Head(link["position"], link["hash"])
        position = links[-1]["position"]
    return found
