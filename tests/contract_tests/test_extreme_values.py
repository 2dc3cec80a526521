"""Values that break servers, and HEAD in the place of GET."""

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.run import Contract, Options
from tests.support import toy

MEMBERS = {
    "count": {"type": "integer"},
    "name": {"type": "string"},
    "at": {"type": "string", "format": "date-time"},
    "tags": {"type": "array", "items": {"type": "string"}},
}
EXAMPLE = {"count": 1, "name": "a", "at": "2026-01-01T00:00:00Z", "tags": ["a"]}
NUMBER = {"name": "n", "in": "query", "schema": {"type": "integer"}, "example": 1}
ANSWERS = {"200": {"description": ""}, "400": {"description": ""}}
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "T", "version": "1"},
    "paths": {
        "/things": {
            "get": {"parameters": [NUMBER], "responses": ANSWERS},
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"type": "object", "properties": MEMBERS},
                            "example": EXAMPLE,
                        }
                    },
                },
                "responses": ANSWERS,
            },
        }
    },
}


def probed(breaks):
    """The findings of a run of the probes against a server that fails where `breaks(method, query, body)` holds."""

    async def things(request):
        body, query = await request.body(), request.url.query
        if request.method == "HEAD":
            return Response(status_code=500 if breaks("HEAD", query, b"") else 200)
        if breaks(request.method, query, body):
            return Response(b"", 500)
        malformed = request.method == "POST" and (not body.startswith(b'{"') or b"NaN" in body or body[-1:] != b"}")
        malformed = malformed or b"\xff" in body or (body and b"json" not in request.headers["content-type"].encode())
        return Response(b"", 400 if malformed else 200)

    app = Starlette(routes=[Route("/things", things, methods=["GET", "HEAD", "POST"])])
    with toy.serving(app) as url:
        return plan(Contract(CONTRACT), Options(url=url, seed=1, examples=1, phases=("probes",))).run(Quiet()).findings


def test_a_server_that_takes_every_value_has_no_findings():
    assert [(one.title, one.message) for one in probed(lambda *_: False)] == []


@pytest.mark.parametrize(
    "value",
    [
        b"2147483648",
        b"9007199254740993",
        b"9223372036854775808",
        b"1e400",
        rb"\u0000",
        rb"\ud800",
        "\u202e".encode(),
        b"x" * 10_000,
        b"0000-01-01",
        b"9999-12-31",
        b"23:59:60",
        b'"a", ' * 999,
        b'"name": "a", "at": "2026-01-01T00:00:00Z", "tags": ["a"], "name"',
    ],
)
def test_a_value_that_breaks_the_server_is_found(value):
    [finding] = probed(lambda _method, _query, body: value in body)

    assert (finding.operation, finding.check) == ("POST /things", "not_a_server_error")
    assert value in finding.exchange.request_body


@pytest.mark.parametrize("query", ["n=9223372036854775808", "n=0&n=1"])
def test_a_parameter_that_breaks_the_server_is_found(query):
    [finding] = probed(lambda _method, sent, _body: query in sent)

    assert (finding.operation, finding.check) == ("GET /things", "not_a_server_error")


def test_head_that_is_not_get_is_found():
    [finding] = probed(lambda method, *_: method == "HEAD")

    assert finding.check == "head_is_like_get"
    assert finding.message == "the status: 200 with GET, 500"
