"""Document 004: success is 200 without content, failure an ErrorResponseDTO."""

from __future__ import annotations

from cierre.clock import rfc3339
from cierre.dialects.catalogue import Language
from cierre.dialects.rendering import FailureContext, Rendered, message, phrase
from cierre.errors import CierreError, SessionAlreadyClosed
from cierre.outcomes import LogoutResult

DEFAULT_LANGUAGE: Language = "es"


def success(_result: LogoutResult, _language: Language) -> Rendered:
    return Rendered(200, None)


def failure(error: CierreError, context: FailureContext) -> Rendered:
    # Document 004, 8.2: "El token de refresco no debe haber sido ya invalidado".
    status = 401 if isinstance(error, SessionAlreadyClosed) else error.status
    body = {
        "timestamp": rfc3339(context.now),
        "status": status,
        "error": phrase(status),
        "message": message(error, context.language, "dto"),
        "path": context.path,
    }
    return Rendered(status, body)
