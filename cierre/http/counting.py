"""Which limits count a request, and when: before it is authenticated, before it is handled, and once it is decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cierre.domain import oauth
from cierre.domain.logins import account_name
from cierre.errors import CierreError, ClientAuthenticationFailed
from cierre.http import cookies
from cierre.http.request import Request
from cierre.rate_limits.limiter import Reservation
from cierre.rate_limits.limits import (
    CLIENT_SECRET,
    CURRENT_PASSWORD,
    LIMITS,
    LOGIN,
    PASSWORD,
    PASSWORD_ANYWHERE,
    PASSWORD_ON_DEVICE,
    REFRESH_TOKEN,
    Limit,
    OperationLimits,
    Spent,
)


async def before_authentication(request: Request) -> None:
    """Count a request by its address.

    Where failures alone count, one with a token is counted once the token has failed: a valid one is never refused
    for what others at its address do.

    Raises:
        Spent: 429.
        TooManyLogins: 503.
    """
    limits = _limits(request)
    if limits is None:
        return
    if _mode(request) == "on":
        await _admit(request, limits.by_address, request.source)
    elif limits is LOGIN:
        await _reserve(request, limits.by_address, request.source)
    if limits is LOGIN:
        # Of a flood of logins most end here: the less is done for each, the less do other requests wait.
        request.services.passwords.refuse_when_full(request.source)


async def before_handling(request: Request) -> None:
    """Count a request by its user, and the attempt at a secret that it makes.

    Raises:
        Spent: 429.
    """
    limits = _limits(request)
    if limits is not None and limits.by_user is not None and request.principal is not None:
        count = _admit if _mode(request) == "on" else _reserve
        await count(request, limits.by_user, request.principal.user_id)
    attempt = _ATTEMPTS.get(request.operation or "")
    if attempt is not None:
        await attempt(request)


async def settle(request: Request, error: CierreError | None) -> CierreError | None:
    """Take back what has not to be counted after all, and count a token that has failed.

    Args:
        error: the request's outcome; None: it succeeded.

    Returns:
        The error to answer with: the given one, or 429 where this failure is one too many.
    """
    limiter = request.services.limiter
    while request.reservations:
        reservation = request.reservations.pop()
        if error is not None and _counts(reservation, error):
            limiter.keep(reservation)
        else:
            await limiter.give_back(reservation)
    if error is None or isinstance(error, Spent) or error.status >= 500:
        return error
    try:
        await _count_failed_token(request, error)
    except Spent as spent:
        return spent
    return error


def abandon(request: Request) -> None:
    """Let what is not settled stay counted: the request ended without an outcome."""
    while request.reservations:
        request.services.limiter.keep(request.reservations.pop())


def _counts(reservation: Reservation, error: CierreError) -> bool:
    if isinstance(error, Spent) or error.status >= 500:
        # Nothing was tried.
        return False
    return reservation.limit.guesses in {None, error.guessed}


async def _count_failed_token(request: Request, error: CierreError) -> None:
    limits = _limits(request)
    if limits is None:
        if error.guessed == REFRESH_TOKEN.guesses:
            await _admit(request, REFRESH_TOKEN, request.source)
    elif limits is not LOGIN and _mode(request) == "failures" and request.principal is None:
        await _admit(request, limits.by_address, request.source)


async def client_of_session(request: Request) -> None:
    """Count the attempt at the client's secret that a login or a refresh makes.

    Raises:
        Spent: 429.
    """
    try:
        client_id, secret = oauth.session_client_credentials(request.headers.get("authorization"), request.json or {})
    except ClientAuthenticationFailed:
        return
    if client_id is not None and secret is not None:
        await _reserve(request, CLIENT_SECRET, client_id, request.source)


async def _attempt_login(request: Request) -> None:
    await client_of_session(request)
    account = account_name(request.json["username"])
    device = cookies.known_device(request, account)
    if device is not None:
        # Whatever others guess at the account, its owner's device is let in; a thief of the cookie gets 20 guesses.
        await _reserve(request, PASSWORD_ON_DEVICE, account, device)
        return
    await _reserve(request, PASSWORD, account, request.source)
    await _reserve(request, PASSWORD_ANYWHERE, account)


async def _attempt_password_change(request: Request) -> None:
    assert request.principal is not None
    await _reserve(request, CURRENT_PASSWORD, request.principal.session_id)


async def _attempt_client_secret(request: Request) -> None:
    try:
        client_id, secret = oauth.client_credentials(request.headers.get("authorization"), request.json)
    except ClientAuthenticationFailed:
        # The handler refuses it without a look at any secret.
        return
    if secret is not None:
        await _reserve(request, CLIENT_SECRET, client_id, request.source)


# By operationId: they check a secret that can be guessed.
_ATTEMPTS: dict[str, Callable[[Request], Awaitable[None]]] = {
    "login": _attempt_login,
    "change_password": _attempt_password_change,
    "exchange_token": _attempt_client_secret,
    "introspect_token": _attempt_client_secret,
    "revoke_token": _attempt_client_secret,
}


def _limits(request: Request) -> OperationLimits | None:
    return LIMITS.get(request.operation or "")


def _mode(request: Request) -> str:
    return request.services.limiter.mode


async def _admit(request: Request, limit: Limit, *key: str) -> None:
    standing = await request.services.limiter.admit(limit, *key)
    if standing is not None:
        request.standings.append(standing)


async def _reserve(request: Request, limit: Limit, *key: str) -> None:
    reservation = await request.services.limiter.reserve(limit, *key)
    if reservation is not None:
        request.reservations.append(reservation)
