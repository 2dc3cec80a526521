"""RFC 6749, section 5.2: how the OAuth endpoints say that something is wrong."""

from __future__ import annotations

from cierre.dialects.catalogue import Language
from cierre.dialects.rendering import Context, Rendered, message
from cierre.errors import CierreError, OAuthError
from cierre.outcomes import LogoutResult

DEFAULT_LANGUAGE: Language = "en"

_BY_STATUS = {
    400: "invalid_request",
    401: "invalid_client",
    429: "temporarily_unavailable",
    500: "server_error",
    503: "temporarily_unavailable",
}


def success(_result: LogoutResult, _language: Language) -> Rendered:
    # RFC 7009, section 2.2: "The content of the response body is ignored by the client".
    return Rendered(200, None)


def failure(error: CierreError, context: Context) -> Rendered:
    code = error.oauth_code if isinstance(error, OAuthError) else _BY_STATUS.get(error.status, "invalid_request")
    return Rendered(error.status, {"error": code, "error_description": message(error, context.language, "oauth")})
