"""RFC 9457 problem details: for failures only, where a client asks for them or no document speaks."""

from __future__ import annotations

from typing import Any

from cierre.dialects.catalogue import LOGOUT_SUCCESS, Language
from cierre.dialects.rendering import PROBLEM, Context, Rendered, message, phrase
from cierre.errors import CierreError
from cierre.outcomes import LogoutResult

DEFAULT_LANGUAGE: Language = "es"


def success(result: LogoutResult, language: Language) -> Rendered:
    return Rendered(200, {"success": True, "message": LOGOUT_SUCCESS[result.logout_type](language)})


def failure(error: CierreError, context: Context, status: int | None = None) -> Rendered:
    """`status`: that of the dialect whose place the problem details take; by default the error's own."""
    status = status or error.status
    body: dict[str, Any] = {
        "type": f"urn:cierre:error:{error.code}",
        "title": phrase(status),
        "status": status,
        "detail": message(error, context.language, "problem"),
        "instance": context.path,
        "code": error.code,
        "traceId": context.trace_id,
    }
    if error.details:
        body["details"] = error.details
    return Rendered(status, body, PROBLEM)
