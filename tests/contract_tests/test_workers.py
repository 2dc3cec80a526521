"""`--workers`: operations side by side; what is found, and how it is shown, stays the same."""

import asyncio
import re

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.run import Contract, Options
from tests.support import toy
from tests.support.commands import run

NAMES = ("a", "b", "c", "d")
NUMBER = {"name": "n", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 9}}
ANSWERS = {status: {"description": ""} for status in ("200", "400", "401", "405")}
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "T", "version": "1"},
    "security": [{"bearer": []}],
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    "paths": {f"/{name}": {"get": {"parameters": [NUMBER], "responses": ANSWERS}} for name in NAMES},
}
ENTRY = Entry(scheme="bearer", path="/login", bodies=({"user": "me"},), token="/token", fresh=True)


class Service:
    """Each operation fails for n = 5 and more; `most` is how many requests were there at once."""

    def __init__(self):
        self.now = self.most = 0
        self.tokens = set()

    def app(self):
        return Starlette(
            routes=[
                Route("/login", self.login, methods=["POST"]),
                *(Route(f"/{name}", self.answer, methods=["GET", "HEAD"]) for name in NAMES),
            ]
        )

    async def login(self, _request):
        self.tokens.add(token := f"token-of-a-worker-{len(self.tokens):010}")
        return JSONResponse({"token": token})

    async def answer(self, request):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        value = request.query_params.get("n", "0")
        if request.headers.get("authorization") not in {f"Bearer {token}" for token in self.tokens}:
            return Response(b"", 401)
        if request.query_params.getlist("n")[1:] or value not in set("0123456789"):
            return Response(b"", 400)
        return Response(b"", 500 if value > "4" else 200)


@pytest.fixture(scope="module", params=[1, 3])
def outcome(request):
    service = Service()
    with toy.serving(service.app()) as url:
        options = Options(url=url, seed=1, examples=8, workers=request.param)
        return request.param, service, plan(Contract(CONTRACT, (ENTRY,)), options).run(Quiet())


def test_operations_are_tested_side_by_side(outcome):
    workers, service, _ = outcome

    assert service.most == workers


def test_each_bug_is_found_once_and_shown_by_its_own_request(outcome):
    _, _, report = outcome

    assert sorted(one.operation for one in report.findings) == [f"GET /{name}" for name in NAMES]
    for one in report.findings:
        assert re.search(rf"{one.operation.removeprefix('GET ')}\?n=[5-9]$", one.exchange.url)
        assert one.exchange.url in one.curl
    assert report.errors == []


def test_our_own_contract_is_tested_by_one():
    done = run("contract", "localhost:1", "--workers", "2")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--workers is for --spec" in done.stderr
