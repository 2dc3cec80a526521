"""Document 003, the canonical dialect."""

from __future__ import annotations

from cierre.dialects.catalogue import LOGOUT_SUCCESS, Language
from cierre.dialects.details import details
from cierre.dialects.rendering import FailureContext, Rendered, message
from cierre.dialects.successes import logout_data
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


def failure(error: CierreError, context: FailureContext) -> Rendered:
    body = {
        "status": error.status,
        "code": error.code,
        "message": message(error, context.language, "session"),
        "details": details(error),
    }
    return Rendered(error.status, body)
