"""Opening sessions and keeping them open: login, refresh, and the password that guards both."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Literal

from cierre.domain import closing, events, password_rules
from cierre.domain.context import OperationContext
from cierre.domain.credentials import RefreshSession, find_refresh_session, refuse_replay, require_client
from cierre.domain.passwords import Passwords
from cierre.domain.sessions import end_reason, record_use, suspicion_of_use
from cierre.errors import (
    ClientAuthenticationFailed,
    LoginFailed,
    RefreshTokenExpired,
    RefreshTokenInvalid,
    TooManyLogins,
    Unauthorized,
    ValidationFailed,
)
from cierre.outcomes import IssuedTokens, LogoutResult
from cierre.principal import Actor, Principal
from cierre.settings import Settings
from cierre.storage.repositories import audit, clients, refresh_tokens, sanctum, sessions, users
from cierre.storage.rows import RefreshTokenRow, SessionWithUserRow, UserRow
from cierre.tokens.access_tokens import Issuer
from cierre.tokens.opaque import (
    access_of,
    digest,
    family_of,
    new_id,
    new_refresh_token,
    new_secret,
    same,
    split_sanctum,
    successor,
)

TokenFormat = Literal["jwt", "opaque"]


async def find_account(context: OperationContext, username: str) -> UserRow | None:
    """The account of a login name.

    Args:
        username: an e-mail address, in any case and with blanks around it.
    """
    return await users.by_email(context.tx, account_name(username))


def account_name(username: str) -> str:
    """The login name as accounts have it: in small letters, without blanks around it."""
    return username.strip().lower()


async def account_of(context: OperationContext, principal: Principal) -> UserRow | None:
    """The caller's own account."""
    return await users.by_id(context.tx, principal.user_id)


async def check_password(passwords: Passwords, account: UserRow | None, password: str, *, source: str = "") -> UserRow:
    """The account, if the password is its own.

    Args:
        account: None: there is no such account.
        source: who asks, as `Passwords` has it.

    Raises:
        LoginFailed: no account, a wrong password, or the account is disabled: each takes as long and says the same.
        TooManyLogins: it was not checked.
    """
    right = await passwords.verify(password, account["password_hash"] if account else None, source=source)
    if account is None or not right or not account["enabled"]:
        raise LoginFailed.of(account["id"] if account else None)
    return account


async def stronger_hash(passwords: Passwords, account: UserRow, password: str) -> str | None:
    """The password's hash as it is made now, where the account's was made with less work; None: it was not.

    Args:
        account: as `check_password` returned it.
        password: the account's own.
    """
    if not passwords.is_outdated(account["password_hash"]):
        return None
    try:
        return await passwords.hash(password)
    except TooManyLogins:
        # Not worth refusing a login for: the next one will do.
        return None


async def replace_hash(
    context: OperationContext, passwords: Passwords, account: UserRow, password: str, new_hash: str | None
) -> UserRow:
    """Keep the stronger hash of the same password; no session is closed by it.

    Args:
        account: as `check_password` returned it.
        password: the account's own.
        new_hash: as `stronger_hash` returned it.

    Returns:
        The account as it is now.

    Raises:
        LoginFailed: the password was changed meanwhile.
    """
    if new_hash is None:
        return account
    if await users.change_password(context.tx, account["id"], old=account["password_hash"], new=new_hash):
        return {**account, "password_hash": new_hash}
    # Another login of the same user was faster, unless the password was changed.
    return await check_password(passwords, await users.by_id(context.tx, account["id"]), password)


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
            raise LoginFailed.of(account["id"])
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
        await audit.record(
            context.tx,
            "login",
            context.caller.acting_as(Actor("user", user["id"])),
            user_id=user["id"],
            session_id=principal.session_id,
            device_id=principal.device_id,
            reason="password",
            subject=client_id,
        )
        await events.session_opened(
            context,
            user_id=user["id"],
            session_id=principal.session_id,
            device_id=principal.device_id,
            client_id=client_id,
            how="password",
        )
        refresh_token = new_refresh_token(user["id"])
        await _store(context, principal, refresh_token)
        if token_format == "opaque":
            access = await _new_opaque(context, user["tokenable_id"], principal, new_secret())
        else:
            access = issuer.tokens.issue(principal, epoch=user["epoch"], at=context.now)
    return _issued(context, principal, user["email"], access, refresh_token)


async def refresh(
    context: OperationContext, issuer: Issuer, token: str, *, client_id: str | None = None
) -> IssuedTokens:
    """Rotate a refresh token: its successor takes its place, and comes with a new access token.

    Args:
        client_id: of the client that authenticated, which must be the session's; None: the request names none.

    Raises:
        ClientAuthenticationFailed: the session's client is confidential, and the request names none.
        RefreshTokenInvalid: unknown, of a closed session, of another client, or used from elsewhere.
        RefreshTokenExpired: the token or its session has expired.
        RefreshTokenReused: the token was rotated before; its session is closed now (RFC 9700, section 4.14.2).
    """
    found = await find_refresh_session(context, token)
    return await exchange(context, issuer, token, found, require=partial(require_client, client_id))


async def exchange(
    context: OperationContext,
    issuer: Issuer,
    token: str,
    found: RefreshSession,
    *,
    require: Callable[[SessionWithUserRow], None] | None = None,
) -> IssuedTokens:
    """Rotate a refresh token that was found a moment ago; of several exchanges since then, one happens.

    Args:
        require: as for `of_refresh_token`; None: it was checked when the token was found.

    Raises:
        ClientAuthenticationFailed, RefreshTokenInvalid, RefreshTokenExpired, RefreshTokenReused: as `refresh`.
    """
    try:
        if require is not None:
            require(found.session)
        return await _exchange(context, issuer, token, found)
    except (Unauthorized, ClientAuthenticationFailed) as refused:
        refused.client_id = found.session["client_id"]
        raise


