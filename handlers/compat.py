from __future__ import annotations

from typing import Any

from cierre.domain import sessions
from cierre.handlers import security
from cierre.http import cookies
from cierre.http.request import Request
from cierre.outcomes import LogoutResult
from cierre.principal import Principal

Json = dict[str, Any]


@security.resolved_by(security.refresh_token)
async def logout_by_refresh_token(body: Json | None, principal: Principal, request: Request) -> LogoutResult:
    async with cookies.presented(request, body) as presented, request.context() as context:
        result = await sessions.logout(context, principal, lenient=request.lenient)
    return result.with_headers(presented.cleared)


@security.resolved_by(security.user_token)
async def logout_by_user_token(principal: Principal, request: Request) -> LogoutResult:
    async with request.context() as context:
        return await sessions.logout(context, principal, lenient=request.lenient)
