"""Wrong behaviour: what only a sequence of requests shows, and doors that are not locked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from cierre.contract_tests.defects.catalogue import request, sequence
from cierre.contract_tests.defects.proxy import Behaviour, Forward, Reply, Request

V1 = "/api/v1/"
LOGOUT, LOGIN, REFRESH = "/api/v1/auth/logout", "/api/v1/auth/login", "/api/v1/auth/refresh"
SESSIONS, FORCE = "/api/v1/auth/sessions", "/api/v1/admin/users/force-logout"
AUDIT, PASSWORD = "/api/v1/admin/audit-events", "/api/v1/auth/password"


class Known:
    """What a proxy can see of tokens: whose they are."""

    def __init__(self) -> None:
        self.last = ""
        self.of: dict[str, str] = {}
        self.admin = ""

    def learn(self, request_: Request, reply: Reply) -> None:
        if request_.path in {LOGIN, REFRESH} and reply.status == 200:
            data = reply.json["data"]
            self.last = data["accessToken"]
            self.of[self.last] = data["user"]["id"]
            if data["user"]["role"] == "ADMIN":
                self.admin = self.last


def _fields(reply: Reply, **values: object) -> None:
    data = reply.json["data"]
    for name, value in values.items():
        place = "user" if name == "activeSessions" else "logout"
        data[place][name] = value
    reply.json = {**reply.json, "data": data}


# Locks.


@request("list_sessions", "a missing token is not noticed")
async def no_lock(request_: Request, forward: Forward) -> Reply:
    reply = await forward(request_)
    if reply.status == 200:
        no_lock.seen = reply  # type: ignore[attr-defined]
    return getattr(no_lock, "seen", reply) if reply.status == 401 else reply


@request("logout", "the scheme is not looked at")
async def any_scheme(request_: Request, forward: Forward) -> Reply:
    value = request_.header("authorization") or ""
    if value and " " not in value:
        request_.set("authorization", f"Bearer {value}")
    return await forward(request_)


@request("list_sessions", "the signature is not checked")
async def no_signature(request_: Request, forward: Forward) -> Reply:
    reply = await forward(request_)
    parts = request_.token.split(".")
    if reply.status == 200 and len(parts) == 3:
        no_signature.seen = {**getattr(no_signature, "seen", {}), parts[1]: reply}  # type: ignore[attr-defined]
    if reply.status == 401 and len(parts) == 3:
        return getattr(no_signature, "seen", {}).get(parts[1], reply)  # type: ignore[no-any-return]
    return reply


# Sessions.


@sequence("a token outlives its session")
def outlives() -> Behaviour:
    seen: dict[str, Reply] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        if request_.path == SESSIONS and reply.status == 200:
            seen[request_.token] = reply
        return seen.get(request_.token, reply) if request_.path == SESSIONS and reply.status == 401 else reply

    return behaviour


@sequence("the refresh token outlives its session")
def refresh_outlives() -> Behaviour:
    seen: dict[str, Reply] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        if request_.path == REFRESH and reply.status == 200:
            seen[reply.json["data"].get("refreshToken", "")] = reply
        dead = request_.path == REFRESH and reply.status == 401
        return seen.get(request_.sent.get("refreshToken", ""), reply) if dead else reply

    return behaviour


@sequence("another user's device can be closed")
def others_device() -> Behaviour:
    known = Known()

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        known.learn(request_, reply)
        if request_.path == LOGOUT and reply.status == 404 and "deviceId" in request_.sent and known.admin:
            request_.set("authorization", f"Bearer {known.admin}")
            return await forward(request_)
        return reply

    return behaviour


@sequence("a race has two winners")
def two_winners() -> Behaviour:
    won: dict[str, Reply] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path != LOGOUT:
            return await forward(request_)
        early = request_.token not in won
        reply = await forward(request_)
        if reply.status == 200:
            won[request_.token] = reply
        # Whoever began before somebody had won wins, too.
        return won.get(request_.token, reply) if early and reply.status == 404 else reply

    return behaviour


@sequence("a second logout is always a success")
def always_success() -> Behaviour:
    won: dict[str, Reply] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        if request_.path == LOGOUT and reply.status == 200:
            won[request_.token] = reply
        return won.get(request_.token, reply) if request_.path == LOGOUT and reply.status == 404 else reply

    return behaviour


@sequence("a second logout says that it was closed just now")
def closed_now() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        if reply.status == 404 and "closedAt" in reply.json.get("details", ()):
            details = {**reply.json["details"], "closedAt": "2031-01-01T00:00:00.000Z"}
            reply.json = {**reply.json, "details": details}
        return reply

    return behaviour


def _changed(path: str, **values: object) -> Callable[[], Behaviour]:
    def make() -> Behaviour:
        async def behaviour(request_: Request, forward: Forward) -> Reply:
            reply = await forward(request_)
            if request_.path == path and reply.status == 200 and "logout" in (reply.json.get("data") or ()):
                _fields(reply, **values)
            return reply

        return behaviour

    return make


sequence("sessionsClosed is always 1")(_changed(LOGOUT, sessionsClosed=1))
sequence("activeSessions is always 0")(_changed(LOGOUT, activeSessions=0))
sequence("logoutType of a logout is always single_device")(_changed(LOGOUT, logoutType="single_device"))
sequence("force_logout says that it closed nothing")(_changed(FORCE, sessionsClosed=0))


@sequence("deviceIds has repeats")
def repeats() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        told = (reply.json.get("data") or {}).get("logout") if request_.path == LOGOUT else None
        if told and told["deviceIds"]:
            _fields(reply, deviceIds=[*told["deviceIds"], told["deviceIds"][0]])
        return reply

    return behaviour


@sequence("logoutAll leaves the other sessions open")
def not_all() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path == LOGOUT and request_.sent.get("logoutAll") is True:
            request_.body = b"{}"
        return await forward(request_)

    return behaviour


@sequence("deviceId is ignored: the calling session is closed")
def device_ignored() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path == LOGOUT and "deviceId" in request_.sent:
            request_.body = b"{}"
        return await forward(request_)

    return behaviour


@sequence("handling=lenient is ignored")
def not_lenient() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        request_.set("prefer", None)
        return await forward(request_)

    return behaviour


@sequence("Idempotency-Key is ignored")
def no_keys() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        request_.set("idempotency-key", None)
        return await forward(request_)

    return behaviour


@sequence("the client's dialect is ignored")
def not_pinned() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path == LOGIN and "clientId" in request_.sent:
            request_.body = json.dumps({k: v for k, v in request_.sent.items() if k != "clientId"}).encode()
        return await forward(request_)

    return behaviour


@sequence("a refresh does not rotate")
def no_rotation() -> Behaviour:
    first: dict[str, str] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        presented = request_.sent.get("refreshToken", "")
        real = first.get(presented, presented)
        if request_.path == REFRESH and presented:
            request_.body = json.dumps({**request_.sent, "refreshToken": real}).encode()
        reply = await forward(request_)
        if request_.path == REFRESH and reply.status == 200 and "refreshToken" in reply.json["data"]:
            first[presented] = reply.json["data"]["refreshToken"]
            reply.json = {**reply.json, "data": {**reply.json["data"], "refreshToken": presented}}
        return reply

    return behaviour


@sequence("a foreign origin may use the cookie")
def any_origin() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        request_.set("origin", None)
        return await forward(request_)

    return behaviour


@sequence("user_id is not compared with the token's user")
def any_user() -> Behaviour:
    known = Known()

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path == "/logout" and request_.sent.get("token") in known.of:
            sent = {**request_.sent, "user_id": known.of[request_.sent["token"]]}
            request_.body = json.dumps(sent).encode()
        reply = await forward(request_)
        known.learn(request_, reply)
        return reply

    return behaviour


@sequence("anybody may force others out")
def no_role() -> Behaviour:
    known = Known()

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path == FORCE and request_.token in known.of and known.admin:
            request_.set("authorization", f"Bearer {known.admin}")
        reply = await forward(request_)
        known.learn(request_, reply)
        return reply

    return behaviour


@sequence("the trail has a row twice")
def twice_in_the_trail() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        if request_.path == AUDIT and reply.status == 200:
            data = reply.json["data"]
            reply.json = {**reply.json, "data": {**data, "events": [*data["events"], *data["events"][:1]]}}
        return reply

    return behaviour


@sequence("a new password leaves the other sessions open")
def password_keeps() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path != PASSWORD or request_.method != "POST":
            return await forward(request_)
        listed = await forward(Request("GET", SESSIONS, list(request_.headers), b""))
        if listed.status != 200:
            return listed
        body = {
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
        listed.json = body
        return listed

    return behaviour


@sequence("a wrong password opens a session")
def any_password() -> Behaviour:
    good: dict[str, bytes] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        user = request_.sent.get("username", "")
        reply = await forward(request_)
        if request_.path == LOGIN and reply.status == 200:
            good[user] = request_.body
        if request_.path == LOGIN and reply.status == 401 and user in good:
            request_.body = good[user]
            return await forward(request_)
        return reply

    return behaviour


@sequence("introspection lags behind a logout")
def lagging() -> Behaviour:
    seen: dict[str, Reply] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        token = request_.sent.get("token", "")
        if request_.path == "/oauth2/introspect" and reply.json.get("active") is True:
            seen[token] = reply
        if request_.path == "/oauth2/introspect" and reply.json.get("active") is False:
            await asyncio.sleep(0)
            return seen.get(token, reply)
        return reply

    return behaviour
