"""Reading the audit trail: which session was closed by whom, when and why (document 003, "Logs de Auditoría")."""

from __future__ import annotations

from cierre.clock import from_rfc3339
from cierre.domain.context import OperationContext
from cierre.domain.paging import sequence
from cierre.errors import ValidationFailed
from cierre.outcomes import AuditEvent, AuditPage
from cierre.principal import Actor
from cierre.storage.repositories import audit
from cierre.storage.rows import AuditEventRow

DEFAULT_PAGE = 50


async def list_events(
    context: OperationContext,
    *,
    user_id: str | None = None,
    session_id: str | None = None,
    event: str | None = None,
    logout_type: str | None = None,
    from_: str | None = None,
    to: str | None = None,
    limit: int = DEFAULT_PAGE,
    cursor: str | None = None,
) -> AuditPage:
    """One page of the audit trail of sessions, newest event first. An event must match all filters that are given.

    Args:
        from_: the earliest time, included, as RFC 3339 has it.
        to: the latest time, excluded, as RFC 3339 has it.
        limit: events a page.
        cursor: the `next_cursor` of the page before.

    Raises:
        ValidationFailed: `from_` or `to` is no time, or `cursor` was not issued by this service.
    """
    rows = await audit.page(
        context.tx,
        limit=limit + 1,
        user_id=user_id,
        session_id=session_id,
        event=event,
        logout_type=logout_type,
        from_time=_time("from", from_),
        to_time=_time("to", to),
        before=sequence(cursor),
    )
    page = rows[:limit]
    following = str(page[-1]["seq"]) if len(rows) > limit else None
    return AuditPage(tuple(_event(row) for row in page), following)


def _time(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return from_rfc3339(text)
    except ValueError:
        message = "this is no time that we know: years are 0001 to 9999"
        raise ValidationFailed.in_query(name, message) from None


def _event(row: AuditEventRow) -> AuditEvent:
    # A session is always a user's; only other events may concern nobody.
    assert row["user_id"] is not None
    return AuditEvent(
        timestamp=row["timestamp"],
        event=row["event"],
        user_id=row["user_id"],
        session_id=row["session_id"],
        device_id=row["device_id"],
        logout_type=row["logout_type"],
        sessions_closed=row["sessions_closed"],
        reason=row["reason"],
        ip_address=row["ip_address"],
        user_agent=row["user_agent"],
        session_duration=row["session_duration"],
        success=bool(row["success"]),
        trace_id=row["trace_id"],
        actor=Actor(row["actor_type"], row["actor_id"]) if row["actor_type"] else None,
    )