async def _exchange(context: OperationContext, issuer: Issuer, token: str, found: RefreshSession) -> IssuedTokens:
    row, session = found
    if row["expires_at"] <= context.now:
        raise RefreshTokenExpired
    if session["closed_at"] is not None or not session["enabled"]:
        raise RefreshTokenInvalid
    reason = end_reason(context, session)
    if reason is not None:
        await closing.close_one(context, session["user_id"], session["id"], closing.automatic(reason))
        raise RefreshTokenExpired
    # The exchange records its time and place itself; from elsewhere, that is an audit event or the session's end.
    if suspicion_of_use(context, session) is not None:
        use = await record_use(context, session)
        if use.reason is not None:
            await closing.close_one(context, session["user_id"], session["id"], closing.automatic(use.reason))
            raise RefreshTokenInvalid
    return await _rotate(context, issuer, token, row, session)


async def hash_of_new_password(passwords: Passwords, account: UserRow, password: str, settings: Settings) -> str:
    """The hash of a password that the account is to have, if it keeps the rules.

    Raises:
        PasswordRefused: it breaks one.
    """
    password_rules.check(password, email=account["email"], min_length=settings.password_min_length)
    return await passwords.hash(password)


async def change_password(
    context: OperationContext, principal: Principal, account: UserRow, *, new_hash: str
) -> LogoutResult:
    """Set the new password and close the caller's other sessions, together.

    Args:
        account: as `check_password` returned it.
        new_hash: of the new password, as `hash_of_new_password` returned it.

    Raises:
        LoginFailed: the password was changed meanwhile.
    """
    async with context.tx.atomic():
        if not await users.change_password(context.tx, account["id"], old=account["password_hash"], new=new_hash):
            raise LoginFailed.of(account["id"])
        await audit.record(
            context.tx, "password_changed", context.caller, user_id=account["id"], session_id=principal.session_id
        )
        why = closing.consequence("password_change")
        return await closing.close_others(context, principal.user_id, principal.session_id, why)


async def _rotate(
    context: OperationContext, issuer: Issuer, token: str, row: RefreshTokenRow, session: SessionWithUserRow
) -> IssuedTokens:
    following = successor(token, issuer.secret)
    principal = Principal(
        session["user_id"], session["id"], session["role"], session["client_id"], session["device_id"]
    )
    first = await refresh_tokens.rotate(
        context.tx,
        row,
        successor=digest(following),
        expires_at=context.now + context.settings.refresh_ttl,
        family=_family(following),
        caller=context.caller,
    )
    if not first:
        # Another request rotated it: a moment ago, or long ago.
        rotated = await refresh_tokens.find(context.tx, row["hash"])
        await refuse_replay(context, rotated or row, token, issuer.secret)
    if session["token_id"] is not None:
        access = await _renew_opaque(context, principal, access_of(token, issuer.secret))
    else:
        access = issuer.tokens.issue(
            principal, epoch=session["epoch"], at=context.now, authenticated_at=session["created_at"]
        )
    return _issued(context, principal, session["email"], access, following)


async def _store(context: OperationContext, principal: Principal, refresh_token: str) -> None:
    await refresh_tokens.add(
        context.tx,
        token_hash=digest(refresh_token),
        user_id=principal.user_id,
        session_id=principal.session_id,
        expires_at=context.now + context.settings.refresh_ttl,
        family=_family(refresh_token),
    )


def _family(refresh_token: str) -> str | None:
    """What is stored of a token's family; None: it is of before families."""
    family = family_of(refresh_token)
    return None if family is None else digest(family)


async def _renew_opaque(context: OperationContext, principal: Principal, secret: str) -> str:
    """The session's next token in Sanctum's form; of a double click, both get the one that the faster has made.

    Args:
        secret: derived from the refresh token that is exchanged.
    """
    async with context.tx.atomic():
        user = await users.locked(context.tx, principal.user_id)
        current = await sessions.locked(context.tx, principal.user_id, principal.session_id)
        if user is None or current is None or current["closed_at"] is not None or current["token_id"] is None:
            raise RefreshTokenInvalid
        made = await sanctum.find(context.tx, current["token_id"])
        if made is not None and same(made["token"], digest(secret)):
            return f"{made['id']}|{secret}"
        await sanctum.delete(context.tx, current["token_id"])
        return await _new_opaque(context, user["tokenable_id"], principal, secret)


async def _new_opaque(context: OperationContext, tokenable_id: int, principal: Principal, secret: str) -> str:
    """A token in Sanctum's form and table, bound to the session."""
    expires_at = context.now + _opaque_ttl(context)
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
    await sanctum.forget_replaced(context.tx, principal.user_id, principal.session_id)
    await sessions.set_token(context.tx, principal.user_id, principal.session_id, token_id)
    return f"{token_id}|{secret}"


def _opaque_ttl(context: OperationContext) -> int:
    """Laravel would refuse one that is older than its `sanctum.expiration`."""
    return min(context.settings.access_ttl, context.settings.sanctum_expiration or context.settings.access_ttl)


def _issued(
    context: OperationContext, principal: Principal, email: str, access: str, refresh_token: str
) -> IssuedTokens:
    ttl = _opaque_ttl(context) if split_sanctum(access) else context.settings.access_ttl
    return IssuedTokens(
        access_token=access,
        refresh_token=refresh_token,
        expires_in=max(1, round(ttl / 1000)),
        refresh_expires_in=max(1, round(context.settings.refresh_ttl / 1000)),
        session_id=principal.session_id,
        user_id=principal.user_id,
        email=email,
        role=principal.role,
        client_id=principal.client_id,
    )
