"""From the credential of a request to its principal, and whether the contract lets that principal call the operation.

Connexion calls `bearer`, which the contract names. Where the credential is in body or cookie, which OpenAPI's security
cannot express, `x-cierre-principal` names its resolver, and validation calls it once the body is read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from cierre.domain import credentials, oauth, sessions
from cierre.errors import AbilityRequired, Forbidden, RoleRequired, TokenMissing, TokenRevoked
from cierre.http import cookies, counting, idempotency
from cierre.http.request import Request
from cierre.principal import AccessRule, Principal, PrincipalSource
from cierre.tokens.opaque import split_sanctum

Resolver = Callable[[Request], Awaitable[Principal]]


async def bearer(request: Request) -> Principal:
    """The principal of the bearer token of a request (RFC 6750, section 2.1).

    Raises:
        TokenMissing, TokenInvalid, TokenExpired, TokenRevoked: 401.
        RoleRequired, AbilityRequired: 403.
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


def check_members(request: Request) -> None:
    """Check what members of the body ask for besides (`x-cierre-ability-for`); a member that is false asks for nothing.

    Raises:
        AbilityRequired: 403.
    """
    if request.principal is None or not isinstance(request.json, dict):
        return
    for member, ability in _access(request).ability_for.items():
        if request.json.get(member) and not request.principal.may(ability):
            refused = AbilityRequired(ability)
            refused.user_id = request.principal.user_id
            raise refused


async def _of_refresh_token(request: Request) -> Principal:
    """The principal of the refresh token in body or cookie (document 004).

    Raises:
        RefreshTokenInvalid, RefreshTokenExpired, RefreshTokenReused: 401.
        ForeignOrigin: 403.
    """
    with cookies.presented(request, request.json) as presented:
        async with request.context() as context:
            return (await credentials.of_refresh_token(context, request.services.issuer, presented.token)).principal


async def _of_refresh_token_of_client(request: Request) -> Principal:
    """The same, where a confidential client has to prove its secret before the token is looked at.

    Raises:
        RefreshTokenInvalid, RefreshTokenExpired, RefreshTokenReused, ClientAuthenticationFailed: 401.
        ForeignOrigin: 403.
        Spent: 429.
    """
    await counting.client_of_session(request)
    with cookies.presented(request, request.json) as presented:
        async with request.context() as context:
            client_id = await oauth.client_of_session(context, request.headers.get("authorization"), request.json or {})
            mine = partial(credentials.require_client, client_id)
            found = await credentials.of_refresh_token(context, request.services.issuer, presented.token, require=mine)
    request.refresh_session = found
    return found.principal


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


_IN_BODY: dict[PrincipalSource, Resolver] = {
    "refresh_token": _of_refresh_token,
    "refresh_token_of_client": _of_refresh_token_of_client,
    "user_token": _of_user_token,
}


def _access(request: Request) -> AccessRule:
    assert request.access is not None
    return request.access


def _allowed(request: Request, principal: Principal) -> Principal:
    """The principal, if it has the role and the ability that the operation is for."""
    access = _access(request)
    refused: Forbidden | None = None
    if access.role is not None and principal.role != access.role:
        refused = RoleRequired(access.role)
    elif access.ability is not None and not principal.may(access.ability):
        refused = AbilityRequired(access.ability)
    if refused is not None:
        refused.user_id = principal.user_id
        raise refused
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
    request.user_id = principal.user_id
    request.client_id = principal.client_id
    if verified.expired:
        async with request.context() as context:
            return await credentials.of_access_token(context, verified)
    if any_session:
        return principal
    denied = request.services.denylist.denies(principal.session_id, principal.user_id, verified.epoch)
    await _require_open(request, principal, denied=denied)
    return principal


async def _require_open(request: Request, principal: Principal, *, denied: bool = False) -> None:
    """Refuse a closed session, unless its first request with the same key may be the one that closed it.

    Raises:
        TokenRevoked: it is closed.
    """
    revoked = TokenRevoked() if denied else await _revoked(request, principal)
    if revoked is not None and not await idempotency.is_known(request, principal):
        raise revoked
    request.revoked = revoked


async def _revoked(request: Request, principal: Principal) -> TokenRevoked | None:
    async with request.context() as context:
        try:
            request.session = await sessions.require_open(context, principal)
        except TokenRevoked as revoked:
            return revoked
    return None


async def _of_sanctum(request: Request, form: tuple[int, str], *, any_session: bool) -> Principal:
    async with request.context() as context:
        principal = await credentials.of_sanctum_token(context, *form, for_closing=any_session)
    request.client_id = principal.client_id
    if not any_session:
        await _require_open(request, principal)
    return principal
