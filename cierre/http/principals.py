"""From the credential of a request to its principal, and whether the contract lets that principal call the operation.

Connexion calls `bearer`, which the contract names. Where the credential is in body or cookie, which OpenAPI's security
cannot express, `x-cierre-principal` names its resolver, and validation calls it once the body is read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cierre.domain import credentials, sessions
from cierre.errors import RoleRequired, TokenMissing, TokenRevoked
from cierre.http import cookies
from cierre.http.request import Request
from cierre.principal import AccessRule, Principal, PrincipalSource
from cierre.tokens.opaque import split_sanctum

Resolver = Callable[[Request], Awaitable[Principal]]


async def bearer(request: Request) -> Principal:
    """The principal of the bearer token of a request (RFC 6750, section 2.1).

    Raises:
        TokenMissing, TokenInvalid, TokenExpired, TokenRevoked: 401.
        RoleRequired: 403.
    """
    token = _token(request)
    form = split_sanctum(token)
    # Decision 10: a second logout is an outcome of its own, so it gets the principal of a closed session, too.
    any_session = _access(request).source == "bearer_of_any_session"
    if form is None:
        principal = await _of_jwt(request, token, any_session=any_session)
    else:
        principal = await _of_sanctum(request, form, any_session=any_session)
    return _allowed(request, principal)


def body_resolver(access: AccessRule) -> Resolver | None:
    """What resolves the principal once the body is read; None: the operation has no such principal."""
    resolver = _IN_BODY.get(access.source)
    if resolver is None:
        return None

    async def resolve(request: Request) -> Principal:
        return _allowed(request, await resolver(request))

    return resolve


async def _of_refresh_token(request: Request) -> Principal:
    """The principal of the refresh token in body or cookie (document 004).

    Raises:
        RefreshTokenInvalid, RefreshTokenExpired, RefreshTokenReused: 401.
        ForeignOrigin: 403.
    """
    async with cookies.presented(request, request.json) as presented, request.context() as context:
        return await credentials.of_refresh_token(context, request.services.issuer, presented.token)


async def _of_user_token(request: Request) -> Principal:
    """The principal of the body's token, which must be its `user_id`'s (document 000).

    Raises:
        Unauthorized: 401.
    """
    body = request.json
    async with request.context() as context:
        return await credentials.of_token_of(
            context, request.services.issuer, user_id=body["user_id"], token=body["token"]
        )


_IN_BODY: dict[PrincipalSource, Resolver] = {"refresh_token": _of_refresh_token, "user_token": _of_user_token}


def _access(request: Request) -> AccessRule:
    assert request.access is not None
    return request.access


def _allowed(request: Request, principal: Principal) -> Principal:
    """The principal, if it has the role that the operation is for."""
    required = _access(request).role
    if required is not None and principal.role != required:
        raise RoleRequired(required)
    return principal


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise TokenMissing
    return token


async def _of_jwt(request: Request, token: str, *, any_session: bool) -> Principal:
    verified = request.services.issuer.tokens.verify(token)
    principal = verified.principal
    request.client_id = principal.client_id
    if verified.expired:
        async with request.context() as context:
            return await credentials.of_access_token(context, verified)
    if any_session:
        return principal
    if request.services.denylist.denies(principal.session_id, principal.user_id, verified.epoch):
        raise TokenRevoked
    async with request.context() as context:
        await sessions.require_open(context, principal)
    return principal


async def _of_sanctum(request: Request, form: tuple[int, str], *, any_session: bool) -> Principal:
    async with request.context() as context:
        principal = await credentials.of_sanctum_token(context, *form, for_closing=any_session)
        request.client_id = principal.client_id
        if not any_session:
            await sessions.require_open(context, principal)
    return principal
