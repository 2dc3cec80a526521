"""Requests that are accepted or refused against the contract, answers that take too long, and methods."""

from __future__ import annotations

import asyncio
import re

from cierre.contract_tests.defects.defect import Subject
from cierre.contract_tests.defects.proxy import Forward, ProxyRequest, ProxyResponse

REQUESTS = Subject("Requests")


@REQUESTS.request("unknown fields are accepted", "change_password")
async def drop_unknown_members(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    known = {"currentPassword", "newPassword"}
    if known <= set(request.members):
        request.members = {name: request.members[name] for name in known}
    return await forward(request)


@REQUESTS.request("a reason longer than the contract allows is accepted", "force_logout")
async def cut_reason(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    reason = request.members.get("reason")
    if isinstance(reason, str) and len(reason) > 100:
        request.members = {**request.members, "reason": reason[:100]}
    return await forward(request)


@REQUESTS.request("a limit out of bounds is cut instead of refused", "list_audit_events")
async def drop_limit(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.drop_query("limit")
    return await forward(request)


@REQUESTS.request("logoutAll together with deviceId is accepted", "logout")
async def prefer_logout_all(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if request.members.get("logoutAll") is True and "deviceId" in request.members:
        request.members = {"logoutAll": True}
    return await forward(request)


@REQUESTS.request("logoutAll: false beside a deviceId is refused", "logout", origin="gap")
async def refuse_logout_all_false(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if request.members.get("logoutAll") is False and "deviceId" in request.members:
        request.members = {**request.members, "logoutAll": True}
    return await forward(request)


@REQUESTS.request("a device that is written with spaces or signs is accepted", "logout")
async def accept_any_device_id(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    device = request.members.get("deviceId")
    if isinstance(device, str) and not re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", device):
        request.members = {**request.members, "deviceId": "non-existent-device-uuid"}
    return await forward(request)


@REQUESTS.request("an empty body is refused", "logout")
async def refuse_empty_body(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if not request.body and request.method == "POST":
        request.body = b"{"
        request.set("content-type", "application/json")
    return await forward(request)


@REQUESTS.request("an answer takes longer than a client waits", "health_ready", patience=1.0)
async def answer_late(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    await asyncio.sleep(1.2)
    return await forward(request)


@REQUESTS.request("an undocumented method works", "list_sessions")
async def delete_works_like_get(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if request.method == "DELETE":
        request.method = "GET"
    return await forward(request)
