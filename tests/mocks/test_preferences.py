"""What a client asks for and gets: in a browser, at the terminal, and by users of Prism."""

import io
import json
import socket

import click
import httpx
import pytest

from cierre.cli.prism import translate
from cierre.mocks import mock_app
from cierre.mocks.log import Log
from cierre.mocks.preferences import read_preferences
from cierre.mocks.serving.server import listen
from cierre.server.sockets import bind
from tests.support.mocked import answering, client_of, document, started

JSON = "application/json"
ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


async def asked(spec, method="GET", path="/x", options=None, **more):
    """The answer, and what the log says of it."""
    written = io.StringIO()
    app = mock_app(spec, **(options or {}))
    app.log = Log(stream=written)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://mock") as client:
        return await client.request(method, path, **more), written.getvalue()


# --- Prefer


@pytest.mark.parametrize(
    ("prefer", "reported"),
    [
        ("cod=404", "cod=404 (did you mean code?)"),
        ("code=banana", "code=banana (a status such as 404)"),
        ("delay=banana", "delay=banana (200ms, 1s or 200..800ms, an hour at the most)"),
        ("delay=2h", "delay=2h"),
        ("fault=boom", "fault=boom (there are error, rate-limit, drop, truncate, slow, timeout)"),
        ("fault=dorp", "fault=dorp (did you mean drop?)"),
        ("dynamic=maybe", "dynamic=maybe (true or false)"),
        ("validate=of", "validate=of (did you mean off?)"),
    ],
)
async def test_a_preference_that_is_not_understood_is_told(prefer, reported):
    answer, line = await asked(answering(example=1), headers={"Prefer": prefer})
    assert answer.status_code == 200
    assert reported in answer.headers["mock-not-understood"]
    assert f"not understood: {reported}" in line


async def test_in_the_query_as_well_and_only_what_looks_like_a_preference():
    answer, _ = await asked(answering(example=1), path="/x?__cod=404&__typename=User")
    assert answer.headers["mock-not-understood"] == "cod=404 (did you mean code?)"


@pytest.mark.parametrize(
    "prefer", ["code=200", "respond-async, wait=10", "return=representation", "odata.maxpagesize=5"]
)
async def test_what_is_understood_or_for_others_is_not_told(prefer):
    answer, _ = await asked(answering(example=1), headers={"Prefer": prefer})
    assert "mock-not-understood" not in answer.headers


def test_quotes_and_parameters_are_read():
    found = read_preferences('example="a, \\"b\\"";x=1, code=404 ; foo, seed = 7', b"")
    assert (found.example, found.code, found.seed) == ('a, "b"', 404, "7")


BODY = {"requestBody": {"required": True, "content": {JSON: {"schema": {"type": "integer"}}}}}
REFUSING = document(
    {
        "/x": {
            "post": BODY
            | {
                "responses": {
                    "2XX": {"description": "", "content": {JSON: {"example": "range"}}},
                    "201": {"description": "", "content": {JSON: {"example": "made"}}},
                    "400": {"description": "", "content": {JSON: {"schema": ERROR, "example": {"error": "bad"}}}},
                    "409": {
                        "description": "",
                        "content": {JSON: {"examples": {"taken": {"value": 1}, "gone": {"value": 2}}}},
                    },
                }
            }
        }
    }
)


@pytest.mark.parametrize(
    ("prefer", "status", "body"),
    [
        ("code=409, example=gone", 409, 2),
        ("example=taken", 409, 1),
        ("code=409", 409, 1),
        ("code=201", 400, {"error": "bad"}),
    ],
)
async def test_the_failure_that_prefer_asks_for_holds_for_an_invalid_request(prefer, status, body):
    answer, _ = await asked(REFUSING, "POST", json="x", headers={"Prefer": prefer})
    assert (answer.status_code, answer.json()) == (status, body)
    assert "mock-violations" in answer.headers


async def test_an_unknown_example_is_404_for_an_invalid_request_too():
    answer, _ = await asked(REFUSING, "POST", json="x", headers={"Prefer": "example=nope"})
    assert answer.status_code == 404
    assert "taken" in answer.json()["available"]


async def test_a_status_that_is_written_out_goes_before_a_range():
    answer, _ = await asked(REFUSING, "POST", json=1)
    assert (answer.status_code, answer.json()) == (201, "made")


# --- answers that break the document

BROKEN = answering({"type": "integer"}, example="one")


async def test_with_errors_an_example_that_breaks_its_schema_is_a_500_with_the_violations():
    answer, _ = await asked(BROKEN, options={"errors": True})
    assert answer.status_code == 500
    assert answer.json()["violations"][0]["rule"] == "type"


async def test_without_errors_it_is_repaired():
    answer, _ = await asked(BROKEN)
    assert (answer.status_code, type(answer.json())) == (200, int)


