from __future__ import annotations

from dataclasses import replace
from typing import Any

from cierre.domain import logins, oauth, reauthentication, sessions
from cierre.http import cookies
from cierre.http.request import Request
from cierre.outcomes import NO_STORE, IssuedTokens, LogoutResult, SessionList, UserSession, WithHeaders
from cierre.principal import Principal

Json = dict[str, Any]


async def login(body: Json, request: Request) -> WithHeaders[IssuedTokens]:
    async with request.context() as context:
        client_id = await oauth.client_of_session(context, request.headers.get("authorization"), body)
        account = await logins.find_account(context, body["username"])
    account = await logins.check_password(request.services.passwords, account, body["password"], source=request.source)
    new_hash = await logins.stronger_hash(request.services.passwords, account, body["password"])
    async with request.context() as context:
        account = await logins.replace_hash(context, request.services.passwords, account, body["password"], new_hash)
        issued = await logins.login(
            context,
            request.services.issuer,
            account,
            client_id=client_id or "cierre",
            device_id=body.get("deviceId"),
            token_format=body.get("tokenFormat", "jwt"),
        )
    delivered = _delivered(issued, in_cookie=body.get("refreshDelivery") == "cookie")
    return replace(delivered, headers=delivered.headers + cookies.remember_device(request, body["username"]))


async def refresh(body: Json | None, request: Request) -> WithHeaders[IssuedTokens]:
    found = request.refresh_session
    assert found is not None, "x-cierre-principal: refresh_token_of_client"
    with cookies.presented(request, body) as presented:
        async with request.context() as context:
            issued = await logins.exchange(context, request.services.issuer, presented.token, found)
    return _delivered(issued, in_cookie=presented.from_cookie)


async def logout(body: Json | None, principal: Principal, request: Request) -> LogoutResult:
    wanted = body or {}
    async with request.context() as context:
        return await sessions.logout(
            context,
            principal,
            logout_all=wanted.get("logoutAll", False),
            device_id=wanted.get("deviceId"),
            lenient=request.lenient,
        )


async def list_sessions(principal: Principal, request: Request) -> SessionList:
    async with request.context() as context:
        return await sessions.list_sessions(context, principal)


async def get_session(session_id: str, principal: Principal, request: Request) -> UserSession:
    async with request.context() as context:
        return await sessions.get_session(context, principal, session_id=session_id, calling=request.session)


async def change_password(body: Json, principal: Principal, request: Request) -> LogoutResult:
    async with request.context() as context:
        # Before the current password is looked at: a token that was stolen long ago is no use for guessing it.
        await reauthentication.require_recent(context, principal)
        account = await logins.account_of(context, principal)
    passwords, settings = request.services.passwords, request.services.settings
    account = await logins.check_password(passwords, account, body["currentPassword"])
    new_hash = await logins.hash_of_new_password(passwords, account, body["newPassword"], settings)
    async with request.context() as context:
        return await logins.change_password(context, principal, account, new_hash=new_hash)


def _delivered(issued: IssuedTokens, *, in_cookie: bool) -> WithHeaders[IssuedTokens]:
    """The tokens in the body, or the refresh token in its cookie alone."""
    if not in_cookie:
        return WithHeaders(issued, NO_STORE)
    cookie = cookies.set_cookie(issued.refresh_token, issued.refresh_expires_in)
    return WithHeaders(replace(issued, refresh_in_cookie=True), NO_STORE + cookie)
