"""Logouts that close too few sessions, too many or those of others, and answers that count or list them wrongly."""

from __future__ import annotations

import asyncio
from typing import Any

from cierre.contract_tests.defects.defect import Subject
from cierre.contract_tests.defects.observed import (
    FORCE_LOGOUT,
    LOGIN,
    LOGOUT,
    SESSIONS,
    USER_TOKEN_LOGOUT,
    TokenOwners,
)
from cierre.contract_tests.defects.proxy import Forward, ProxyRequest, ProxyResponse

CLOSINGS = Subject("Closing sessions")


# Closing sessions.


@CLOSINGS.request("logoutAll leaves the other sessions open", "logout", sequences=True)
async def ignore_logout_all(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if request.members.get("logoutAll") is True:
        request.members = {}
    return await forward(request)


@CLOSINGS.request("deviceId is ignored: the calling session is closed", "logout", sequences=True)
async def ignore_device_id(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if "deviceId" in request.members:
        request.members = {}
    return await forward(request)


@CLOSINGS.request("closing one device closes the others, too", "logout", sequences=True, origin="independent")
async def device_closes_all(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    response = await forward(request)
    if "deviceId" in request.members and response.status == 200:
        headers = [(name, value) for name, value in request.headers if name != "idempotency-key"]
        await forward(ProxyRequest("POST", LOGOUT, headers, b'{"logoutAll": true}'))
    return response


@CLOSINGS.stateful("another user's device can be closed")
class ClosesDevicesOfOthers:
    """Sends a refused logout again with the administrator's token."""

    def __init__(self) -> None:
        self.owners = TokenOwners()

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        self.owners.learn(request, response)
        refused = request.path == LOGOUT and response.status == 404 and "deviceId" in request.members
        if refused and self.owners.admin:
            request.token = self.owners.admin
            return await forward(request)
        return response


@CLOSINGS.stateful("user_id is not compared with the token's user")
class IgnoreUserId:
    """Puts the user id of the token's owner in."""

    def __init__(self) -> None:
        self.owners = TokenOwners()

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        sent = request.members if request.path == USER_TOKEN_LOGOUT else {}
        if sent.get("token") in self.owners.user_of:
            request.members = {**sent, "user_id": self.owners.user_of[sent["token"]]}
        response = await forward(request)
        self.owners.learn(request, response)
        return response


@CLOSINGS.stateful("/logout answers 401 for another's user_id, and closes", origin="gap")
class RefusesAndCloses:
    """Refuses the logout, and carries it out."""

    def __init__(self) -> None:
        self.owners = TokenOwners()

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        self.owners.learn(request, response)
        refused = request.path == USER_TOKEN_LOGOUT and response.status == 401
        sent = request.members if refused else {}
        if sent.get("token") in self.owners.user_of:
            request.members = {**sent, "user_id": self.owners.user_of[sent["token"]]}
            await forward(request)
        return response


@CLOSINGS.stateful("every user may force others to log out")
class EveryUserForcesLogouts:
    """Puts the administrator's token in."""

    def __init__(self) -> None:
        self.owners = TokenOwners()

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        if request.path == FORCE_LOGOUT and request.token in self.owners.user_of and self.owners.admin:
            request.token = self.owners.admin
        response = await forward(request)
        self.owners.learn(request, response)
        return response


@CLOSINGS.request("return=minimal answers 204 and does nothing", "logout", sequences=True, origin="gap")
async def minimal_logout_closes_nothing(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    minimal = "return=minimal" in (request.header("prefer") or "")
    if minimal and not request.header("idempotency-key"):
        listed = await forward(ProxyRequest("GET", SESSIONS, list(request.headers), b""))
        if listed.status == 200 and "deviceId" not in request.members:
            headers = [field for field in listed.headers if field[0] in {"x-trace-id", "vary"}]
            return ProxyResponse(204, [*headers, ("preference-applied", "return=minimal")], b"")
    return await forward(request)


@CLOSINGS.stateful("logout answers before it is done", origin="independent")
class AnswersBeforeClosing:
    """Answers at once, and closes the session 0.3 s later."""

    def __init__(self) -> None:
        self.pending: set[asyncio.Task[None]] = set()

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        is_logout = request.path == USER_TOKEN_LOGOUT and request.method == "POST"
        if not is_logout or len(request.members.get("token", "")) < 30:
            return await forward(request)
        self.pending.add(asyncio.create_task(self._later(request, forward)))
        headers = [
            ("content-type", "application/json"),
            ("x-trace-id", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"),
            ("vary", "Accept, Accept-Language, Prefer"),
            ("deprecation", "@1758758400"),
            ("sunset", "Sat, 01 Jan 2028 00:00:00 GMT"),
            ("link", '</api/v1/auth/logout>; rel="successor-version"'),
        ]
        return ProxyResponse(200, headers, b'{"success":true,"message":"5"}')

    async def _later(self, request: ProxyRequest, forward: Forward) -> None:
        await asyncio.sleep(0.3)
        await forward(request)


# What answers say of sessions.


def _change_logout(response: ProxyResponse, **members: Any) -> None:
    if (data := response.data) and "logout" in data:
        response.change_data(logout={**data["logout"], **members})


@CLOSINGS.response("sessionsClosed is always 1", "logout", sequences=True)
def always_one_session_closed(_request: ProxyRequest, response: ProxyResponse) -> None:
    _change_logout(response, sessionsClosed=1)


@CLOSINGS.response("activeSessions is always 0", "logout", sequences=True)
def no_active_sessions(_request: ProxyRequest, response: ProxyResponse) -> None:
    if data := response.data:
        response.change_data(user={**data["user"], "activeSessions": 0})


@CLOSINGS.response("logoutType of a logout is always single_device", "logout", sequences=True)
def always_single_device(_request: ProxyRequest, response: ProxyResponse) -> None:
    _change_logout(response, logoutType="single_device")


@CLOSINGS.response("force_logout says that it closed nothing", "force_logout", sequences=True)
def forced_logout_closed_nothing(_request: ProxyRequest, response: ProxyResponse) -> None:
    _change_logout(response, sessionsClosed=0)


@CLOSINGS.response("deviceIds has repeats", "logout", sequences=True)
def repeat_device_ids(_request: ProxyRequest, response: ProxyResponse) -> None:
    if (data := response.data) and (devices := data["logout"]["deviceIds"]):
        _change_logout(response, deviceIds=[*devices, devices[0]])


@CLOSINGS.stateful("the list of sessions shows those of another user", origin="independent")
class ListsSessionsOfOthers:
    """Adds the sessions of the first list that was seen."""

    def __init__(self) -> None:
        self.lists: dict[str, list[dict[str, object]]] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        if request.path == SESSIONS and (data := response.data):
            own = data["sessions"]
            self.lists[request.token[-20:]] = [{**session, "current": False} for session in own]
            listed = {session["sessionId"] for session in own}
            first = next(iter(self.lists.values()))
            others = [session for session in first if session["sessionId"] not in listed]
            response.json = {**response.json, "data": {"sessions": [*own, *others]}}
        return response


@CLOSINGS.stateful("another user's session is found")
class FindsSessionsOfOthers:
    """Asks for a session that is unknown to the caller with the token of its own user."""

    def __init__(self) -> None:
        self.token_of: dict[str, str] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        if request.path == LOGIN and (data := response.data):
            self.token_of[data["sessionId"]] = data["accessToken"]
        folder, _, session_id = request.path.rpartition("/")
        if folder == SESSIONS and response.status == 404 and session_id in self.token_of:
            request.token = self.token_of[session_id]
            return await forward(request)
        return response


@CLOSINGS.response("a closed session is called active", "get_session", sequences=True)
def closed_is_active(_request: ProxyRequest, response: ProxyResponse) -> None:
    if (data := response.data) and data["session"]["status"] == "closed":
        kept = {name: value for name, value in data["session"].items() if name not in {"closedAt", "logoutReason"}}
        response.change_data(session={**kept, "status": "active"})


@CLOSINGS.response(
    "the list has address and browser of the calling request for every session",
    "list_sessions",
    sequences=True,
    origin="gap",
)
def one_browser_for_all(request: ProxyRequest, response: ProxyResponse) -> None:
    if data := response.data:
        agent = request.header("user-agent")
        response.change_data(sessions=[{**session, "userAgent": agent} for session in data["sessions"]])


@CLOSINGS.response("the newest session is shown as the current one", "list_sessions", sequences=True, origin="gap")
def newest_is_current(_request: ProxyRequest, response: ProxyResponse) -> None:
    if data := response.data:
        newest = max(data["sessions"], key=lambda session: session["createdAt"])["sessionId"]
        rows = [{**session, "current": session["sessionId"] == newest} for session in data["sessions"]]
        response.change_data(sessions=rows)
