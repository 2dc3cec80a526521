"""What the contract does not say is not found: on a server that keeps it, and on the mock of a document."""

import pytest
import yaml
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan, read_contract
from cierre.contract_tests.run import Contract, Options
from tests.support import mocked, toy

EVERY = ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY", "OPTIONS"]
BOOK = {
    "type": "object",
    "required": ["title", "pages"],
    "properties": {"title": {"type": "string", "minLength": 1}, "pages": {"type": "integer", "minimum": 1}},
}
# No example anywhere, and a key of an API in the query.
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Books", "version": "1"},
    "security": [{"key": []}],
    "paths": {
        "/books": {
            "post": {
                "requestBody": {"required": True, "content": {"application/json": {"schema": BOOK}}},
                "responses": {"201": {"description": "Made."}, "400": {"description": ""}, "401": {"description": ""}},
            }
        }
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "key"}}},
}


async def books(request):
    if request.method != "POST":
        return Response(b"", 405, {"Allow": "POST"})
    if request.query_params.get("key") != "of-straw":
        return Response(b"", 401)
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        return Response(b"", 400)
    good = isinstance(body, dict) and isinstance(body.get("title"), str) and body["title"]
    pages = body.get("pages") if good else None
    good = isinstance(pages, int | float) and not isinstance(pages, bool) and pages >= 1
    good = good and (isinstance(pages, int) or pages.is_integer())
    json_at_all = request.headers.get("content-type", "").startswith("application/json")
    # NaN is no JSON, and Python reads it.
    return Response(b"", 201 if good and json_at_all else 400)


def test_a_server_that_keeps_a_document_without_examples_has_no_findings():
    contract = Contract(CONTRACT, (Entry(scheme="key", value="of-straw"),))
    with toy.serving(Starlette(routes=[Route("/books", books, methods=EVERY)])) as url:
        report = plan(contract, Options(url=url, seed=1, examples=5, phases=("probes",))).run(Quiet())

    assert [(one.title, one.message) for one in report.findings] == []
    assert {seen.status for seen in report.exchanges} >= {201, 400, 401}


def test_a_form_that_is_refused_is_found_where_the_same_body_is_taken_otherwise():
    async def no_charset(request):
        if "charset" in request.headers.get("content-type", ""):
            return Response(b"", 400)
        return await books(request)

    contract = Contract(CONTRACT, (Entry(scheme="key", value="of-straw"),))
    with toy.serving(Starlette(routes=[Route("/books", no_charset, methods=EVERY)])) as url:
        report = plan(contract, Options(url=url, seed=1, examples=5, phases=("probes",))).run(Quiet())

    assert [one.title for one in report.findings] == ["Not accepted as the contract says: a parameter of the type"]


@pytest.mark.parametrize("phase", ["coverage", "fuzzing", "probes"])
def test_a_mock_of_a_document_without_examples_has_no_findings(tmp_path, phase):
    spec = tmp_path / "books.yaml"
    spec.write_text(yaml.safe_dump(CONTRACT))
    with mocked.started(tmp_path, spec) as (url, _):
        report = plan(read_contract(spec), Options(url=url, seed=1, examples=5, phases=(phase,))).run(Quiet())

    assert ([(one.title, one.message) for one in report.findings], report.errors) == ([], [])


FORM = {"application/x-www-form-urlencoded": {"schema": BOOK}}
LISTS = {
    "type": "object",
    "required": ["kinds"],
    "properties": {"kinds": {"type": "array", "items": {"type": "integer"}}},
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
KIND = {"name": "Content-Type", "in": "header", "required": True, "schema": {"type": "string"}}
# As documents in the wild are: of one operation failures alone, of another one answer for everything.
WILD = {
    "openapi": "3.0.3",
    "info": {"title": "Wild", "version": "1"},
    "paths": {
        "/orders": {
            "post": {
                "parameters": [KIND],
                "requestBody": {"required": True, "content": {"application/json": {"schema": BOOK}}},
                "responses": {"405": {"description": "Not an order."}, "default": {"description": "Done."}},
            },
        },
        "/orders/{id}": {
            "parameters": [ID],
            "get": {
                "responses": {"200": {"description": "It."}, "404": {"description": ""}, "400": {"description": ""}}
            },
            "put": {
                "requestBody": {"content": FORM},
                "responses": {"200": {"description": ""}, "400": {"description": ""}},
            },
            "delete": {"responses": {"400": {"description": "Bad id."}, "404": {"description": "No such order."}}},
        },
        "/lists": {
            "post": {
                "parameters": [{"name": "n", "in": "query", "schema": {"type": "integer", "format": "int32"}}],
                "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": LISTS}}},
                "responses": {"204": {"description": ""}, "400": {"description": ""}},
            },
        },
        "/notes": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/xml": {"schema": {"type": "object", "xml": {"name": "note"}}}},
                },
                "responses": {"204": {"description": ""}, "400": {"description": ""}},
            },
        },
    },
}


@pytest.mark.parametrize("phase", ["coverage", "fuzzing", "stateful", "probes"])
def test_a_mock_of_a_document_as_they_are_in_the_wild_has_no_findings(tmp_path, phase):
    spec = tmp_path / "wild.yaml"
    spec.write_text(yaml.safe_dump(WILD))
    with mocked.started(tmp_path, spec) as (url, _):
        report = plan(read_contract(spec), Options(url=url, seed=1, examples=20, phases=(phase,))).run(Quiet())

    assert ([(one.title, one.message, one.curl) for one in report.findings], report.errors) == ([], [])
