"""From the bearer token to the principal, and what his role lets him do. Connexion calls `bearer` by the contract."""

from __future__ import annotations

from cierre import credentials, sessions
from cierre.errors import RoleRequired, TokenMissing, TokenRevoked
from cierre.principal import Principal
from cierre.request import Request
from cierre.tokens import split_sanctum

# Decision 10: a second logout is an outcome of its own, so these look at the session themselves.
_DECIDE_THEMSELVES = frozenset({"logout"})
# Decision 26.
_ROLES = {"force_logout": "ADMIN", "list_audit_events": "ADMIN"}


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
        async with request.act() as act:
            return await credentials.of_access_token(act, verified)
    if request.operation in _DECIDE_THEMSELVES:
        return principal
    if request.services.denylist.denies(principal.session_id, principal.user_id, verified.epoch):
        raise TokenRevoked
    async with request.act() as act:
        await sessions.require_open(act, principal)
    return principal


async def _of_sanctum(request: Request, form: tuple[int, str]) -> Principal:
    async with request.act() as act:
        principal = await credentials.of_sanctum_token(act, *form)
        request.client_id = principal.client_id
        if request.operation not in _DECIDE_THEMSELVES:
            await sessions.require_open(act, principal)
    return principal
