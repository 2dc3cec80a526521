from __future__ import annotations

from typing import Any

from cierre.domain import audit, sessions
from cierre.http.request import Request
from cierre.outcomes import AuditPage, LogoutResult

Json = dict[str, Any]


async def force_logout(body: Json, request: Request) -> LogoutResult:
    async with request.context() as context:
        return await sessions.force_logout(context, user_id=body["userId"], reason=body["reason"])


async def list_audit_events(query: Json, request: Request) -> AuditPage:
    async with request.context() as context:
        return await audit.list_events(
            context,
            user_id=query.get("userId"),
            session_id=query.get("sessionId"),
            event=query.get("event"),
            logout_type=query.get("logoutType"),
            from_=query.get("from"),
            to=query.get("to"),
            limit=query.get("limit", audit.DEFAULT_PAGE),
            cursor=query.get("cursor"),
        )
