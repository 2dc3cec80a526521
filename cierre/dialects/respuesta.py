"""Document 002: a number, words and an empty result."""

from __future__ import annotations

from cierre.dialects.catalogue import CATALOGUE, RESPUESTA_SUCCESS, Language
from cierre.dialects.rendering import FailureContext, Rendered, message
from cierre.errors import CierreError, SessionAlreadyClosed
from cierre.outcomes import LogoutResult

DEFAULT_LANGUAGE: Language = "es"


def success(_result: LogoutResult, language: Language) -> Rendered:
    return _closed(language)


def failure(error: CierreError, context: FailureContext) -> Rendered:
    # Document 002, "Notas": "recomendado: retornar éxito para evitar exponer información".
    if isinstance(error, SessionAlreadyClosed):
        return _closed(context.language)
    body = {
        "error": CATALOGUE[error.situation].respuesta,
        "respuesta": message(error, context.language, "respuesta"),
        "resultado": {},
    }
    return Rendered(error.status, body)


def _closed(language: Language) -> Rendered:
    return Rendered(200, {"error": 0, "respuesta": RESPUESTA_SUCCESS(language), "resultado": {}})