async def test_what_an_answer_breaks_is_told_in_a_header():
    answer, _ = await asked(answering({"type": "integer", "minimum": 5, "maximum": 3}))
    assert answer.status_code == 200
    assert "imum" in answer.headers["mock-answer-violations"]


async def test_null_is_answered_only_where_the_enum_has_it():
    schema = {"type": "string", "nullable": True, "enum": ["a"]}
    operation = {"requestBody": {"content": {JSON: {"schema": schema}}}}
    answer, _ = await asked(answering(schema, method="post", operation=operation, example=None), "POST", json=None)
    assert answer.json() == "a"
    answer, _ = await asked(
        answering({"type": "integer"}, method="post", operation=operation),
        "POST",
        content=b"null",
        headers={"Content-Type": JSON},
    )
    assert answer.status_code == 200


# --- requests

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
}


async def test_read_only_members_pass_are_not_repeated_and_are_noted():
    operation = {"requestBody": {"content": {JSON: {"schema": PET}}}}
    spec = answering(PET, method="post", operation=operation, example={"id": 1, "name": "Toby"})
    answer, line = await asked(spec, "POST", json={"id": 99, "name": "Michi"})
    assert (answer.status_code, answer.json()) == (200, {"id": 1, "name": "Michi"})
    assert "readOnly, and sent: id" in line


async def test_a_deprecated_parameter_that_is_used_is_noted():
    old = {"name": "old", "in": "query", "deprecated": True, "schema": {"type": "string", "default": "x"}}
    spec = answering({"type": "integer"}, operation={"parameters": [old]})
    _, used = await asked(spec, path="/x?old=1")
    _, unused = await asked(spec)
    assert "deprecated, and used: old in query" in used
    assert "deprecated" not in unused


async def test_an_unknown_path_names_the_nearest():
    paths = {path: {"get": {"responses": {}}} for path in ("/pets", "/pets/{id}", "/people", "/zebra")}
    answer, _ = await asked(document(paths), path="/pet")
    assert answer.status_code == 404
    assert "near: /pets, " in answer.json()["detail"]


# --- caches

CACHED = {
    "Cache-Control": {"schema": {"type": "string"}, "example": "max-age=3600"},
    "Expires": {"schema": {"type": "string"}, "example": "Thu, 01 Jan 2099 00:00:00 GMT"},
    "Vary": {"schema": {"type": "string"}, "example": "Accept-Language, accept"},
}


def cached():
    spec = answering(example=1)
    spec["paths"]["/x"]["get"]["responses"]["200"]["headers"] = CACHED
    return spec


async def test_no_answer_is_stored_and_all_that_decides_is_in_vary():
    async with client_of(cached()) as client:
        answer = await client.get("/x", headers={"Origin": "http://localhost:5173"})
        unknown = await client.get("/nope")
    assert answer.headers["cache-control"] == unknown.headers["cache-control"] == "no-store"
    assert "expires" not in answer.headers
    assert answer.headers["vary"] == "Accept-Language, accept, Authorization, Cookie, Prefer, Origin"


async def test_with_cache_the_documents_own_freshness_is_sent():
    async with client_of(cached(), cache=True) as client:
        answer = await client.get("/x")
    assert answer.headers["cache-control"] == "max-age=3600"
    assert "Prefer" in answer.headers["vary"]


# --- parameters, as RFC 6570 has them


def parameter(place, style, schema, *, explode):
    path = "/x/{p}" if place == "path" else "/x"
    node = {"name": "p", "in": place, "required": place == "path", "style": style, "explode": explode, "schema": schema}
    return document({path: {"get": {"parameters": [node], "responses": {"204": {"description": ""}}}}})


