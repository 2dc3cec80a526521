"""RFC 9457 problem details: for failures only, where a client asks for them, or no document gives a form."""

from __future__ import annotations

from typing import Any

from cierre.dialects.catalogue import LOGOUT_SUCCESS, Language
from cierre.dialects.details import details
from cierre.dialects.rendering import PROBLEM, FailureContext, Rendered, message, phrase
from cierre.errors import CierreError
from cierre.outcomes import LogoutResult

DEFAULT_LANGUAGE: Language = "es"


def success(result: LogoutResult, language: Language) -> Rendered:
    return Rendered(200, {"success": True, "message": LOGOUT_SUCCESS[result.logout_type](language)})


def failure(error: CierreError, context: FailureContext, status: int | None = None) -> Rendered:
    """Render an error as problem details.

    Args:
        status: of the dialect whose place the problem details take; None: the error's own.
    """
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
    if members := details(error):
        body["details"] = members
    return Rendered(status, body, PROBLEM)
