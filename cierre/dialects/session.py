"""Document 003, the canonical dialect."""

from __future__ import annotations

from typing import Any

from cierre.clock import rfc3339
from cierre.dialects.catalogue import LOGOUT_SUCCESS, Language
from cierre.dialects.rendering import Context, Rendered, message
from cierre.errors import CierreError
from cierre.outcomes import LogoutResult

DEFAULT_LANGUAGE: Language = "es"


def success(result: LogoutResult, language: Language) -> Rendered:
    body = {
        "success": True,
        "message": LOGOUT_SUCCESS[result.logout_type](language),
        "data": logout_data(result),
    }
    return Rendered(200, body)


def logout_data(result: LogoutResult) -> dict[str, Any]:
    return {
        "logout": {
            "sessionsClosed": result.sessions_closed,
            "deviceIds": list(result.device_ids),
            "logoutType": result.logout_type,
            "loggedOutAt": rfc3339(result.logged_out_at),
        },
        "user": {"id": result.user_id, "email": result.email, "activeSessions": result.active_sessions},
    }


def failure(error: CierreError, context: Context) -> Rendered:
    body = {
        "status": error.status,
        "code": error.code,
        "message": message(error, context.language, "session"),
        "details": error.details,
    }
    return Rendered(error.status, body)
