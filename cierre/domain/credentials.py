"""From a credential to the session that it names. A bad credential fails; no other one is tried instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from cierre.domain import closing, events
from cierre.domain.context import OperationContext
from cierre.errors import (
    ClientAuthenticationFailed,
    RefreshTokenExpired,
    RefreshTokenInvalid,
    RefreshTokenReused,
    RefreshTokenUnknown,
    TokenExpired,
    TokenInvalid,
    Unauthorized,
)
from cierre.principal import Actor, Principal
from cierre.storage.repositories import audit, refresh_tokens, sanctum, sessions, users
from cierre.storage.rows import RefreshTokenRow, SanctumSessionRow, SanctumTokenRow, SessionWithUserRow
from cierre.storage.statements import laravel_time
from cierre.tokens.access_tokens import AccessToken, Issuer
from cierre.tokens.jws import is_compact
from cierre.tokens.opaque import (
    abilities_of,
    digest,
    family_of,
    same,
    sanctum_session_id,
    split_sanctum,
    successor,
    user_of,
)


async def of_access_token(context: OperationContext, token: AccessToken) -> Principal:
    """The session of a verified access token, be the session closed or not.

    Raises:
        TokenExpired: the token has expired; the error says whether a refresh would still help.
    """
    principal = token.principal
    if token.expired:
        raise await _expired(context, principal, token.expires_at)
    return principal


async def of_sanctum_token(
    context: OperationContext, token_id: int, token_hash: str, *, for_closing: bool = False
) -> Principal:
    """The session of a Sanctum token; a token that Laravel made gets its session at its first use.

    Args:
        token_id: the number before the `|`.
        token_hash: SHA-256 of what follows it, in hexadecimal digits.
        for_closing: accept a token that a refresh has replaced: it may close its session, and nothing
            else.

    Raises:
        TokenInvalid: there is no such token, or its user is unknown or disabled.
        TokenExpired: Laravel's `expires_at` or its `sanctum.expiration` is past.
    """
    row = await sanctum.find(context.tx, token_id)
    if row is None or not same(row["token"], token_hash):
        return await _of_deleted_sanctum_token(context, token_id, token_hash, for_closing=for_closing)
    if row["tokenable_type"] != context.settings.tokenable_type:
        raise TokenInvalid
    expires_at = _end_of(context, row)
    bound = await sanctum.session_of(context.tx, token_id) or await _bind(context, row, expires_at)
    if not same(bound["token_hash"], token_hash):
        # A restored table may number its tokens anew: this session is another token's.
        raise TokenInvalid
    principal = await _of_bound(context, bound, expires_at)
    return replace(principal, abilities=abilities_of(row["abilities"]))


class RefreshSession(NamedTuple):
    """A refresh token that was presented, and its session, as both were when they were read."""

    token: RefreshTokenRow
    session: SessionWithUserRow

    @property
    def principal(self) -> Principal:
        return _principal(self.session, self.token["expires_at"])


async def of_refresh_token(
    context: OperationContext,
    issuer: Issuer,
    token: str,
    *,
    owner: str | None = None,
    require: Callable[[SessionWithUserRow], None] | None = None,
) -> RefreshSession:
    """The session of a refresh token, be the session closed or not; the token is not rotated.

    Args:
        owner: the id of the user that the token has to belong to; another user's is left alone, even a replayed one.
        require: a condition on the session, checked first; what it raises leaves everything as it was.

    Raises:
        RefreshTokenInvalid: unknown, or not the owner's.
        RefreshTokenExpired: the token has expired.
        RefreshTokenReused: the token was rotated long ago; its session is closed now.
    """
    found = await find_refresh_session(context, token, owner=owner)
    row, session = found
    try:
        if require is not None:
            require(session)
        if row["expires_at"] <= context.now:
            raise RefreshTokenExpired
        if session["closed_at"] is None:
            await refuse_replay(context, row, token, issuer.secret)
    except (Unauthorized, ClientAuthenticationFailed) as refused:
        refused.client_id = session["client_id"]
        raise
    return found


async def find_refresh_session(context: OperationContext, token: str, *, owner: str | None = None) -> RefreshSession:
    """The refresh token and its session, whatever has become of them.

    Args:
        owner: as for `of_refresh_token`.

    Raises:
        RefreshTokenInvalid: unknown, not the owner's, or its session is gone.
    """
    found = await _find_by_user(context, token) or await _find_by_hash(context, token)
    if owner is not None and found.token["user_id"] != owner:
        raise RefreshTokenInvalid
    return found


async def _find_by_user(context: OperationContext, token: str) -> RefreshSession | None:
    """In one statement, that of a token that names its user; None: it names none, or is not kept any more."""
    user_id = user_of(token)
    row = await sessions.find_by_refresh_token(context.tx, user_id, digest(token)) if user_id is not None else None
    if row is None:
        return None
    presented = RefreshTokenRow(
        hash=row["refresh_hash"],
        user_id=row["user_id"],
        session_id=row["id"],
        issued_at=row["refresh_issued_at"],
        expires_at=row["refresh_expires_at"],
        exchanged_at=row["refresh_exchanged_at"],
        family=row["refresh_family"],
    )
    return RefreshSession(presented, row)


async def _find_by_hash(context: OperationContext, token: str) -> RefreshSession:
    """That of any refresh token; `RefreshTokenInvalid`: it is unknown, or its session is gone."""
    row = await find_refresh_token(context, token)
    if row is None:
        raise RefreshTokenUnknown
    session = await sessions.find_with_user(context.tx, row["user_id"], row["session_id"])
    if session is None:
        raise RefreshTokenInvalid
    return RefreshSession(row, session)


def require_client(client_id: str | None, session: SessionWithUserRow) -> None:
    """A refresh token is its client's own, and a confidential client's is worth nothing without the client's secret
    (RFC 6749, section 6).

    Args:
        client_id: of the client that authenticated; None: the request names none.

    Raises:
        ClientAuthenticationFailed: the session's client is confidential, and the request names none.
        RefreshTokenInvalid: the session is another client's.
    """
    if client_id is None:
        if session["client_is_confidential"]:
            raise ClientAuthenticationFailed
    elif session["client_id"] != client_id:
        raise RefreshTokenInvalid


async def of_token_of(context: OperationContext, issuer: Issuer, *, user_id: str, token: str) -> Principal:
    """The session of an access, refresh or Sanctum token, which must be the named user's (document 000).

    Raises:
        TokenInvalid: the token is another user's, or none of these; nothing is closed.
        Unauthorized: the token has expired or was replayed.
    """
    principal = await of_any_token(context, issuer, token, owner=user_id)
    if principal.user_id != user_id:
        raise TokenInvalid
    return principal


async def of_any_token(context: OperationContext, issuer: Issuer, token: str, *, owner: str | None = None) -> Principal:
    """The session of an access, refresh or Sanctum token, distinguished by form.

    Args:
        owner: the id of the user that a refresh token has to belong to.

    Raises:
        Unauthorized: the token is none of these, has expired or was replayed.
    """
    form = split_sanctum(token)
    if form is not None:
        return await of_sanctum_token(context, *form, for_closing=owner is not None)
    if is_compact(token):
        return await of_access_token(context, issuer.tokens.verify(token))
    return (await of_refresh_token(context, issuer, token, owner=owner)).principal


async def find_refresh_token(context: OperationContext, token: str) -> RefreshTokenRow | None:
    """The refresh token, be it rotated or not; None: it is unknown.

    Of a family's rotated tokens all but the last are gone: one of these is returned as rotated long ago.
    """
    row = await refresh_tokens.find(context.tx, digest(token))
    family = family_of(token)
    if row is not None or family is None:
        return row
    newest = await refresh_tokens.newest_of_family(context.tx, digest(family))
    if newest is None:
        return None
    return RefreshTokenRow(
        hash=digest(token),
        user_id=newest["user_id"],
        session_id=newest["session_id"],
        issued_at=0,
        expires_at=newest["expires_at"],
        exchanged_at=0,
        family=newest["family"],
    )


async def refuse_replay(context: OperationContext, row: RefreshTokenRow, token: str, secret: bytes) -> None:
    """Let a rotated refresh token pass within the grace while its successor is unused; otherwise it is a replay.

    Args:
        row: of the refresh token.
        secret: derives the successor.

    Raises:
        RefreshTokenReused: the token is replayed; its session is closed now.
    """
    if row["exchanged_at"] is None:
        return
    if context.now - row["exchanged_at"] <= context.settings.refresh_grace:
        following = await refresh_tokens.find(context.tx, digest(successor(token, secret)))
        if following is not None and following["exchanged_at"] is None:
            return
    async with context.tx.atomic():
        why = closing.automatic("refresh_reuse")
        closed = await closing.close_one(context, row["user_id"], row["session_id"], why)
        if closed.sessions_closed:
            await events.refresh_reused(context, row)
    raise RefreshTokenReused


async def _expired(context: OperationContext, principal: Principal, expired_at: int) -> TokenExpired:
    session = await sessions.find(context.tx, principal.user_id, principal.session_id)
    is_open = session is not None and session["closed_at"] is None and session["expires_at"] > context.now
    can_refresh = is_open and await refresh_tokens.any_live(context.tx, principal.user_id, principal.session_id)
    expired = TokenExpired(expired_at=expired_at, can_refresh=can_refresh)
    expired.client_id = principal.client_id
    return expired


async def _of_bound(context: OperationContext, bound: SanctumSessionRow, expires_at: int | None) -> Principal:
    """The session that a Sanctum token is bound to, unless the token has expired."""
    session = await sessions.find_with_user(context.tx, bound["user_id"], bound["session_id"])
    if session is None:
        raise TokenInvalid
    principal = _principal(session, expires_at)
    if expires_at is not None and expires_at <= context.now:
        raise await _expired(context, principal, expires_at)
    return principal


async def _of_deleted_sanctum_token(
    context: OperationContext, token_id: int, token_hash: str, *, for_closing: bool
) -> Principal:
    """Closing has deleted the token's row; the session kept its hash, so that a repeat is recognised."""
    bound = await sanctum.session_of(context.tx, token_id)
    if bound is None or not same(bound["token_hash"], token_hash):
        raise TokenInvalid
    session = await sessions.find(context.tx, bound["user_id"], bound["session_id"])
    renewed = session is not None and session["token_id"] not in {None, token_id}
    if session is None or (session["closed_at"] is None and not (for_closing and renewed)):
        # Laravel itself has deleted it; or a refresh has replaced it, and only closing accepts it.
        raise TokenInvalid
    return await _of_bound(context, bound, bound["expires_at"])


