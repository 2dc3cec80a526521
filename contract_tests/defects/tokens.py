"""Access tokens that are not checked, refresh tokens that do not rotate, and cookies from foreign origins."""

from __future__ import annotations

from cierre.contract_tests.defects.defect import Subject
from cierre.contract_tests.defects.observed import FORCE_LOGOUT, LOGIN, REFRESH, SESSIONS, TokenOwners
from cierre.contract_tests.defects.proxy import Forward, ProxyRequest, ProxyResponse

TOKENS = Subject("Tokens")


# Access tokens.


@TOKENS.stateful("a missing token is not noticed", "list_sessions", sequences=False)
class AnswerWithoutToken:
    """Answers a request without a good token with the last success."""

    def __init__(self) -> None:
        self.success: ProxyResponse | None = None

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        if response.status == 200:
            self.success = response
        return self.success if self.success and response.status == 401 else response


@TOKENS.request("the authentication scheme is not checked", "logout")
async def accept_any_scheme(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    value = request.header("authorization") or ""
    if value and " " not in value:
        request.token = value
    return await forward(request)


@TOKENS.stateful("the signature is not checked", "list_sessions", sequences=False)
class IgnoreSignature:
    """Answers a token whose claims were accepted before, whatever its signature is."""

    def __init__(self) -> None:
        self.success_of: dict[str, ProxyResponse] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        parts = request.token.split(".")
        if len(parts) != 3:
            return response
        if response.status == 200:
            self.success_of[parts[1]] = response
        return self.success_of.get(parts[1], response) if response.status == 401 else response


@TOKENS.stateful("a token outlives its session")
class AccessTokenOutlivesSession:
    """Answers a token that is no longer valid with its last success."""

    def __init__(self) -> None:
        self.success_of: dict[str, ProxyResponse] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        if request.path != SESSIONS:
            return response
        if response.status == 200:
            self.success_of[request.token] = response
        return self.success_of.get(request.token, response) if response.status == 401 else response


@TOKENS.stateful("the abilities of a token are not asked", origin="gap")
class IgnoreAbilities:
    """Takes an administrator's token in the place of an opaque one that no login gave, where that one may not."""

    def __init__(self) -> None:
        self.owners = TokenOwners()

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        token = request.token
        response = await forward(request)
        self.owners.learn(request, response)
        foreign = "|" in token and token not in self.owners.user_of
        if request.path == FORCE_LOGOUT and response.status == 403 and foreign and self.owners.admin:
            request.token = self.owners.admin
            return await forward(request)
        return response


@TOKENS.stateful("an opaque token that was rotated still works", origin="gap")
class RotatedOpaqueTokenWorks:
    """Puts the newest token in the place of one that was rotated."""

    def __init__(self) -> None:
        self.successor: dict[str, str] = {}
        self.access_of_refresh: dict[str, str] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        token = request.token
        while token in self.successor:
            token = self.successor[token]
        if token != request.token and request.path == SESSIONS:
            request.token = token
        response = await forward(request)
        if request.path in {LOGIN, REFRESH} and (data := response.data) and "|" in data["accessToken"]:
            old = self.access_of_refresh.get(request.members.get("refreshToken", ""))
            if old and old != data["accessToken"]:
                self.successor[old] = data["accessToken"]
            self.access_of_refresh[data.get("refreshToken", "")] = data["accessToken"]
        return response


# Refresh tokens.


@TOKENS.stateful("the refresh token outlives its session")
class RefreshTokenOutlivesSession:
    """Answers a refresh token that is no longer valid with the refresh that gave it."""

    def __init__(self) -> None:
        self.success_of: dict[str, ProxyResponse] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        if request.path != REFRESH:
            return response
        if data := response.data:
            self.success_of[data.get("refreshToken", "")] = response
        refused = response.status == 401
        return self.success_of.get(request.members.get("refreshToken", ""), response) if refused else response


@TOKENS.stateful("a refresh does not rotate")
class RefreshTokenStays:
    """Gives the same refresh token back, and keeps the new one for itself."""

    def __init__(self) -> None:
        self.current: dict[str, str] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        if request.path != REFRESH:
            return await forward(request)
        presented = request.members.get("refreshToken", "")
        if presented:
            request.members = {**request.members, "refreshToken": self.current.get(presented, presented)}
        response = await forward(request)
        if (data := response.data) and "refreshToken" in data:
            self.current[presented] = data["refreshToken"]
            response.change_data(refreshToken=presented)
        return response


@TOKENS.stateful("a replayed refresh token is refused, its session stays open", origin="gap")
class ReplayClosesNothing:
    """Refuses a replayed token in the place of the server, which does not see it."""

    def __init__(self) -> None:
        self.predecessor: dict[str, str] = {}
        self.replayable: set[str] = set()

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        presented = request.members.get("refreshToken", "") if request.path == REFRESH else ""
        if presented and presented in self.replayable:
            request.members = {"refreshToken": "nothing-at-all"}
            refused = await forward(request)
            refused.change(code="REFRESH_TOKEN_REUSED")
            return refused
        response = await forward(request)
        if presented and (data := response.data):
            self.predecessor[data.get("refreshToken", "")] = presented
            if presented in self.predecessor:
                self.replayable.add(self.predecessor[presented])
        return response


@TOKENS.response("expiresIn of a refresh is in milliseconds", "refresh", sequences=True, origin="gap")
def expires_in_milliseconds(_request: ProxyRequest, response: ProxyResponse) -> None:
    if data := response.data:
        response.change_data(expiresIn=data["expiresIn"] * 1000)


# Cookies.


@TOKENS.request("a foreign origin may use the cookie", "*", sequences=True)
async def ignore_origin(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.set("origin", None)
    return await forward(request)


@TOKENS.request("refresh takes the cookie from a foreign origin", "refresh", sequences=True, origin="gap")
async def ignore_origin_of_refresh(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.set("origin", None)
    return await forward(request)


@TOKENS.request("Sec-Fetch-Site: cross-site is not checked", "*", sequences=True, origin="gap")
async def ignore_sec_fetch_site(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.set("sec-fetch-site", None)
    return await forward(request)


@TOKENS.request("the cookie wins over the body", "logout_by_refresh_token", sequences=True, origin="gap")
async def prefer_cookie(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if "__Host-refreshToken=" in (request.header("cookie") or ""):
        request.body = b""
    return await forward(request)


@TOKENS.response("a refresh by cookie has the token in the body, too", "refresh", sequences=True, origin="gap")
def token_of_cookie_in_body(_request: ProxyRequest, response: ProxyResponse) -> None:
    cookie = response.header("set-cookie")
    if response.data and cookie:
        response.change_data(refreshToken=cookie.partition("=")[2].partition(";")[0])
