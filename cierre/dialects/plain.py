"""Document 000: success is the constant "5", a bad token 401 without a body; the document is silent on the rest."""

from __future__ import annotations

from cierre.dialects import problem
from cierre.dialects.catalogue import Language
from cierre.dialects.rendering import FailureContext, Rendered
from cierre.errors import CierreError, SessionAlreadyClosed, Unauthorized
from cierre.outcomes import LogoutResult

DEFAULT_LANGUAGE: Language = "es"


def success(_result: LogoutResult, _language: Language) -> Rendered:
    return Rendered(200, {"success": True, "message": "5"})


def failure(error: CierreError, context: FailureContext) -> Rendered:
    if isinstance(error, (Unauthorized, SessionAlreadyClosed)):
        return Rendered(401, None)
    return problem.failure(error, context)