def _end_of(context: OperationContext, token: SanctumTokenRow) -> int | None:
    """When the token expires, in milliseconds, by its own `expires_at` and by its age; None: never.

    Raises:
        TokenInvalid: its age counts, and nobody knows it.
    """
    expires_at, created_at = laravel_time(token["expires_at"]), laravel_time(token["created_at"])
    longest = context.settings.sanctum_expiration
    if longest is None:
        return expires_at
    if created_at is None:
        raise TokenInvalid
    return min(created_at + longest, created_at + longest if expires_at is None else expires_at)


async def _bind(context: OperationContext, token: SanctumTokenRow, expires_at: int | None) -> SanctumSessionRow:
    """Give a token that Laravel made its session; of two first uses at once, one does."""
    owner = await users.by_tokenable_id(context.tx, token["tokenable_id"])
    if owner is None or not owner["enabled"]:
        raise TokenInvalid
    session_id = sanctum_session_id(token["id"])
    async with context.tx.atomic():
        user = await users.locked(context.tx, owner["id"])
        # Disabled since: all sessions of the user are closed already, and this would be one more.
        if user is None or not user["enabled"]:
            raise TokenInvalid
        if await sanctum.find(context.tx, token["id"]) is None:
            # Deleted since: by a closing of the session that another first use has made, or with all of the user's
            # tokens, which leaves none.
            bound = await sanctum.session_of(context.tx, token["id"])
            if bound is None:
                raise TokenInvalid
            return bound
        first = await sanctum.bind_session(
            context.tx,
            token_id=token["id"],
            token_hash=token["token"],
            expires_at=expires_at,
            user_id=user["id"],
            session_id=session_id,
        )
        if first:
            await sessions.add(
                context.tx,
                user_id=user["id"],
                session_id=session_id,
                epoch=user["epoch"],
                device_id=f"sanctum-{token['id']}",
                client_id="cierre",
                expires_at=context.now + context.settings.session_ttl,
                ip_address=context.caller.ip_address,
                user_agent=context.caller.user_agent,
                token_id=token["id"],
            )
            await audit.record(
                context.tx,
                "login",
                context.caller.acting_as(Actor("user", user["id"])),
                user_id=user["id"],
                session_id=session_id,
                device_id=f"sanctum-{token['id']}",
                reason="sanctum_token",
                subject="cierre",
            )
            await events.session_opened(
                context,
                user_id=user["id"],
                session_id=session_id,
                device_id=f"sanctum-{token['id']}",
                client_id="cierre",
                how="sanctum_token",
            )
    bound = await sanctum.session_of(context.tx, token["id"])
    assert bound is not None
    return bound


def _principal(session: SessionWithUserRow, expires_at: int | None) -> Principal:
    return Principal(
        session["user_id"], session["id"], session["role"], session["client_id"], session["device_id"], expires_at
    )
