"""Logins that succeed with a wrong password or open the wrong session, and new passwords."""

from __future__ import annotations

from cierre.contract_tests.defects.defect import Subject
from cierre.contract_tests.defects.observed import CONFIDENTIAL_CLIENT, DEMO_PASSWORD, LOGIN, REFRESH, SESSIONS
from cierre.contract_tests.defects.proxy import Forward, ProxyRequest, ProxyResponse

LOGINS = Subject("Logins and passwords")


@LOGINS.stateful("a wrong password opens a session")
class WrongPasswordWorks:
    """Sends a refused login again with the user's last good one."""

    def __init__(self) -> None:
        self.good_login: dict[str, bytes] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        if request.path != LOGIN:
            return await forward(request)
        user = request.members.get("username", "")
        response = await forward(request)
        if response.status == 200:
            self.good_login[user] = request.body
        if response.status == 401 and user in self.good_login:
            request.body = self.good_login[user]
            return await forward(request)
        return response


@LOGINS.stateful("a login is answered from a cache", origin="independent")
class CachedLogin:
    """Answers the same login with the same tokens."""

    def __init__(self) -> None:
        self.cached: dict[bytes, ProxyResponse] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        if request.path != LOGIN:
            return await forward(request)
        if request.body not in self.cached:
            self.cached[request.body] = await forward(request)
        cached = self.cached[request.body]
        return ProxyResponse(cached.status, list(cached.headers), cached.body)


@LOGINS.request("a confidential client's secret is not asked at login", "login", sequences=True, origin="gap")
async def login_without_client_secret(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    return await _with_client_secret(request, forward)


@LOGINS.request("a confidential client's secret is not asked at refresh", "refresh", sequences=True, origin="gap")
async def refresh_without_client_secret(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    return await _with_client_secret(request, forward)


async def _with_client_secret(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    """The answer that the confidential client's own secret gets."""
    if request.members.get("clientId") == CONFIDENTIAL_CLIENT:
        request.members = {**request.members, "clientSecret": DEMO_PASSWORD}
    return await forward(request)


@LOGINS.request("the client's dialect is ignored", "login", sequences=True)
async def ignore_client_id(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if "clientId" in request.members:
        request.members = {name: value for name, value in request.members.items() if name != "clientId"}
    return await forward(request)


@LOGINS.request("a login without a device is always on the device `unknown`", "login", sequences=True, origin="gap")
async def one_device_for_all(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if request.members and "deviceId" not in request.members:
        request.members = {**request.members, "deviceId": "unknown"}
    return await forward(request)


@LOGINS.response("every user has the role EMPLEADO in answers", "*", sequences=True, origin="gap")
def everybody_is_an_employee(request: ProxyRequest, response: ProxyResponse) -> None:
    if request.path in {LOGIN, REFRESH} and (data := response.data):
        response.change_data(user={**data["user"], "role": "EMPLEADO"})


@LOGINS.request("a new password leaves the other sessions open", "change_password", sequences=True)
async def new_password_closes_nothing(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if request.method != "POST":
        return await forward(request)
    listed = await forward(ProxyRequest("GET", SESSIONS, list(request.headers), b""))
    if listed.status != 200:
        return listed
    listed.json = {
        "success": True,
        "message": "Contraseña cambiada exitosamente",
        "data": {
            "logout": {
                "sessionsClosed": len(listed.json["data"]["sessions"]) - 1,
                "deviceIds": [],
                "logoutType": "automatic",
                "loggedOutAt": "2026-01-01T00:00:00.000Z",
            },
            "user": {"id": "0" * 24, "email": "a@b.c", "activeSessions": 1},
        },
    }
    return listed


@LOGINS.request(
    "a change of the password does not check the current one", "change_password", sequences=True, origin="gap"
)
async def ignore_current_password(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    response = await forward(request)
    if response.status == 401 and "currentPassword" in request.members:
        request.members = {**request.members, "currentPassword": DEMO_PASSWORD}
        return await forward(request)
    return response


@LOGINS.request("a new password is not saved: the old one stays", "change_password", origin="gap")
async def keep_old_password(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    sent = request.members
    new = sent.get("newPassword")
    if set(sent) == {"currentPassword", "newPassword"} and isinstance(new, str) and 8 <= len(new) <= 1024:
        request.members = {**sent, "newPassword": DEMO_PASSWORD}
    return await forward(request)
