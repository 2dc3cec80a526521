"""The successes under /api/v1: `{success, message, data}`, in one shape for every dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cierre.clock import rfc3339
from cierre.dialects.catalogue import Language, Text
from cierre.dialects.rendering import Rendered
from cierre.outcomes import SessionState

Json = dict[str, Any]


class Success(NamedTuple):
    """How the success of one operation is rendered.

    Attributes:
        message: the words.
        data: from what the handler returns to the members of `data`.
    """

    message: Text
    data: Callable[[Any], Json]


def _session_state(session: SessionState) -> Json:
    shown: Json = {
        "sessionId": session.session_id,
        "deviceId": session.device_id,
        "clientId": session.client_id,
        "createdAt": rfc3339(session.created_at),
        "lastSeenAt": rfc3339(session.last_seen_at),
        "ipAddress": session.ip_address,
        "userAgent": session.user_agent,
        "current": session.current,
        "status": "active",
    }
    if session.closed_at is not None:
        shown |= {"status": "closed", "closedAt": rfc3339(session.closed_at), "logoutReason": session.logout_reason}
    return {"session": shown}


# By operationId.
SUCCESSES: dict[str, Success] = {
    "get_session": Success(Text("Sesión encontrada", "Session found"), _session_state),
}


def success(operation: str, value: object, language: Language) -> Rendered:
    """Render what the operation's handler returned.

    Args:
        operation: the operationId.
    """
    rule = SUCCESSES[operation]
    return Rendered(200, {"success": True, "message": rule.message(language), "data": rule.data(value)})
