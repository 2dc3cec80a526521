"""Opening sessions and keeping them open: login, refresh, and the password that guards both."""

from __future__ import annotations

import uuid
from typing import Literal

from cierre.domain import closing, passwords
from cierre.domain.context import OperationContext
from cierre.domain.credentials import refuse_replay
from cierre.domain.sessions import end_reason, record_use
from cierre.errors import LoginFailed, RefreshTokenExpired, RefreshTokenInvalid, Unauthorized, ValidationFailed
from cierre.outcomes import IssuedTokens, LogoutResult
from cierre.principal import Principal
from cierre.storage.repositories import clients, refresh_tokens, sanctum, sessions, users
from cierre.storage.rows import RefreshTokenRow, SessionWithUserRow, UserRow
from cierre.tokens.access_tokens import Issuer
from cierre.tokens.opaque import digest, new_id, new_refresh_token, successor

TokenFormat = Literal["jwt", "opaque"]


async def find_account(context: OperationContext, username: str) -> UserRow | None:
    """The account of a login name.

    Args:
        username: an e-mail address, in any case and with blanks around it.
    """
    return await users.by_email(context.tx, username.strip().lower())


async def account_of(context: OperationContext, principal: Principal) -> UserRow | None:
    """The caller's own account."""
    return await users.by_id(context.tx, principal.user_id)


async def check_password(account: UserRow | None, password: str) -> UserRow:
    """The account, if the password is its own.

    Args:
        account: None: there is no such account.

    Raises:
        LoginFailed: no account, a wrong password, or the account is disabled: each takes as long and says the same.
    """
    right = await passwords.verify(password, account["password_hash"] if account else None)
    if account is None or not right or not account["enabled"]:
        raise LoginFailed
    return account


async def login(
    context: OperationContext,
    issuer: Issuer,
    account: UserRow,
    *,
    client_id: str,
    device_id: str | None = None,
    token_format: TokenFormat = "jwt",
) -> IssuedTokens:
    """Open a session.

    Args:
        account: as `check_password` returned it.
        client_id: the registered client that the tokens are issued to.
        device_id: None: a new UUID.
        token_format: of the access token: `opaque` is Sanctum's.

    Raises:
        ValidationFailed: the client is not registered; only a caller with the right password learns it.
        LoginFailed: the account was disabled or its password changed meanwhile.
    """
    if await clients.by_id(context.tx, client_id) is None:
        raise ValidationFailed.in_body("clientId", f"{client_id} is not a registered client")
    async with context.tx.atomic():
        # Closing "all" at the same time waits for this login, or this login for it: no session is missed or lost.
        user = await users.locked(context.tx, account["id"])
        if user is None or not user["enabled"] or user["password_hash"] != account["password_hash"]:
            raise LoginFailed
        principal = Principal(user["id"], new_id(), user["role"], client_id, device_id or str(uuid.uuid4()))
        await sessions.add(
            context.tx,
            user_id=user["id"],
            session_id=principal.session_id,
            epoch=user["epoch"],
            device_id=principal.device_id,
            client_id=client_id,
            expires_at=context.now + context.settings.session_ttl,
            ip_address=context.caller.ip_address,
            user_agent=context.caller.user_agent,
        )
        refresh_token = new_refresh_token()
        await _store(context, principal, refresh_token)
        if token_format == "opaque":
            access = await _new_opaque(context, user["tokenable_id"], principal)
        else:
            access = issuer.tokens.issue(principal, epoch=user["epoch"], at=context.now)
    return _issued(context, principal, user["email"], access, refresh_token)


async def refresh(
    context: OperationContext, issuer: Issuer, token: str, *, client_id: str | None = None
) -> IssuedTokens:
    """Rotate a refresh token: its successor takes its place, and comes with a new access token.

    Args:
        client_id: of the authenticated client, which must be the session's; None: no client authenticated.

    Raises:
        RefreshTokenInvalid: unknown, of a closed session, of another client, or used from elsewhere.
        RefreshTokenExpired: the token or its session has expired.
        RefreshTokenReused: the token was rotated before; its session is closed now (RFC 9700, section 4.14.2).
    """
    row = await refresh_tokens.find(context.tx, digest(token))
    if row is None:
        raise RefreshTokenInvalid
    session = await sessions.find_with_user(context.tx, row["user_id"], row["session_id"])
    if session is None:
        raise RefreshTokenInvalid
    try:
        return await _refresh(context, issuer, token, row, session, client_id)
    except Unauthorized as refused:
        refused.client_id = session["client_id"]
        raise


