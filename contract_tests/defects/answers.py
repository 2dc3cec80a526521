"""Wrong answers: a field dropped, a type changed, a status, a header or a form that the contract has not."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from cierre.contract_tests.defects.catalogue import answer, request
from cierre.contract_tests.defects.proxy import Forward, Reply, Request

LOGOUT = "/api/v1/auth/logout"


def _data(reply: Reply) -> Any:
    return reply.json.get("data") if isinstance(reply.json, dict) else None


# Bodies.


@answer("logout", "a required field is missing in the success of logout")
def _(_request: Request, reply: Reply) -> None:
    if data := _data(reply):
        del data["user"]["activeSessions"]
        reply.json = {**reply.json, "data": data}


@answer("logout", "a number is a string")
def _(_request: Request, reply: Reply) -> None:
    if data := _data(reply):
        data["logout"]["sessionsClosed"] = str(data["logout"]["sessionsClosed"])
        reply.json = {**reply.json, "data": data}


@answer("list_sessions", "a field that the contract has not is told")
def _(_request: Request, reply: Reply) -> None:
    if data := _data(reply):
        for session in data["sessions"]:
            session["tokenHash"] = "5e884898da28047151d0e56f8dc62927"
        reply.json = {**reply.json, "data": data}


@answer("list_sessions", "times have no milliseconds and no zone")
def _(_request: Request, reply: Reply) -> None:
    if data := _data(reply):
        for session in data["sessions"]:
            session["createdAt"] = session["createdAt"][:19]
        reply.json = {**reply.json, "data": data}


@answer("list_audit_events", "times are numbers")
def _(_request: Request, reply: Reply) -> None:
    if data := _data(reply):
        for event in data["events"]:
            event["timestamp"] = 1758814200000
        reply.json = {**reply.json, "data": data}


@answer("list_audit_events", "an optional field is null where it should be a text")
def _(_request: Request, reply: Reply) -> None:
    if data := _data(reply):
        for event in data["events"]:
            event["reason"] = None
        reply.json = {**reply.json, "data": data}


@answer("force_logout", "a value is none of the enumeration")
def _(_request: Request, reply: Reply) -> None:
    if data := _data(reply):
        data["logout"]["logoutType"] = "admin"
        reply.json = {**reply.json, "data": data}


@answer("logout_by_user_token", "the constant of document 000 is a number")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 200:
        reply.json = {"success": True, "message": 5}


@answer("logout_by_user_token", "401 of document 000 has a body")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 401:
        reply.json = {"error": "unauthorized"}
        reply.set("content-type", "application/json")


@answer("logout_by_refresh_token", "the success of document 004 has a body")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 200:
        reply.json = {"ok": True}
        reply.set("content-type", "application/json")


@answer("logout_by_refresh_token", "an error names another path")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 401 and "path" in reply.json:
        reply.json = {**reply.json, "path": LOGOUT}


@answer("introspect_token", "an inactive token tells why")
def _(_request: Request, reply: Reply) -> None:
    if reply.json == {"active": False}:
        reply.json = {"active": False, "reason": "revoked"}


@answer("jwks", "the private part of the key is published")
def _(_request: Request, reply: Reply) -> None:
    reply.json = {"keys": [{**key, "d": "c2VjcmV0"} for key in reply.json.get("keys", ())]}


@answer("login", "an answer is not JSON at all")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 401:
        reply.body = b"<html><body>Unauthorized</body></html>"


@answer("login", "the body has another character set")
def _(_request: Request, reply: Reply) -> None:
    reply.body = reply.body.decode().encode("latin-1", errors="replace")


# Statuses.


@answer("logout", "success of logout is 201")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 200:
        reply.status = 201


@answer("login", "a wrong password is 403")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 401:
        reply.status = 403


@answer("force_logout", "an unknown user is 200")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 404:
        reply.status = 200


@answer("change_password", "a body that breaks the schema is 422")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 400:
        reply.status = 422


@answer("logout", "a body of an unknown type is 400 instead of 415")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 415:
        reply.status = 400


@answer("refresh", "a bad refresh token ends in 500")
def _(request_: Request, reply: Reply) -> None:
    if reply.status == 401 and request_.sent.get("refreshToken"):
        reply.status = 500
        reply.set("www-authenticate", None)


# Errors.


@answer("list_sessions", "an error has another code")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 401 and "code" in reply.json:
        reply.json = {**reply.json, "code": "TOKEN_INVALID"}


@answer("logout", "an error has the code of another situation")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 401 and reply.json.get("code") == "INVALID_ACCESS_TOKEN":
        reply.json = {**reply.json, "code": "FORBIDDEN"}


@answer("list_sessions", "the status in the body is not the status")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 401 and reply.json.get("status") == 401:
        reply.json = {**reply.json, "status": 400}


@answer("logout", "the trace of the body is not that of the header")
def _(_request: Request, reply: Reply) -> None:
    if "trace_id" in reply.json:
        reply.json = {**reply.json, "trace_id": "00000000-0000-4000-8000-000000000000"}


@answer("logout", "the number of document 002 is a text")
def _(_request: Request, reply: Reply) -> None:
    if isinstance(reply.json.get("error"), int):
        reply.json = {**reply.json, "error": str(reply.json["error"])}


# Headers.


@answer("list_sessions", "X-Trace-Id is missing")
def _(_request: Request, reply: Reply) -> None:
    reply.set("x-trace-id", None)


@answer("list_sessions", "401 comes without a challenge")
def _(_request: Request, reply: Reply) -> None:
    reply.set("www-authenticate", None)


@answer("logout", "Vary does not name Prefer")
def _(_request: Request, reply: Reply) -> None:
    reply.set("vary", "Accept, Accept-Language")


@answer("logout_by_user_token", "the old path does not say that it is deprecated")
def _(_request: Request, reply: Reply) -> None:
    reply.set("deprecation", None)


@answer("logout_by_refresh_token", "Sunset is missing")
def _(_request: Request, reply: Reply) -> None:
    reply.set("sunset", None)


@answer("login", "tokens may be stored by caches")
def _(_request: Request, reply: Reply) -> None:
    reply.set("cache-control", "private, max-age=60")


@answer("login", "the cookie can be read by scripts")
def _(_request: Request, reply: Reply) -> None:
    if cookie := reply.header("set-cookie"):
        reply.set("set-cookie", cookie.replace("; HttpOnly", ""))


@answer("force_logout", "405 does not say what is allowed")
def _(_request: Request, reply: Reply) -> None:
    if reply.status == 405:
        reply.set("allow", None)


# Negotiation.


@request("logout", "Accept is ignored")
async def _(request_: Request, forward: Forward) -> Reply:
    request_.set("accept", "application/json")
    return await forward(request_)


@answer("logout", "a vendor type is answered as application/json")
def _(_request: Request, reply: Reply) -> None:
    if reply.body:
        reply.set("content-type", "application/json")


@request("login", "Accept-Language is ignored")
async def _(request_: Request, forward: Forward) -> Reply:
    request_.set("accept-language", None)
    return await forward(request_)


@answer("login", "Content-Language says the language that was asked for, the message has another")
def _(request_: Request, reply: Reply) -> None:
    if reply.header("content-language") and request_.header("accept-language") in {None, "es"}:
        reply.set("content-language", "en")


@request("logout*", "Prefer: return=minimal is ignored")
async def _(request_: Request, forward: Forward) -> Reply:
    request_.set("prefer", None)
    return await forward(request_)


@request("change_password", "an Accept that nothing satisfies is not refused")
async def _(request_: Request, forward: Forward) -> Reply:
    if "json" not in (request_.header("accept") or "json") and "*" not in (request_.header("accept") or ""):
        request_.set("accept", "*/*")
    return await forward(request_)


# Requests.


@request("change_password", "unknown fields are accepted")
async def _(request_: Request, forward: Forward) -> Reply:
    known = {"currentPassword", "newPassword"}
    if known <= set(request_.sent):
        request_.body = json.dumps({name: request_.sent[name] for name in known}).encode()
    return await forward(request_)


@request("force_logout", "a reason longer than the contract allows is accepted")
async def _(request_: Request, forward: Forward) -> Reply:
    sent = request_.sent
    if isinstance(sent.get("reason"), str) and len(sent["reason"]) > 100:
        request_.body = json.dumps({**sent, "reason": sent["reason"][:100]}).encode()
    return await forward(request_)


@request("list_audit_events", "a limit out of bounds is cut instead of refused")
async def _(request_: Request, forward: Forward) -> Reply:
    path, _, query = request_.target.partition("?")
    parts = [part for part in query.split("&") if not part.startswith("limit=")]
    request_.target = f"{path}?{'&'.join(parts)}" if any(parts) else path
    return await forward(request_)


@request("logout", "logoutAll together with deviceId is accepted")
async def _(request_: Request, forward: Forward) -> Reply:
    if request_.sent.get("logoutAll") is True and "deviceId" in request_.sent:
        request_.body = b'{"logoutAll": true}'
    return await forward(request_)


@request("logout", "a device that is written with spaces or signs is accepted")
async def _(request_: Request, forward: Forward) -> Reply:
    device = request_.sent.get("deviceId")
    if isinstance(device, str) and not re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", device):
        request_.body = json.dumps({**request_.sent, "deviceId": "non-existent-device-uuid"}).encode()
    return await forward(request_)


@request("logout", "an empty body is refused")
async def _(request_: Request, forward: Forward) -> Reply:
    if not request_.body and request_.method == "POST":
        request_.body = b"{"
        request_.set("content-type", "application/json")
    return await forward(request_)


# Time and methods.


@request("health_ready", "an answer takes longer than a client waits", patience=1.0)
async def _(request_: Request, forward: Forward) -> Reply:
    await asyncio.sleep(1.2)
    return await forward(request_)


@request("list_sessions", "an undocumented method works")
async def _(request_: Request, forward: Forward) -> Reply:
    if request_.method == "DELETE":
        request_.method = "GET"
    return await forward(request_)
