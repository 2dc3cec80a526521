"""Audit events. Those of closings are written by `closings`; here are the others, and all that is read or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import bindparam, delete, insert, null, select, update

from cierre.principal import Caller
from cierre.storage.rows import AuditEventRow, SessionRow
from cierre.storage.statements import Query, Statement, Tx
from cierre.storage.tables import audit_events

_ADD = Statement(
    insert(audit_events).values(
        {column.name: bindparam(column.name) for column in audit_events.c if column.name != "seq"}
    )
)
_FILTERS = {
    "user_id": audit_events.c.user_id == bindparam("user_id"),
    "session_id": audit_events.c.session_id == bindparam("session_id"),
    "event": audit_events.c.event == bindparam("event"),
    "logout_type": audit_events.c.logout_type == bindparam("logout_type"),
    "from_time": audit_events.c.timestamp >= bindparam("from_time"),
    "to_time": audit_events.c.timestamp < bindparam("to_time"),
    "before": audit_events.c.seq < bindparam("before"),
}


@cache
def page_query(filters: frozenset[str]) -> Query[AuditEventRow]:
    """The query for a page with these filters of `page`."""
    query = select(audit_events).where(*[_FILTERS[name] for name in sorted(filters)])
    return Query(AuditEventRow, query.order_by(audit_events.c.seq.desc()).limit(bindparam("limit")))


_OLD = select(audit_events.c.seq).where(audit_events.c.timestamp < bindparam("before")).limit(bindparam("limit"))
_PURGE = Statement(delete(audit_events).where(audit_events.c.seq.in_(_OLD.scalar_subquery())))
_ERASE = Statement(
    update(audit_events)
    .where(audit_events.c.user_id == bindparam("key"))
    .values(ip_address=null(), user_agent=null(), device_id=null())
)


async def add(tx: Tx, *, event: str, reason: str, caller: Caller, session: SessionRow) -> None:
    """Record an event that the service itself found and that closed nothing, such as a change of the IP address."""
    await tx.run(
        _ADD,
        timestamp=tx.now,
        event=event,
        user_id=session["user_id"],
        session_id=session["id"],
        device_id=session["device_id"],
        logout_type="automatic",
        sessions_closed=0,
        reason=reason,
        ip_address=caller.ip_address,
        user_agent=caller.user_agent,
        session_duration=max(0, tx.now - session["created_at"]),
        success=True,
        trace_id=caller.trace_id,
    )


async def page(
    tx: Tx,
    *,
    limit: int,
    user_id: str | None = None,
    session_id: str | None = None,
    event: str | None = None,
    logout_type: str | None = None,
    from_time: int | None = None,
    to_time: int | None = None,
    before: int | None = None,
) -> Sequence[AuditEventRow]:
    """Events, newest first; a filter that is None doesn't apply.

    Args:
        limit: the largest number of events.
        from_time: milliseconds: events of this time and later.
        to_time: milliseconds: events before this time.
        before: events with a smaller `seq`: the last one of the page before.
    """
    filters = {
        "user_id": user_id,
        "session_id": session_id,
        "event": event,
        "logout_type": logout_type,
        "from_time": from_time,
        "to_time": to_time,
        "before": before,
    }
    given = {name: value for name, value in filters.items() if value is not None}
    return await tx.rows(page_query(frozenset(given)), limit=limit, **given)


async def purge(tx: Tx, *, before: int, limit: int) -> int:
    """Delete at most `limit` events older than `before` (milliseconds). Returns how many were deleted."""
    return await tx.run(_PURGE, before=before, limit=limit)


async def erase(tx: Tx, user_id: str) -> int:
    """Remove IP addresses, user agents and device ids from the user's events. Returns the number of these events."""
    return await tx.run(_ERASE, key=user_id)
