"""What the OAuth endpoints answer: RFC 6749 (tokens, errors), RFC 7662 (introspection), RFC 8414 (metadata)."""

from __future__ import annotations

from typing import Any

from cierre.dialects.catalogue import Language
from cierre.dialects.rendering import FailureContext, Rendered, message
from cierre.errors import CierreError, OAuthError, ReauthenticationRequired
from cierre.outcomes import ActiveToken, IssuedTokens, LogoutResult

DEFAULT_LANGUAGE: Language = "en"

Json = dict[str, Any]

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


def failure(error: CierreError, context: FailureContext) -> Rendered:
    if isinstance(error, OAuthError):
        code = error.code.lower()
    elif isinstance(error, ReauthenticationRequired):
        # RFC 9470, section 3.
        code = "insufficient_user_authentication"
    else:
        code = _BY_STATUS.get(error.status, "invalid_request")
    return Rendered(error.status, {"error": code, "error_description": message(error, context.language, "oauth")})


def token_response(issued: IssuedTokens) -> Json:
    """RFC 6749, section 5.1."""
    return {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "refresh_token": issued.refresh_token,
    }


def introspection(token: ActiveToken | None) -> Json:
    """RFC 7662, section 2.2; None is a token that is not active. A member without a value is left out."""
    if token is None:
        return {"active": False}
    members = {
        "active": True,
        "iss": token.issuer,
        "sub": token.user_id,
        "client_id": token.client_id,
        "sid": token.session_id,
        "role": token.role,
        "device": token.device_id,
        "iat": token.issued_at // 1000,
        "exp": None if token.expires_at is None else token.expires_at // 1000,
        # RFC 9470, section 6.2.
        "auth_time": None if token.authenticated_at is None else token.authenticated_at // 1000,
        "token_type": token.token_type,
        "aud": token.audience,
        "jti": token.jwt_id,
        "scope": None if token.scope is None else " ".join(token.scope),
    }
    return {name: value for name, value in members.items() if value is not None}


def metadata(issuer: str) -> Json:
    """RFC 8414, section 2, and OpenID Connect Back-Channel Logout 1.0, section 2.1.

    Args:
        issuer: the public URL of the service.
    """
    base = issuer.rstrip("/")
    confidential = ["client_secret_basic", "client_secret_post"]
    return {
        "issuer": issuer,
        "token_endpoint": f"{base}/oauth2/token",
        "revocation_endpoint": f"{base}/oauth2/revoke",
        "introspection_endpoint": f"{base}/oauth2/introspect",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "response_types_supported": [],
        "grant_types_supported": ["refresh_token"],
        "token_endpoint_auth_methods_supported": [*confidential, "none"],
        "revocation_endpoint_auth_methods_supported": [*confidential, "none"],
        "introspection_endpoint_auth_methods_supported": confidential,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
