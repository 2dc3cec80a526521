from __future__ import annotations

from typing import Any

from cierre.domain import audit, deliveries, reauthentication, sessions, suspicions
from cierre.http.request import Request
from cierre.outcomes import (
    AuditPage,
    DeliveryPage,
    DeliveryStatus,
    LogoutResult,
    LogoutType,
    ReceiverKind,
    SuspicionList,
)
from cierre.principal import Principal

Json = dict[str, Any]


async def force_logout(body: Json, principal: Principal, request: Request) -> LogoutResult:
    async with request.context() as context:
        await reauthentication.require_recent_for_another_user(context, principal, user_id=body["userId"])
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


async def list_suspicions(
    request: Request, minutes: int, limit: int, kind: str | None = None, by: str | None = None
) -> SuspicionList:
    async with request.context() as context:
        return await suspicions.list_suspicions(context, kind=kind, by=by, minutes=minutes, limit=limit)


async def list_deliveries(
    request: Request,
    limit: int,
    status: DeliveryStatus | None = None,
    kind: ReceiverKind | None = None,
    receiver: str | None = None,
    user_id: str | None = None,
    cursor: str | None = None,
) -> DeliveryPage:
    async with request.context() as context:
        return await deliveries.list_deliveries(
            context, status=status, kind=kind, receiver=receiver, user_id=user_id, limit=limit, cursor=cursor
        )
