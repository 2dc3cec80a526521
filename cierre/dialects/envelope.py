"""Document 001: success has no body, failure an envelope with the trace id."""

from __future__ import annotations

from cierre.dialects.catalogue import CATALOGUE, Language
from cierre.dialects.rendering import FailureContext, Rendered, message
from cierre.errors import CierreError, PasswordRefused, SessionAlreadyClosed, ValidationFailed
from cierre.outcomes import LogoutResult

DEFAULT_LANGUAGE: Language = "en"


def success(_result: LogoutResult, _language: Language) -> Rendered:
    return Rendered(204, None)


def failure(error: CierreError, context: FailureContext) -> Rendered:
    # Document 001, "Edge Cases": "Token already invalid = must respond 401".
    status = 401 if isinstance(error, SessionAlreadyClosed) else error.status
    body = {
        "success": False,
        "message": message(error, context.language, "envelope"),
        "code": CATALOGUE[error.situation].envelope,
        "errors": _errors(error, context.language),
        "trace_id": context.trace_id,
    }
    return Rendered(status, body)


def _errors(error: CierreError, language: Language) -> dict[str, list[str]]:
    """What is wrong, by field; what has no field of its own, by where it is."""
    if isinstance(error, PasswordRefused):
        return {"newPassword": [message(error, language, "envelope")]}
    errors: dict[str, list[str]] = {}
    if isinstance(error, ValidationFailed):
        for violation in error.violations:
            field = violation.pointer.lstrip("/").replace("/", ".") or violation.location
            errors.setdefault(field, []).append(violation.message)
    return errors
