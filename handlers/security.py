"""From the credential to the principal, and what his role lets him do.

Connexion calls `bearer` by the contract. Where the credential is in body or cookie, which OpenAPI's security can't say,
a handler names its resolver with `resolved_by`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from cierre.domain import credentials, sessions
from cierre.errors import RoleRequired, TokenMissing, TokenRevoked
from cierre.http import cookies
from cierre.http.request import Request
from cierre.principal import Principal
from cierre.tokens.opaque import split_sanctum

# Decision 10: a second logout is an outcome of its own, so these look at the session themselves.
_DECIDE_THEMSELVES = frozenset({"logout"})
# Decision 26.
_ROLES = {"force_logout": "ADMIN", "list_audit_events": "ADMIN"}

Resolver = Callable[[Request], Awaitable[Principal]]
Handler = TypeVar("Handler", bound=Callable[..., Any])


def resolved_by(resolver: Resolver) -> Callable[[Handler], Handler]:
    """The handler's principal comes from `resolver`, once the body is read and before anything is decided."""

    def mark(handler: Handler) -> Handler:
        handler.resolver = resolver  # type: ignore[attr-defined]
        return handler

    return mark


async def refresh_token(request: Request) -> Principal:
    """The principal of the refresh token in body or cookie (document 004).

    Raises:
        RefreshTokenInvalid, RefreshTokenExpired, RefreshTokenReused: 401.
        ForeignOrigin: 403.
    """
    async with cookies.presented(request, request.json) as presented, request.context() as context:
        return await credentials.of_refresh_token(context, request.services.issuer, presented.token)


async def user_token(request: Request) -> Principal:
    """The principal of the body's token, which must be its `user_id`'s (document 000).

    Raises:
        Unauthorized: 401.
    """
    body = request.json
    async with request.context() as context:
        return await credentials.of_token_of(
            context, request.services.issuer, user_id=body["user_id"], token=body["token"]
        )


async def bearer(request: Request) -> Principal:
    """The principal of the bearer token of a request (RFC 6750, section 2.1).

    Raises:
        TokenMissing, TokenInvalid, TokenExpired, TokenRevoked: 401.
        RoleRequired: 403.
    """
    token = _token(request)
    form = split_sanctum(token)
    principal = await (_of_jwt(request, token) if form is None else _of_sanctum(request, form))
    required = _ROLES.get(request.operation or "")
    if required is not None and principal.role != required:
        raise RoleRequired(required)
    return principal


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise TokenMissing
    return token


async def _of_jwt(request: Request, token: str) -> Principal:
    verified = request.services.issuer.tokens.verify(token)
    principal = verified.principal
    request.client_id = principal.client_id
    if verified.expired:
        async with request.context() as context:
            return await credentials.of_access_token(context, verified)
    if request.operation in _DECIDE_THEMSELVES:
        return principal
    if request.services.denylist.denies(principal.session_id, principal.user_id, verified.epoch):
        raise TokenRevoked
    async with request.context() as context:
        await sessions.require_open(context, principal)
    return principal


async def _of_sanctum(request: Request, form: tuple[int, str]) -> Principal:
    async with request.context() as context:
        principal = await credentials.of_sanctum_token(context, *form, closing=request.operation in _DECIDE_THEMSELVES)
        request.client_id = principal.client_id
        if request.operation not in _DECIDE_THEMSELVES:
            await sessions.require_open(context, principal)
    return principal
