"""Faults that somebody looked for where nobody watched: from the reconciliation, and from what the checks left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from cierre.contract_tests.defects.behaviour import Known
from cierre.contract_tests.defects.catalogue import GAPS, answer, request, sequence
from cierre.contract_tests.defects.proxy import Behaviour, Forward, Reply, Request

LOGIN, LOGOUT, REFRESH = "/api/v1/auth/login", "/api/v1/auth/logout", "/api/v1/auth/refresh"
SESSIONS, AUDIT = "/api/v1/auth/sessions", "/api/v1/admin/audit-events"
REVOKE, TOKEN = "/oauth2/revoke", "/oauth2/token"
# Defects that only sequences of requests show: of an answer, of a request, and those that remember what was before.
told = partial(answer, into=GAPS, rules=True)
asked = partial(request, into=GAPS, rules=True)
remembered = partial(sequence, into=GAPS)


def _form(request_: Request, **changes: str) -> None:
    request_.body = urlencode({**request_.sent, **changes}).encode()


def _json_body(request_: Request, **changes: Any) -> None:
    request_.body = json.dumps({**request_.sent, **changes}).encode()


def _deep(node: Any, change: Callable[[str, Any], Any]) -> Any:
    if isinstance(node, dict):
        return {k: change(k, v) if not isinstance(v, dict | list) else _deep(v, change) for k, v in node.items()}
    return [_deep(v, change) for v in node] if isinstance(node, list) else node


def _data(reply: Reply) -> Any:
    body = reply.json
    return body.get("data") if isinstance(body, dict) and reply.status == 200 else None


# Answers.


@answer("logout", "return=minimal empties failures as well", into=GAPS)
def _(request_: Request, reply: Reply) -> None:
    if "return=minimal" in (request_.header("prefer") or "") and reply.status >= 400:
        reply.body = b""
        reply.set("content-type", None)


@answer("logout", "times of a logout are local time with a Z behind", into=GAPS)
def _(_request: Request, reply: Reply) -> None:
    def shift(name: str, value: Any) -> Any:
        if name in {"loggedOutAt", "closedAt"} and isinstance(value, str):
            then = datetime.fromisoformat(value) + timedelta(hours=2)
            return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return value

    if isinstance(reply.json, dict) and reply.json:
        reply.json = _deep(reply.json, shift)


@answer("logout_by_refresh_token", "the cookie is emptied, but does not expire", into=GAPS)
def _(_request: Request, reply: Reply) -> None:
    if cookie := reply.header("set-cookie"):
        reply.set("set-cookie", cookie.replace(" Max-Age=0;", ""))


@request("logout", "the weights of Accept are ignored: the first named wins", into=GAPS)
async def _(request_: Request, forward: Forward) -> Reply:
    if "," in (accept := request_.header("accept") or ""):
        request_.set("accept", accept.split(",")[0].split(";")[0])
    return await forward(request_)


@request("list_sessions", "the weights of Accept-Language are ignored: the first named wins", into=GAPS)
async def _(request_: Request, forward: Forward) -> Reply:
    if "," in (asked := request_.header("accept-language") or ""):
        request_.set("accept-language", asked.split(",")[0].split(";")[0])
    return await forward(request_)


@answer("authorization_server_metadata", "the metadata names doors that are not there", into=GAPS)
def _(_request: Request, reply: Reply) -> None:
    reply.json = _deep(reply.json, lambda k, v: v.replace("/oauth2/", "/oauth/") if k.endswith("_endpoint") else v)


@answer("jwks", "the key in use is not published under its kid", into=GAPS)
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 200:
        reply.json = {"keys": [{**key, "kid": key["kid"][::-1]} for key in reply.json["keys"]]}


@answer("logout_by_refresh_token", "Sunset is an ISO date", into=GAPS)
def _(_request: Request, reply: Reply) -> None:
    if reply.header("sunset"):
        reply.set("sunset", "2028-01-01T00:00:00Z")


@request("logout", "logoutAll: false beside a deviceId is refused", into=GAPS)
async def _(request_: Request, forward: Forward) -> Reply:
    if request_.sent.get("logoutAll") is False and "deviceId" in request_.sent:
        _json_body(request_, logoutAll=True)
    return await forward(request_)


# Tokens.


@told("refresh", "expiresIn of a refresh is in milliseconds")
def _(_request: Request, reply: Reply) -> None:
    if data := _data(reply):
        reply.json = {**reply.json, "data": {**data, "expiresIn": data["expiresIn"] * 1000}}


@told("introspect_token", "the times of introspection are in milliseconds")
def _(_request: Request, reply: Reply) -> None:
    if reply.json.get("active"):
        reply.json = _deep(reply.json, lambda k, v: v * 1000 if k in {"iat", "exp"} else v)


@told("introspect_token", "introspection says the session id as sub")
def _(_request: Request, reply: Reply) -> None:
    if reply.json.get("active"):
        reply.json = {**reply.json, "sub": reply.json["sid"]}


@told("introspect_token", "introspection does not know live refresh tokens")
def _(_request: Request, reply: Reply) -> None:
    if reply.json.get("active") and "token_type" not in reply.json:
        reply.json = {"active": False}


@asked("revoke_token", "an access token that is revoked lives on")
async def _(request_: Request, forward: Forward) -> Reply:
    token = request_.sent.get("token", "")
    if "." in token or "|" in token:
        _form(request_, token="something-else")
    return await forward(request_)


@remembered("any client may revoke a token of another")
def revoke_any_client() -> Behaviour:
    of: dict[str, str] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        if request_.path == REVOKE and request_.sent.get("token") in of:
            _form(request_, client_id=of[request_.sent["token"]])
        reply = await forward(request_)
        if request_.path == LOGIN and (data := _data(reply)):
            for name in ("accessToken", "refreshToken"):
                of[data.get(name, "")] = request_.sent.get("clientId", "cierre")
        if request_.path == REFRESH and (data := _data(reply)) and request_.sent.get("refreshToken") in of:
            for name in ("accessToken", "refreshToken"):
                of[data.get(name, "")] = of[request_.sent["refreshToken"]]
        return reply

    return behaviour


@remembered("the OAuth door refreshes closed sessions from a cache")
def token_cache() -> Behaviour:
    # A refresh token that a login or a refresh gave: an answer with made-up tokens where it is dead.
    seen: set[str] = set()

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        if request_.path in {LOGIN, REFRESH} and (data := _data(reply)):
            seen.add(data.get("refreshToken", ""))
        presented = request_.sent.get("refresh_token", "")
        if request_.path == TOKEN and reply.status == 400 and presented in seen:
            reply.status = 200
            reply.json = {
                "access_token": "1|" + "a" * 43,
                "refresh_token": "b" * 43,
                "token_type": "Bearer",
                "expires_in": 900,
            }
        return reply

    return behaviour


@remembered("an opaque token that was exchanged still works")
def old_opaque() -> Behaviour:
    next_of: dict[str, str] = {}
    of_refresh: dict[str, str] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        token = request_.token
        while token in next_of:
            token = next_of[token]
        if token != request_.token and request_.path == SESSIONS:
            request_.set("authorization", f"Bearer {token}")
        reply = await forward(request_)
        if request_.path in {LOGIN, REFRESH} and (data := _data(reply)) and "|" in data["accessToken"]:
            old = of_refresh.get(request_.sent.get("refreshToken", ""))
            if old and old != data["accessToken"]:
                next_of[old] = data["accessToken"]
            of_refresh[data.get("refreshToken", "")] = data["accessToken"]
        return reply

    return behaviour


@remembered("a replayed refresh token is refused, its session stays open")
def replay_harmless() -> Behaviour:
    used: dict[str, str] = {}
    spent: set[str] = set()

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        presented = request_.sent.get("refreshToken", "") if request_.path == REFRESH else ""
        if presented and presented in spent:
            request_.body = b'{"refreshToken": "nothing-at-all"}'
            refused = await forward(request_)
            refused.json = {**refused.json, "code": "REFRESH_TOKEN_REUSED"}
            return refused
        reply = await forward(request_)
        if presented and (data := _data(reply)):
            used[data.get("refreshToken", "")] = presented
            if presented in used:
                spent.add(used[presented])
        return reply

    return behaviour


# Passwords, roles, doors.


@asked("change_password", "a change of the password does not look at the current one")
async def _(request_: Request, forward: Forward) -> Reply:
    reply = await forward(request_)
    if reply.status == 401 and "currentPassword" in request_.sent:
        _json_body(request_, currentPassword="cierre-demo")
        return await forward(request_)
    return reply


@request("change_password", "a new password is not saved: the old one stays", into=GAPS)
async def _(request_: Request, forward: Forward) -> Reply:
    if (
        "newPassword" in request_.sent
        and 8 <= len(str(request_.sent["newPassword"])) <= 1024
        and isinstance(request_.sent["newPassword"], str)
        and set(request_.sent) == {"currentPassword", "newPassword"}
    ):
        _json_body(request_, newPassword="cierre-demo")
    return await forward(request_)


@remembered("anybody may read the trail")
def open_trail() -> Behaviour:
    known = Known()

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        known.learn(request_, reply)
        if request_.path == AUDIT and reply.status == 403 and known.admin:
            request_.set("authorization", f"Bearer {known.admin}")
            return await forward(request_)
        return reply

    return behaviour


@asked("refresh", "refresh takes the cookie from a foreign origin")
async def _(request_: Request, forward: Forward) -> Reply:
    request_.set("origin", None)
    return await forward(request_)


@asked("*", "Sec-Fetch-Site: cross-site is not looked at")
async def _(request_: Request, forward: Forward) -> Reply:
    request_.set("sec-fetch-site", None)
    return await forward(request_)


@asked("logout_by_refresh_token", "the cookie wins over the body")
async def _(request_: Request, forward: Forward) -> Reply:
    if "refreshToken=" in (request_.header("cookie") or ""):
        request_.body = b""
    return await forward(request_)


@told("refresh", "a refresh by cookie tells the token in the body, too")
def _(_request: Request, reply: Reply) -> None:
    cookie = reply.header("set-cookie")
    if (data := _data(reply)) and cookie:
        token = cookie.partition("=")[2].partition(";")[0]
        reply.json = {**reply.json, "data": {**data, "refreshToken": token}}


# Logouts.


@asked("*", "the old paths do not know Idempotency-Key")
async def _(request_: Request, forward: Forward) -> Reply:
    if request_.path in {"/logout", "/api/auth/logout", "/api/v1/admin/users/force-logout"}:
        request_.set("idempotency-key", None)
    return await forward(request_)


@remembered("an Idempotency-Key is everybody's")
def shared_keys() -> Behaviour:
    first: dict[str, Reply] = {}

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        key = request_.header("idempotency-key")
        if request_.path != LOGOUT or not key:
            return await forward(request_)
        same = key + request_.body.decode("latin-1")
        if same in first:
            told = [h for h in first[same].headers if h[0] != "x-trace-id"]
            return Reply(first[same].status, [*told, ("x-trace-id", str(uuid4()))], first[same].body)
        reply = await forward(request_)
        if reply.status < 300:
            first[same] = reply
        return reply

    return behaviour


@asked("logout", "return=minimal answers 204 and does nothing")
async def _(request_: Request, forward: Forward) -> Reply:
    minimal = "return=minimal" in (request_.header("prefer") or "")
    if minimal and not request_.header("idempotency-key"):
        look = await forward(Request("GET", SESSIONS, list(request_.headers), b""))
        if look.status == 200 and "deviceId" not in request_.sent:
            headers = [h for h in look.headers if h[0] in {"x-trace-id", "vary"}]
            return Reply(204, [*headers, ("preference-applied", "return=minimal")], b"")
    return await forward(request_)


@remembered("/logout answers 401 for another's user_id, and closes")
def closes_anyway() -> Behaviour:
    known = Known()

    async def behaviour(request_: Request, forward: Forward) -> Reply:
        reply = await forward(request_)
        known.learn(request_, reply)
        if request_.path == "/logout" and reply.status == 401 and request_.sent.get("token") in known.of:
            _json_body(request_, user_id=known.of[request_.sent["token"]])
            await forward(request_)
        return reply

    return behaviour


@asked("login", "a login without a device is always on the device `unknown`")
async def _(request_: Request, forward: Forward) -> Reply:
    if request_.sent and "deviceId" not in request_.sent:
        _json_body(request_, deviceId="unknown")
    return await forward(request_)


# Lists.


@told("list_sessions", "the list says address and browser of the asking request for every session")
def _(request_: Request, reply: Reply) -> None:
    if data := _data(reply):
        agent = request_.header("user-agent")
        reply.json = {**reply.json, "data": {"sessions": [{**one, "userAgent": agent} for one in data["sessions"]]}}


@told("list_sessions", "the newest session is shown as the current one")
def _(_request: Request, reply: Reply) -> None:
    if data := _data(reply):
        newest = max(data["sessions"], key=lambda one: one["createdAt"])["sessionId"]
        rows = [{**one, "current": one["sessionId"] == newest} for one in data["sessions"]]
        reply.json = {**reply.json, "data": {"sessions": rows}}


def _rows(reply: Reply, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    if data := _data(reply):
        reply.json = {**reply.json, "data": {**data, "events": [{**row, **change(row)} for row in data["events"]]}}


@told("list_audit_events", "sessionDuration is in seconds")
def _(_request: Request, reply: Reply) -> None:
    _rows(reply, lambda row: {"sessionDuration": row["sessionDuration"] // 1000})


@told("list_audit_events", "each row of the trail has a trace of its own")
def _(_request: Request, reply: Reply) -> None:
    _rows(reply, lambda row: {"traceId": f"{row['sessionId'][:8]}-0000-4000-8000-{row['sessionId'][8:20]}"})


@told("list_audit_events", "the trail has the administrator's letters only in ASCII")
def _(_request: Request, reply: Reply) -> None:
    _rows(reply, lambda row: {"reason": row["reason"].encode("ascii", "replace").decode()})


@asked("list_audit_events", "from, to and logoutType of the trail are ignored")
async def _(request_: Request, forward: Forward) -> Reply:
    path, _, query = request_.target.partition("?")
    kept = [pair for pair in query.split("&") if pair.partition("=")[0] not in {"from", "to", "logoutType", ""}]
    request_.target = f"{path}?{'&'.join(kept)}"
    return await forward(request_)


@told("*", "every user is told to be EMPLEADO")
def _(request_: Request, reply: Reply) -> None:
    if request_.path in {LOGIN, REFRESH} and (data := _data(reply)):
        reply.json = {**reply.json, "data": {**data, "user": {**data["user"], "role": "EMPLEADO"}}}
