"""Repeated and simultaneous logouts, and Idempotency-Key."""

from __future__ import annotations

from uuid import uuid4

from cierre.contract_tests.defects.defect import Subject
from cierre.contract_tests.defects.observed import FORCE_LOGOUT, LOGOUT, REFRESH_TOKEN_LOGOUT, USER_TOKEN_LOGOUT
from cierre.contract_tests.defects.proxy import Forward, ProxyRequest, ProxyResponse

RETRIES = Subject("Repeated and simultaneous logouts")


@RETRIES.stateful("a race has two winners")
class TwoWinners:
    """Gives each logout that began before the first success that success."""

    def __init__(self) -> None:
        self.success_of: dict[str, ProxyResponse] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        if request.path != LOGOUT:
            return await forward(request)
        simultaneous = request.token not in self.success_of
        response = await forward(request)
        if response.status == 200:
            self.success_of[request.token] = response
        # Every logout that began before the first success succeeds, too.
        repeated = simultaneous and response.status == 404
        return self.success_of.get(request.token, response) if repeated else response


@RETRIES.stateful("a second logout is always a success")
class SecondLogoutSucceeds:
    """Answers a second logout with the success of the first."""

    def __init__(self) -> None:
        self.success_of: dict[str, ProxyResponse] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        response = await forward(request)
        if request.path != LOGOUT:
            return response
        if response.status == 200:
            self.success_of[request.token] = response
        return self.success_of.get(request.token, response) if response.status == 404 else response


@RETRIES.response("a second logout says that it was closed just now", "*", sequences=True)
def second_logout_with_its_own_time(_request: ProxyRequest, response: ProxyResponse) -> None:
    if response.status == 404 and "closedAt" in (details := response.json.get("details", {})):
        response.change(details={**details, "closedAt": "2031-01-01T00:00:00.000Z"})


@RETRIES.request("Idempotency-Key is ignored", "*", sequences=True)
async def ignore_idempotency_key(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    request.set("idempotency-key", None)
    return await forward(request)


@RETRIES.request("the old paths do not know Idempotency-Key", "*", sequences=True, origin="gap")
async def ignore_key_on_other_paths(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    if request.path in {USER_TOKEN_LOGOUT, REFRESH_TOKEN_LOGOUT, FORCE_LOGOUT}:
        request.set("idempotency-key", None)
    return await forward(request)


@RETRIES.stateful("an Idempotency-Key is shared by all users", origin="gap")
class SharedIdempotencyKeys:
    """Keeps answers by key and body alone, without the user."""

    def __init__(self) -> None:
        self.first: dict[str, ProxyResponse] = {}

    async def __call__(self, request: ProxyRequest, forward: Forward) -> ProxyResponse:
        key = request.header("idempotency-key")
        if request.path != LOGOUT or not key:
            return await forward(request)
        same = key + request.body.decode("latin-1")
        if first := self.first.get(same):
            headers = [field for field in first.headers if field[0] != "x-trace-id"]
            return ProxyResponse(first.status, [*headers, ("x-trace-id", str(uuid4()))], first.body)
        response = await forward(request)
        if response.status < 300:
            self.first[same] = response
        return response
