from __future__ import annotations

from typing import Any

from cierre.domain import audit, sessions
from cierre.http.request import Request
from cierre.outcomes import AuditPage, LogoutResult, LogoutType

Json = dict[str, Any]


async def force_logout(body: Json, request: Request) -> LogoutResult:
    async with request.context() as context:
        return await sessions.force_logout(context, user_id=body["userId"], reason=body["reason"])


async def list_audit_events(
    request: Request,
    limit: int,
    user_id: str | None = None,
    session_id: str | None = None,
    event: str | None = None,
    logout_type: LogoutType | None = None,
    from_: str | None = None,
    to: str | None = None,
    cursor: str | None = None,
) -> AuditPage:
    async with request.context() as context:
        return await audit.list_events(
            context,
            limit=limit,
            user_id=user_id,
            session_id=session_id,
            event=event,
            logout_type=logout_type,
            from_=from_,
            to=to,
            cursor=cursor,
        )