async def _refresh(
    context: OperationContext,
    issuer: Issuer,
    token: str,
    row: RefreshTokenRow,
    session: SessionWithUserRow,
    client_id: str | None,
) -> IssuedTokens:
    if row["expires_at"] <= context.now:
        raise RefreshTokenExpired
    if session["closed_at"] is not None or not session["enabled"]:
        raise RefreshTokenInvalid
    if client_id is not None and session["client_id"] != client_id:
        raise RefreshTokenInvalid
    reason = end_reason(context, session)
    if reason is not None:
        await closing.close_one(context, session["user_id"], session["id"], closing.automatic(reason))
        raise RefreshTokenExpired
    reason = await record_use(context, session)
    if reason is not None:
        await closing.close_one(context, session["user_id"], session["id"], closing.automatic(reason))
        raise RefreshTokenInvalid
    return await _rotate(context, issuer, token, row, session)


async def change_password(
    context: OperationContext, principal: Principal, account: UserRow, *, new_hash: str
) -> LogoutResult:
    """Set the new password and close the caller's other sessions, together.

    Args:
        account: as `check_password` returned it.
        new_hash: of the new password, as `passwords.hashed` makes it.

    Raises:
        LoginFailed: the password was changed meanwhile.
    """
    async with context.tx.atomic():
        if not await users.change_password(context.tx, account["id"], old=account["password_hash"], new=new_hash):
            raise LoginFailed
        why = closing.automatic("password_change")
        return await closing.close_others(context, principal.user_id, principal.session_id, why)


async def _rotate(
    context: OperationContext, issuer: Issuer, token: str, row: RefreshTokenRow, session: SessionWithUserRow
) -> IssuedTokens:
    following = successor(token, issuer.secret)
    principal = Principal(
        session["user_id"], session["id"], session["role"], session["client_id"], session["device_id"]
    )
    async with context.tx.atomic():
        first = await refresh_tokens.exchange(context.tx, row["hash"])
        if first:
            await _store(context, principal, following)
            await sessions.touch(
                context.tx,
                principal.user_id,
                principal.session_id,
                ip_address=context.caller.ip_address,
                user_agent=context.caller.user_agent,
            )
    if not first:
        # Another request rotated it: a moment ago, or long ago.
        rotated = await refresh_tokens.find(context.tx, row["hash"])
        await refuse_replay(context, rotated or row, token, issuer.secret)
    if session["token_id"] is not None:
        access = await _renew_opaque(context, principal)
    else:
        access = issuer.tokens.issue(principal, epoch=session["epoch"], at=context.now)
    return _issued(context, principal, session["email"], access, following)


async def _store(context: OperationContext, principal: Principal, refresh_token: str) -> None:
    await refresh_tokens.add(
        context.tx,
        token_hash=digest(refresh_token),
        user_id=principal.user_id,
        session_id=principal.session_id,
        expires_at=context.now + context.settings.refresh_ttl,
    )


async def _renew_opaque(context: OperationContext, principal: Principal) -> str:
    async with context.tx.atomic():
        user = await users.locked(context.tx, principal.user_id)
        current = await sessions.locked(context.tx, principal.user_id, principal.session_id)
        if user is None or current is None or current["closed_at"] is not None or current["token_id"] is None:
            raise RefreshTokenInvalid
        await sanctum.delete(context.tx, current["token_id"])
        return await _new_opaque(context, user["tokenable_id"], principal)


async def _new_opaque(context: OperationContext, tokenable_id: int, principal: Principal) -> str:
    """A token in Sanctum's form and table, bound to the session."""
    secret = new_refresh_token()
    expires_at = context.now + context.settings.access_ttl
    token_id = await sanctum.add(
        context.tx,
        tokenable_type=context.settings.tokenable_type,
        tokenable_id=tokenable_id,
        name=principal.client_id,
        token_hash=digest(secret),
        expires_at=expires_at,
    )
    await sanctum.bind_session(
        context.tx,
        token_id=token_id,
        token_hash=digest(secret),
        expires_at=expires_at,
        user_id=principal.user_id,
        session_id=principal.session_id,
    )
    await sessions.set_token(context.tx, principal.user_id, principal.session_id, token_id)
    return f"{token_id}|{secret}"


def _issued(
    context: OperationContext, principal: Principal, email: str, access: str, refresh_token: str
) -> IssuedTokens:
    return IssuedTokens(
        access_token=access,
        refresh_token=refresh_token,
        expires_in=max(1, round(context.settings.access_ttl / 1000)),
        refresh_expires_in=max(1, round(context.settings.refresh_ttl / 1000)),
        session_id=principal.session_id,
        user_id=principal.user_id,
        email=email,
        role=principal.role,
        client_id=principal.client_id,
    )
