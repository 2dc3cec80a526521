"""The trail: who closed what, when and why (document 003, "Logs de Auditoría")."""

from __future__ import annotations

from typing import Any

from cierre.clock import from_rfc3339, rfc3339
from cierre.domain.context import OperationContext
from cierre.errors import ValidationFailed
from cierre.outcomes import Success
from cierre.storage.repositories import audit
from cierre.storage.rows import AuditEventRow

DEFAULT_PAGE = 50


async def list_events(context: OperationContext, query: dict[str, Any]) -> Success:
    """A page of the trail, newest first. `cursor` is the `nextCursor` of the page before.

    Raises:
        ValidationFailed: the cursor is none of ours.
    """
    limit: int = query.get("limit", DEFAULT_PAGE)
    rows = await audit.page(
        context.tx,
        limit=limit + 1,
        user_id=query.get("userId"),
        session_id=query.get("sessionId"),
        event=query.get("event"),
        logout_type=query.get("logoutType"),
        from_time=_time("from", query.get("from")),
        to_time=_time("to", query.get("to")),
        before=_sequence(query.get("cursor")),
    )
    page = rows[:limit]
    following = str(page[-1]["seq"]) if len(rows) > limit else None
    return Success("list_audit_events", {"events": [_event(row) for row in page], "nextCursor": following})


def _time(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return from_rfc3339(text)
    except ValueError:
        message = "this is no time that we know: years are 0001 to 9999"
        raise ValidationFailed([{"location": "query", "pointer": f"/{name}", "message": message}]) from None


def _sequence(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 18:
        message = "this is no cursor: take nextCursor of the page before as it is"
        raise ValidationFailed([{"location": "query", "pointer": "/cursor", "message": message}])
    return int(cursor)


def _event(row: AuditEventRow) -> dict[str, Any]:
    return {
        "timestamp": rfc3339(row["timestamp"]),
        "event": row["event"],
        "userId": row["user_id"],
        "sessionId": row["session_id"],
        "deviceId": row["device_id"],
        "logoutType": row["logout_type"],
        "sessionsClosed": row["sessions_closed"],
        "reason": row["reason"],
        "ipAddress": row["ip_address"],
        "userAgent": row["user_agent"],
        "sessionDuration": row["session_duration"],
        "success": bool(row["success"]),
        "traceId": row["trace_id"],
    }
