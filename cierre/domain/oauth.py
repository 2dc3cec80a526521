"""The standard doors: RFC 7009 revocation, RFC 7662 introspection, RFC 6749 refresh grant, RFC 8414 metadata."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from cierre.domain import credentials, logins, sessions
from cierre.domain.context import OperationContext
from cierre.errors import (
    ClientAuthenticationFailed,
    InvalidGrant,
    NotFound,
    Unauthorized,
    UnsupportedGrantType,
    ValidationFailed,
)
from cierre.principal import Caller, Principal
from cierre.settings import Settings
from cierre.storage.repositories import clients, refresh_tokens
from cierre.storage.rows import ClientRow, SessionRow
from cierre.tokens.access_tokens import Issuer
from cierre.tokens.opaque import digest, same, split_sanctum


async def authenticate_client(context: OperationContext, authorization: str | None, form: dict[str, Any]) -> ClientRow:
    """The client that asks: by Basic, by secret in the body, or, a public one, by its id alone (RFC 6749, 2.3).

    Raises:
        ClientAuthenticationFailed
    """
    client_id, secret = _client_credentials(authorization, form)
    client = await clients.by_id(context.tx, client_id)
    if client is None:
        raise ClientAuthenticationFailed
    known = client["secret_hash"]
    if known is None and secret is None:
        return client
    if known is None or secret is None or not same(known, digest(secret)):
        raise ClientAuthenticationFailed
    return client


async def authenticate_confidential_client(
    context: OperationContext, authorization: str | None, form: dict[str, Any]
) -> ClientRow:
    """The same, of a client that has a secret (RFC 7662, section 2.1: nobody else may scan for tokens).

    Raises:
        ClientAuthenticationFailed
    """
    client = await authenticate_client(context, authorization, form)
    if client["secret_hash"] is None:
        raise ClientAuthenticationFailed
    return client


async def revoke(context: OperationContext, issuer: Issuer, client: ClientRow, token: str) -> None:
    """Close the session of any token; one that is unknown, expired or dead already is dead enough (RFC 7009, 2.2).

    Raises:
        InvalidGrant: it was issued to another client and goes on living, so the answer is no success (section 2.1).
    """
    try:
        principal = await credentials.of_any_token(context, issuer, token)
    except (Unauthorized, NotFound):
        return
    if principal.client_id != client["id"]:
        raise InvalidGrant
    try:
        await sessions.logout(context, principal, lenient=True)
    except Unauthorized:
        return


async def introspect(context: OperationContext, issuer: Issuer, token: str) -> dict[str, Any]:
    """What the token is worth; a dead one is `{"active": false}` and no more (RFC 7662, section 2.2)."""
    # A resource server asks, from an address that says nothing of the token's holder.
    context = replace(context, caller=Caller(None, None, context.caller.trace_id))
    try:
        if await _is_exchanged(context, token):
            return {"active": False}
        principal = await credentials.of_any_token(context, issuer, token)
        session = await sessions.require_open(context, principal, by_holder=False)
    except (Unauthorized, NotFound):
        return {"active": False}
    return _active(context, issuer, principal, session, token)


async def _is_exchanged(context: OperationContext, token: str) -> bool:
    """Whether it is a refresh token that has a successor: dead, but asking about it is no replay."""
    row = await refresh_tokens.find(context.tx, digest(token))
    return row is not None and row["exchanged_at"] is not None


def _active(
    context: OperationContext, issuer: Issuer, principal: Principal, session: SessionRow, token: str
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "active": True,
        "iss": context.settings.issuer,
        "sub": principal.user_id,
        "client_id": principal.client_id,
        "sid": principal.session_id,
        "role": principal.role,
        "device": principal.device_id,
        "iat": session["created_at"] // 1000,
    }
    if principal.expires_at is not None:
        answer["exp"] = principal.expires_at // 1000
    if split_sanctum(token):
        return answer | {"token_type": "Bearer"}
    if token.count(".") != 2:
        # A refresh token has no type of RFC 6749, section 7.1: it opens no resource.
        return answer
    verified = issuer.tokens.verify(token)
    return answer | {
        "token_type": "Bearer",
        "aud": context.settings.audience,
        "jti": verified.jti,
        "iat": verified.issued_at // 1000,
    }


async def exchange(
    context: OperationContext, issuer: Issuer, client: ClientRow, form: dict[str, Any]
) -> dict[str, Any]:
    """The refresh grant (RFC 6749, section 6).

    Raises:
        UnsupportedGrantType, InvalidGrant
        ValidationFailed: there is no refresh token.
    """
    if form["grant_type"] != "refresh_token":
        raise UnsupportedGrantType
    if "refresh_token" not in form:
        message = '"refresh_token" is required'
        raise ValidationFailed([{"location": "body", "pointer": "/refresh_token", "message": message}])
    try:
        issued = await logins.refresh(context, issuer, form["refresh_token"], client_id=client["id"])
    except Unauthorized:
        raise InvalidGrant from None
    return {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "refresh_token": issued.refresh_token,
    }


def metadata(settings: Settings) -> dict[str, Any]:
    """RFC 8414, section 2."""
    issuer = settings.issuer.rstrip("/")
    confidential = ["client_secret_basic", "client_secret_post"]
    return {
        "issuer": settings.issuer,
        "token_endpoint": f"{issuer}/oauth2/token",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "introspection_endpoint": f"{issuer}/oauth2/introspect",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": [],
        "grant_types_supported": ["refresh_token"],
        "token_endpoint_auth_methods_supported": [*confidential, "none"],
        "revocation_endpoint_auth_methods_supported": [*confidential, "none"],
        "introspection_endpoint_auth_methods_supported": confidential,
    }


def _client_credentials(authorization: str | None, form: dict[str, Any]) -> tuple[str, str | None]:
    """One way of authenticating a request, never two (RFC 6749, section 2.3)."""
    if authorization is None:
        client_id, secret = form.get("client_id"), form.get("client_secret")
        if not client_id:
            raise ClientAuthenticationFailed
        return client_id, secret
    scheme, _, encoded = authorization.partition(" ")
    try:
        if scheme.lower() != "basic" or form.get("client_secret") is not None:
            raise ClientAuthenticationFailed
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise ClientAuthenticationFailed from None
    client_id = unquote_plus(name)
    if not colon or form.get("client_id", client_id) != client_id:
        raise ClientAuthenticationFailed
    return client_id, unquote_plus(password)