TEXTS = {"type": "array", "maxItems": 2, "items": {"type": "string"}}
COLOUR = {"type": "object", "required": ["R"], "properties": {"R": {"type": "integer"}, "G": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("spec", "path", "headers", "status"),
    [
        (parameter("query", "form", TEXTS, explode=False), "/x?p=a%2Cb,c", {}, 204),
        (parameter("query", "form", TEXTS, explode=False), "/x?p=a,b,c", {}, 422),
        (parameter("cookie", "form", COLOUR, explode=True), "/x", {"Cookie": "R=1; G=2; other=x"}, 204),
        (parameter("cookie", "form", COLOUR, explode=True), "/x", {"Cookie": "G=2"}, 422),
        (parameter("path", "matrix", {"type": "integer"}, explode=False), "/x/;p=1", {}, 204),
        (parameter("path", "matrix", {"type": "integer"}, explode=False), "/x/;q=1", {}, 422),
        (parameter("path", "matrix", {"type": "integer"}, explode=False), "/x/1", {}, 422),
        (parameter("path", "label", {"type": "integer"}, explode=False), "/x/.1", {}, 204),
        (parameter("path", "label", {"type": "integer"}, explode=False), "/x/1", {}, 422),
    ],
)
async def test_parameters_are_read_as_their_style_writes_them(spec, path, headers, status):
    async with client_of(spec) as client:
        answer = await client.get(path, headers=headers)
    assert answer.status_code == status, answer.text


# --- what is wrong with this request, in the document's own shape


@pytest.mark.parametrize(
    ("accept", "where"),
    [
        ("application/vnd.cierre.session+json", lambda body: body["details"]["errors"][0]["pointer"]),
        ("application/problem+json", lambda body: body["details"]["errors"][0]["pointer"]),
        ("application/vnd.cierre.envelope+json", lambda body: "/" + next(iter(body["errors"]))),
    ],
)
@pytest.mark.parametrize("body", [{"username": 1, "password": "x"}, {"password": "x"}], ids=["of a type", "missing"])
async def test_the_refusal_of_our_own_contract_tells_the_true_violations(accept, where, body):
    async with client_of() as client:
        answer = await client.post("/api/v1/auth/login", json=body, headers={"Accept": accept})
    assert answer.status_code == 400
    assert where(answer.json()) == "/username"


# --- the options of Prism


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        (["--cors=false", "--errors=true", "--dynamic=true"], ["--no-cors", "--errors", "--dynamic"]),
        (["--cors=true", "--errors=false", "-d=true"], ["--cors", "--dynamic"]),
        (["-m", "--multiprocess=true", "a.yaml"], ["a.yaml"]),
        (["-v", "debug", "--verboseLevel=fatal"], ["-v", "info", "--verbose-level=error"]),
        (["--verboseLevel", "trace"], ["--verbose-level", "info"]),
        (["--json-schema-faker-fillProperties=false"], ["--no-fill-properties"]),
        (["--host", "0.0.0.0", "-p", "80"], ["--host", "0.0.0.0", "-p", "80"]),
    ],
)
def test_options_of_prism_are_understood(arguments, read):
    assert translate(arguments) == read


@pytest.mark.parametrize(("option", "said"), [("--ignoreExamples", "use --dynamic"), ("--cors=no", "--cors=true")])
def test_or_answered_with_what_to_use_instead(option, said):
    with pytest.raises(click.UsageError, match=said):
        translate([option])


def test_nobody_is_let_in_before_there_is_something_to_answer_from():
    listener = bind("127.0.0.1", 0)
    try:
        with socket.socket() as client, pytest.raises(ConnectionRefusedError):
            client.connect(listener.getsockname())
        listen(listener)
        with socket.socket() as client:
            client.connect(listener.getsockname())
    finally:
        listener.close()


async def test_parts_of_multipart_are_read_by_their_own_type_or_by_that_of_their_encoding():
    properties = {"xml": COLOUR, "json": COLOUR, "typed": COLOUR}
    media = {
        "schema": {"type": "object", "required": list(properties), "properties": properties},
        "encoding": {"json": {"contentType": "application/json"}},
    }
    operation = {"requestBody": {"content": {"multipart/form-data": media}}}
    spec = answering({"type": "integer"}, method="post", operation=operation)
    good = {
        "xml": (None, "<c><R>1</R></c>", "application/xml"),
        "json": (None, '{"R": 1}', "text/plain"),
        "typed": (None, '{"R": 1}', "application/json"),
    }
    async with client_of(spec) as client:
        assert (await client.post("/x", files=good)).status_code == 200
        wrong = good | {"xml": (None, "<c><R>red</R></c>", "application/xml")}
        refused = await client.post("/x", files=wrong)
    assert refused.status_code == 422
    assert refused.json()["violations"][0]["pointer"] == "/xml/R"


def test_the_routes_are_listed_at_the_start(tmp_path):
    paths = {f"/p{number}": {"get": {"responses": {"202": {"description": ""}}}} for number in range(30)}
    book = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}, "example": 7}
    operation = {"parameters": [book], "responses": {"200": {"description": ""}}}
    paths = {"/books/{id}": {"get": operation, "put": operation}} | paths
    (tmp_path / "spec.json").write_text(json.dumps(document(paths)))
    with started(tmp_path, "spec.json") as (url, _):
        httpx.get(f"{url}/p0", timeout=30)
        reported = (tmp_path / "mock.log").read_text()
    assert f"GET    {url}/p0 → 202" in reported
    # What a browser can open is ready to be opened.
    assert f"GET    {url}/books/7 → 200" in reported
    assert f"PUT    {url}/books/{{id}} → 200" in reported
    assert "/p27 → 202" in reported
    assert "/p28 →" not in reported
    assert "… and 2 more" in reported
