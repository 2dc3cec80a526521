from __future__ import annotations

from typing import Any

from cierre.domain import sessions
from cierre.http import cookies
from cierre.http.request import Request
from cierre.outcomes import LogoutResult, WithHeaders
from cierre.principal import Principal

Json = dict[str, Any]


async def logout_by_refresh_token(
    body: Json | None, principal: Principal, request: Request
) -> WithHeaders[LogoutResult]:
    with cookies.presented(request, body) as presented:
        async with request.context() as context:
            result = await sessions.logout(context, principal, lenient=request.lenient)
    return WithHeaders(result, presented.cleared)


async def logout_by_user_token(principal: Principal, request: Request) -> LogoutResult:
    async with request.context() as context:
        return await sessions.logout(context, principal, lenient=request.lenient)
