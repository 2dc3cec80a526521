"""The OAuth endpoints: RFC 7009 revocation, RFC 7662 introspection, RFC 6749 refresh grant, RFC 8414 metadata."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from cierre.domain import client_secrets, credentials, logins, reauthentication, sessions
from cierre.domain.context import OperationContext
from cierre.errors import (
    ClientAuthenticationFailed,
    InvalidGrant,
    NotFound,
    RefreshTokenUnknown,
    TokenInvalid,
    Unauthorized,
    UnknownGrant,
    UnsupportedGrantType,
    ValidationFailed,
)
from cierre.outcomes import ActiveToken, IssuedTokens
from cierre.principal import Actor, Caller, Principal
from cierre.storage.repositories import clients
from cierre.storage.repositories import sessions as stored_sessions
from cierre.storage.rows import ClientRow, ClientSecretsRow, SessionRow
from cierre.tokens.access_tokens import AccessToken, Issuer
from cierre.tokens.jws import is_compact
from cierre.tokens.opaque import split_sanctum


async def authenticate_client(context: OperationContext, authorization: str | None, form: dict[str, Any]) -> ClientRow:
    """Authenticate a client: by Basic, by a secret in the body, or, a public client, by its id alone (RFC 6749, 2.3).

    Args:
        authorization: the header field's value; None: there is none.
        form: the request's body.

    Raises:
        ClientAuthenticationFailed: an unknown client, a wrong secret, or two ways of authentication at once.
    """
    client_id, secret = client_credentials(authorization, form)
    client = await clients.by_id(context.tx, client_id)
    if client is None:
        raise ClientAuthenticationFailed
    if client["secret_hash"] is not None or secret is not None:
        _require_proof(context, client, secret)
    return client


async def client_of_session(context: OperationContext, authorization: str | None, body: dict[str, Any]) -> str | None:
    """The client that begins or continues a session under /api/v1, by the ways of `authenticate_client`.

    Args:
        authorization: the header field's value; it counts where it is Basic, since a browser's interceptors add a stale
            bearer token to every request.
        body: of the request; `clientId` and `clientSecret` are read.

    Returns:
        Its id, which may be unregistered where no secret came with it; None: the request names no client.

    Raises:
        ClientAuthenticationFailed: a confidential client without its secret, or a secret that is not the client's.
    """
    client_id, secret = session_client_credentials(authorization, body)
    if client_id is None:
        return None
    client = await clients.by_id(context.tx, client_id)
    if secret is None and (client is None or client["secret_hash"] is None):
        return client_id
    _require_proof(context, client, secret)
    return client_id


def session_client_credentials(authorization: str | None, body: dict[str, Any]) -> tuple[str | None, str | None]:
    """Id and secret of the client, as a request under /api/v1 names them.

    Raises:
        ClientAuthenticationFailed: a secret without an id, one that can't be read, or two ways at once.
    """
    basic = authorization if (authorization or "").partition(" ")[0].lower() == "basic" else None
    members = {"client_id": body.get("clientId"), "client_secret": body.get("clientSecret")}
    given = {name: value for name, value in members.items() if value is not None}
    return client_credentials(basic, given) if basic is not None or given else (None, None)


def _require_proof(context: OperationContext, client: ClientSecretsRow | None, secret: str | None) -> None:
    """Refuse a client that is unknown, has no secret, or does not present it."""
    if client is None or secret is None or not client_secrets.proves(client, secret, now=context.now):
        raise ClientAuthenticationFailed


async def revoke(context: OperationContext, issuer: Issuer, client: ClientRow, token: str) -> None:
    """Close the session of a token; one that is unknown, expired or revoked is a success, too (RFC 7009, 2.2).

    Args:
        client: as `authenticate_client` returned it.
        token: an access, refresh or Sanctum token.

    Raises:
        InvalidGrant: the token was issued to another client and stays valid (RFC 7009, section 2.1).
    """
    try:
        principal = await credentials.of_any_token(context, issuer, token)
    except (Unauthorized, NotFound):
        return
    if principal.client_id != client["id"]:
        raise InvalidGrant
    try:
        by_client = replace(context, caller=context.caller.acting_as(Actor("client", client["id"])))
        await sessions.logout(by_client, principal, lenient=True)
    except Unauthorized:
        return


async def introspect(
    context: OperationContext, issuer: Issuer, authorization: str | None, form: dict[str, Any]
) -> ActiveToken | None:
    """What is known of a token (RFC 7662, section 2.2), told to a client that has a secret (section 2.1: no other may
    scan for tokens).

    Args:
        authorization: the header field's value; None: there is none.
        form: the request's body; its `token` is an access, refresh or Sanctum token.

    Returns:
        None: the token is not active: invalid, expired, revoked, rotated, or its session is closed.

    Raises:
        ClientAuthenticationFailed: as `authenticate_client`, or the client is a public one.
    """
    client_id, secret = client_credentials(authorization, form)
    token = form["token"]
    verified = _access_token(issuer, token) if is_compact(token) else None
    session = None
    if verified is not None:
        who = verified.principal
        session = await stored_sessions.find_for_client(context.tx, who.user_id, who.session_id, client_id=client_id)
    _require_proof(context, session or await clients.by_id(context.tx, client_id), secret)
    # A resource server asks, from an address that says nothing of the token's holder.
    context = replace(context, caller=Caller(None, None, context.caller.trace_id))
    try:
        if verified is not None:
            used = await sessions.used_if_open(context, session, by_holder=False)
            return _active(context, verified.principal, used, token, verified)
        if is_compact(token) or await _is_rotated(context, token):
            return None
        principal = await credentials.of_any_token(context, issuer, token)
        used = await sessions.require_open(context, principal, by_holder=False)
    except (Unauthorized, NotFound):
        return None
    return _active(context, principal, used, token, None)


def _access_token(issuer: Issuer, token: str) -> AccessToken | None:
    """The token; None: it is invalid or has expired."""
    try:
        verified = issuer.tokens.verify(token)
    except TokenInvalid:
        return None
    return None if verified.expired else verified


async def _is_rotated(context: OperationContext, token: str) -> bool:
    """Whether it is a refresh token that has a successor: inactive, but asking about it is no replay."""
    row = await credentials.find_refresh_token(context, token)
    return row is not None and row["exchanged_at"] is not None


def _active(
    context: OperationContext, principal: Principal, session: SessionRow, token: str, verified: AccessToken | None
) -> ActiveToken:
    active = ActiveToken(
        issuer=context.settings.issuer,
        user_id=principal.user_id,
        client_id=principal.client_id,
        session_id=principal.session_id,
        role=principal.role,
        device_id=principal.device_id,
        issued_at=session["created_at"],
        expires_at=principal.expires_at,
        authenticated_at=reauthentication.proven_at(session),
        scope=_scope(principal),
    )
    if split_sanctum(token):
        return replace(active, token_type="Bearer")
    if verified is None:
        return active
    return replace(
        active,
        token_type="Bearer",
        audience=context.settings.audience,
        jwt_id=verified.jti,
        issued_at=verified.issued_at,
    )


def _scope(principal: Principal) -> tuple[str, ...] | None:
    """None where there is no limit: a resource server that has not heard of abilities need not hear of them then."""
    if principal.abilities is None or "*" in principal.abilities:
        return None
    return tuple(sorted(principal.abilities))


async def refresh_grant(
    context: OperationContext, issuer: Issuer, client: ClientRow, form: dict[str, Any]
) -> IssuedTokens:
    """The refresh grant (RFC 6749, section 6).

    Args:
        client: as `authenticate_client` returned it.
        form: the request's body.

    Raises:
        UnsupportedGrantType: `grant_type` is not `refresh_token`.
        ValidationFailed: there is no refresh token.
        InvalidGrant: the refresh token is invalid, expired, replayed, or another client's.
    """
    if form["grant_type"] != "refresh_token":
        raise UnsupportedGrantType
    if "refresh_token" not in form:
        raise ValidationFailed.in_body("refresh_token", '"refresh_token" is required')
    try:
        return await logins.refresh(context, issuer, form["refresh_token"], client_id=client["id"])
    except RefreshTokenUnknown:
        raise UnknownGrant from None
    except Unauthorized:
        raise InvalidGrant from None


def client_credentials(authorization: str | None, form: dict[str, Any]) -> tuple[str, str | None]:
    """The client and the secret that a request presents: in one way, never in two (RFC 6749, section 2.3).

    Args:
        authorization: the header field's value; None: there is none.
        form: the request's body.

    Returns:
        The client's id, and its secret; None: it presents none.

    Raises:
        ClientAuthenticationFailed: it names no client, or authenticates in two ways.
    """
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
