"""Ten faults that were thought of after the others were found, without a look at the checks."""

from __future__ import annotations

import asyncio
import itertools
import json

from cierre.contract_tests.defects.catalogue import STRANGERS, answer, request, sequence
from cierre.contract_tests.defects.proxy import Behaviour, Forward, Reply, Request

LOGIN, LOGOUT, SESSIONS = "/api/v1/auth/login", "/api/v1/auth/logout", "/api/v1/auth/sessions"
AUDIT = "/api/v1/admin/audit-events"


@sequence("logout answers before it is done", into=STRANGERS)
def too_early() -> Behaviour:
    waiting: set[asyncio.Task[None]] = set()

    async def later(request_: Request, forward: Forward) -> None:
        await asyncio.sleep(0.3)
        await forward(request_)

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path != "/logout" or request_.method != "POST" or len(request_.sent.get("token", "")) < 30:
            return await forward(request_)
        waiting.add(asyncio.create_task(later(request_, forward)))
        headers = [
            ("content-type", "application/json"),
            ("x-trace-id", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"),
            ("vary", "Accept, Accept-Language, Prefer"),
            ("deprecation", "@1758758400"),
            ("sunset", "Sat, 01 Jan 2028 00:00:00 GMT"),
            ("link", '</api/v1/auth/logout>; rel="successor-version"'),
        ]
        return Reply(200, headers, b'{"success":true,"message":"5"}')

    return behaviour


@sequence("a login is answered from a cache", into=STRANGERS)
def cached_login() -> Behaviour:
    seen: dict[bytes, Reply] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path != LOGIN:
            return await forward(request_)
        if request_.body not in seen:
            seen[request_.body] = await forward(request_)
        kept = seen[request_.body]
        return Reply(kept.status, list(kept.headers), kept.body)

    return behaviour


@sequence("filters of the trail are ignored", into=STRANGERS)
def no_filters() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path == AUDIT:
            request_.target = AUDIT
        return await forward(request_)

    return behaviour


@sequence("closing one device closes the others, too", into=STRANGERS)
def too_many() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        if request_.path == LOGOUT and "deviceId" in request_.sent and reply.status == 200:
            headers = [(name, value) for name, value in request_.headers if name != "idempotency-key"]
            await forward(Request("POST", LOGOUT, headers, b'{"logoutAll": true}'))
        return reply

    return behaviour


@sequence("the list of sessions shows those of another user", into=STRANGERS)
def leaking() -> Behaviour:
    others: dict[str, list[dict[str, object]]] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        if request_.path == SESSIONS and reply.status == 200:
            mine = reply.json["data"]["sessions"]
            others[request_.token[-20:]] = [{**one, "current": False} for one in mine]
            first = next(iter(others.values()))
            known = {one["sessionId"] for one in mine}
            extra = [one for one in first if one["sessionId"] not in known]
            reply.json = {**reply.json, "data": {"sessions": [*mine, *extra]}}
        return reply

    return behaviour


@request("list_sessions", "one request in fifteen fails", into=STRANGERS)
async def flaky(request_: Request, forward: Forward) -> Reply:
    reply = await forward(request_)
    if next(_TURNS) % 15 == 14:
        reply.status = 503
    return reply


_TURNS = itertools.count()


@answer("login", "a failed login says whether the user exists", into=STRANGERS)
def telling(request_: Request, reply: Reply) -> None:
    if reply.status == 401 and "@ejemplo.com" not in str(request_.sent.get("username")) and "message" in reply.json:
        reply.json = {**reply.json, "message": "El usuario no existe"}


@answer("list_audit_events", "a session that was closed at once lasted a negative time", into=STRANGERS)
def negative(_request: Request, reply: Reply) -> None:
    data = reply.json.get("data") if isinstance(reply.json, dict) else None
    if data:
        for event in data["events"]:
            event["sessionDuration"] = min(event["sessionDuration"], 30_000) - 30_000
        reply.json = {**reply.json, "data": data}


@answer("refresh", "a field comes twice", into=STRANGERS)
def twice(_request: Request, reply: Reply) -> None:
    if reply.body.startswith(b'{"') and isinstance(reply.json, dict) and "message" in reply.json:
        reply.body = reply.body[:-1] + b', "message": ' + json.dumps(reply.json["message"]).encode() + b"}"


@sequence("a revocation does nothing", into=STRANGERS)
def no_revocation() -> Behaviour:
    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path == "/oauth2/revoke":
            request_.body = b"token=something-else&client_id=cierre"
        return await forward(request_)

    return behaviour
