"""The successes under /api/v1: `{success, message, data}`, in one shape for every dialect.

Logout alone has a success of its own in each dialect, since no other document has these operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cierre.clock import rfc3339
from cierre.dialects.catalogue import LOGOUT_SUCCESS, Language, Text
from cierre.dialects.rendering import Rendered
from cierre.outcomes import (
    AuditEvent,
    AuditPage,
    Delivery,
    DeliveryPage,
    IssuedTokens,
    LogoutResult,
    SessionList,
    Suspicion,
    SuspicionList,
    UserSession,
)

Json = dict[str, Any]


class Success(NamedTuple):
    """How the success of one operation is rendered.

    Attributes:
        message: the words.
        data: from what the handler returns to the members of `data`.
    """

    message: Text
    data: Callable[[Any], Json]


def logout_data(result: LogoutResult) -> Json:
    """What was closed, and whose sessions they were."""
    return {
        "logout": {
            "sessionsClosed": result.sessions_closed,
            "deviceIds": list(result.device_ids),
            "logoutType": result.logout_type,
            "loggedOutAt": rfc3339(result.logged_out_at),
        },
        "user": {"id": result.user_id, "email": result.email, "activeSessions": result.active_sessions},
    }


def _tokens(issued: IssuedTokens) -> Json:
    refresh_token = {} if issued.refresh_in_cookie else {"refreshToken": issued.refresh_token}
    return {
        "accessToken": issued.access_token,
        **refresh_token,
        "tokenType": "Bearer",
        "expiresIn": issued.expires_in,
        "sessionId": issued.session_id,
        "user": {"id": issued.user_id, "email": issued.email, "role": issued.role},
    }


def _sessions(listed: SessionList) -> Json:
    return {"sessions": [_session(one) for one in listed.sessions]}


def _session(session: UserSession) -> Json:
    return {
        "sessionId": session.session_id,
        "deviceId": session.device_id,
        "clientId": session.client_id,
        "createdAt": rfc3339(session.created_at),
        "lastSeenAt": rfc3339(session.last_seen_at),
        "ipAddress": session.ip_address,
        "userAgent": session.user_agent,
        "current": session.current,
    }


def _session_with_status(session: UserSession) -> Json:
    if session.closed_at is None:
        return {"session": {**_session(session), "status": "active"}}
    closing = {"closedAt": rfc3339(session.closed_at), "logoutReason": session.logout_reason}
    return {"session": {**_session(session), "status": "closed", **closing}}


def _audit_page(page: AuditPage) -> Json:
    return {"events": [_audit_event(one) for one in page.events], "nextCursor": page.next_cursor}


def _audit_event(event: AuditEvent) -> Json:
    return {
        "timestamp": rfc3339(event.timestamp),
        "event": event.event,
        "userId": event.user_id,
        "sessionId": event.session_id,
        "deviceId": event.device_id,
        "logoutType": event.logout_type,
        "sessionsClosed": event.sessions_closed,
        "reason": event.reason,
        "ipAddress": event.ip_address,
        "userAgent": event.user_agent,
        "sessionDuration": event.session_duration,
        "success": event.success,
        "traceId": event.trace_id,
        "actor": {"type": event.actor.type, "id": event.actor.id} if event.actor else None,
    }


def _suspicions(listed: SuspicionList) -> Json:
    return {"suspicions": [_suspicion(one) for one in listed.suspicions]}


def _suspicion(one: Suspicion) -> Json:
    return {
        "kind": one.kind,
        "by": one.by,
        "subject": one.subject,
        "count": one.count,
        "firstAt": rfc3339(one.first_at),
        "lastAt": rfc3339(one.last_at),
    }


def _deliveries(page: DeliveryPage) -> Json:
    return {"deliveries": [_delivery(one) for one in page.deliveries], "nextCursor": page.next_cursor}


def _delivery(one: Delivery) -> Json:
    return {
        "deliveryId": one.delivery_id,
        "kind": one.kind,
        "receiver": one.receiver,
        "userId": one.user_id,
        "sessionId": one.session_id,
        "closedAt": rfc3339(one.closed_at),
        "status": "parked" if one.parked else "pending",
        "attempts": one.attempts,
        "lastError": one.last_error,
        "triedSince": rfc3339(one.tried_since),
        "nextAttemptAt": None if one.parked else rfc3339(one.next_at),
    }


# By operationId.
SUCCESSES: dict[str, Success] = {
    "login": Success(Text("Inicio de sesión exitoso", "Login successful"), _tokens),
    "refresh": Success(Text("Tokens renovados exitosamente", "Tokens refreshed successfully"), _tokens),
    "list_sessions": Success(Text("Sesiones activas", "Active sessions"), _sessions),
    "get_session": Success(Text("Sesión encontrada", "Session found"), _session_with_status),
    "change_password": Success(Text("Contraseña cambiada exitosamente", "Password changed successfully"), logout_data),
    "force_logout": Success(LOGOUT_SUCCESS["admin_forced"], logout_data),
    "list_suspicions": Success(Text("Actividad sospechosa", "Suspicious activity"), _suspicions),
    "list_deliveries": Success(Text("Señales por entregar", "Signals to be delivered"), _deliveries),
    "list_audit_events": Success(Text("Eventos de auditoría", "Audit events"), _audit_page),
}


def success(operation: str, value: object, language: Language) -> Rendered:
    """Render what the operation's handler returned.

    Args:
        operation: the operationId.
    """
    rule = SUCCESSES[operation]
    return Rendered(200, {"success": True, "message": rule.message(language), "data": rule.data(value)})
