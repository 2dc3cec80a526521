from __future__ import annotations

from typing import Any

from cierre import cookies, credentials, sessions
from cierre.outcomes import LogoutResult
from cierre.request import Request

Json = dict[str, Any]


async def logout_by_refresh_token(body: Json | None, request: Request) -> LogoutResult:
    async with cookies.presented(request, body) as presented, request.act() as act:
        principal = await credentials.of_refresh_token(act, request.services.issuer, presented.token)
        await request.admit(principal.user_id)
        result = await sessions.logout(act, principal, lenient=request.lenient)
    return result.with_headers(presented.cleared)


async def logout_by_user_token(body: Json, request: Request) -> LogoutResult:
    async with request.act() as act:
        principal = await credentials.of_token_of(
            act, request.services.issuer, user_id=body["user_id"], token=body["token"]
        )
        await request.admit(principal.user_id)
        return await sessions.logout(act, principal, lenient=request.lenient)
