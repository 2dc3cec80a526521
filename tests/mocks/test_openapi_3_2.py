"""What OpenAPI 3.2 adds: query strings as one value, sequences of items, examples as texts, nodes of XML."""

import json

import pytest

from cierre.mocks import mock_app
from cierre.oas import read
from cierre.oas.linting import lint
from tests.support.mocked import client_of, document

ITEM = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}, "additionalProperties": False}


def streaming(media_type, **media):
    node = {"responses": {"200": {"description": "", "content": {media_type: {"itemSchema": ITEM, **media}}}}}
    return document({"/x": {"get": node}}, "3.2.0")


def receiving(media_type, **media):
    body = {"required": True, "content": {media_type: media}}
    return document({"/x": {"post": {"requestBody": body, "responses": {"204": {"description": ""}}}}}, "3.2.0")


# --- in: querystring


def searching(media_type, schema, **more):
    parameter = {"name": "q", "in": "querystring", "content": {media_type: {"schema": schema}}, **more}
    operation = {"parameters": [parameter], "responses": {"204": {"description": ""}}}
    return document({"/x": {"get": operation}}, "3.2.0")


@pytest.mark.parametrize(
    ("media_type", "query", "status"),
    [
        ("application/x-www-form-urlencoded", "n=3", 204),
        ("application/x-www-form-urlencoded", "n=three", 422),
        ("application/x-www-form-urlencoded", "m=3", 422),
        ("application/json", "%7B%22n%22%3A3%7D", 204),
        ("application/json", "%7B%22n%22%3A%22x%22%7D", 422),
        ("application/json", "n=3", 422),
        ("application/json", "", 422),
    ],
)
async def test_the_whole_query_string_is_one_value(media_type, query, status):
    async with client_of(searching(media_type, ITEM, required=True)) as client:
        assert (await client.get(f"/x?{query}")).status_code == status


async def test_a_query_string_that_is_not_required_may_be_absent():
    async with client_of(searching("application/json", ITEM)) as client:
        assert (await client.get("/x")).status_code == 204


# --- itemSchema


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/jsonl", b'{"n":1}\n{"n":2}\n'),
        ("application/x-ndjson", b'{"n":1}\n{"n":2}\n'),
        ("application/json-seq", b'\x1e{"n":1}\n\x1e{"n":2}\n'),
        ("application/geo+json-seq", b'\x1e{"n":1}\n\x1e{"n":2}\n'),
        ("text/event-stream", b'data: {"n":1}\n\ndata: {"n":2}\n\n'),
    ],
)
async def test_an_example_is_sent_item_by_item(media_type, expected):
    async with client_of(streaming(media_type, example=[{"n": 1}, {"n": 2}])) as client:
        assert (await client.get("/x")).content == expected


async def test_an_example_may_be_one_item():
    async with client_of(streaming("application/jsonl", example={"n": 1})) as client:
        assert (await client.get("/x")).content == b'{"n":1}\n'


async def test_without_an_example_items_are_made():
    async with client_of(streaming("application/jsonl")) as client:
        lines = (await client.get("/x")).content.splitlines()
    assert lines
    assert all(set(json.loads(line)) == {"n"} for line in lines)


@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        ("application/jsonl", b'{"n":1}\n{"n":2}', 204),
        ("application/jsonl", b'{"n":1}\n{"n":"x"}\n', 422),
        ("application/jsonl", b'{"n":1}\nx', 400),
        ("application/json-seq", b'\x1e{"n":1}\n\x1e{"n":2}\n', 204),
        ("application/json-seq", b'{"n":1}\n', 400),
        ("application/json-seq", b'\x1e{"n":"x"}\n', 422),
    ],
)
async def test_each_item_of_a_request_is_checked(media_type, body, status):
    async with client_of(receiving(media_type, itemSchema=ITEM)) as client:
        answer = await client.post("/x", content=body, headers={"Content-Type": media_type})
    assert answer.status_code == status


@pytest.mark.parametrize(("retry", "status"), [("3", 204), ("soon", 422)])
async def test_events_are_items(retry, status):
    event = {"type": "object", "required": ["data"], "properties": {"retry": {"type": "integer"}}}
    text = f": hello\nevent: tick\ndata: a\ndata: b\nretry: {retry}\n\n"
    async with client_of(receiving("text/event-stream", itemSchema=event)) as client:
        answer = await client.post("/x", content=text, headers={"Content-Type": "text/event-stream"})
    assert answer.status_code == status


@pytest.mark.parametrize(("second", "status"), [('{"n": 2}', 204), ('{"n": "x"}', 422)])
async def test_parts_without_names_are_items(second, status):
    parts = "".join(f"--b\r\nContent-Type: application/json\r\n\r\n{part}\r\n" for part in ('{"n": 1}', second))
    async with client_of(receiving("multipart/mixed", itemSchema=ITEM)) as client:
        answer = await client.post(
            "/x", content=f"{parts}--b--\r\n", headers={"Content-Type": "multipart/mixed; boundary=b"}
        )
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("parts", "status"),
    [(["7", '{"n": 1}', '{"n": 2}'], 204), (["7", '{"n": "x"}'], 422), (["siete", '{"n": 1}'], 422), (["7", "x"], 400)],
)
async def test_the_types_of_parts_without_names_go_by_their_places(parts, status):
    schema = {"type": "array", "prefixItems": [{"type": "integer"}], "items": ITEM}
    encodings = {"prefixEncoding": [{"contentType": "text/plain"}], "itemEncoding": {"contentType": "application/json"}}
    text = "".join(f"--b\r\n\r\n{part}\r\n" for part in parts)
    async with client_of(receiving("multipart/mixed", schema=schema, **encodings)) as client:
        answer = await client.post(
            "/x", content=f"{text}--b--\r\n", headers={"Content-Type": "multipart/mixed; boundary=b"}
        )
    assert answer.status_code == status


@pytest.mark.parametrize("media_type", ["application/json-seq", "application/jsonl"])
@pytest.mark.parametrize(("value", "status"), [(1, 204), ("x", 422)])
async def test_a_sequence_may_be_described_as_a_list(media_type, value, status):
    schema = {"type": "array", "items": ITEM, "maxItems": 2}
    start = "\x1e" if media_type.endswith("seq") else ""
    text = "".join(f"{start}{json.dumps({'n': n})}\n" for n in (1, value))
    async with client_of(receiving(media_type, schema=schema)) as client:
        answer = await client.post("/x", content=text, headers={"Content-Type": media_type})
    assert answer.status_code == status


def test_a_schema_of_items_is_made_once():
    app = mock_app(streaming("application/jsonl"))
    media = app.document.root["paths"]["/x"]["get"]["responses"]["200"]["content"]["application/jsonl"]
    assert app.document.responses.schema_of(media) is app.document.responses.schema_of(media)


# --- examples


async def test_a_serialized_value_is_sent_as_it_is():
    text = "<a  b='1'/>"
    node = {"examples": {"one": {"dataValue": {"b": 1}, "serializedValue": text}}}
    responses = {"200": {"description": "", "content": {"application/xml": node, "application/json": node}}}
    async with client_of(document({"/x": {"get": {"responses": responses}}}, "3.2.0")) as client:
        assert (await client.get("/x", headers={"Accept": "application/xml"})).text == text
        assert (await client.get("/x", headers={"Accept": "application/json"})).json() == {"b": 1}


async def test_a_serialized_value_of_json_is_a_value():
    node = {"examples": {"one": {"serializedValue": '{"b": 1}'}}}
    responses = {"200": {"description": "", "content": {"application/json": node}}}
    async with client_of(document({"/x": {"get": {"responses": responses}}}, "3.2.0")) as client:
        assert (await client.get("/x")).json() == {"b": 1}


def test_lint_holds_data_values_and_items_to_their_schemas():
    node = {"schema": {"type": "integer"}, "examples": {"one": {"dataValue": "x"}}}
    content = {"application/json": node, "application/jsonl": {"itemSchema": ITEM, "example": [{"n": "x"}]}}
    spec = document(
        {"/x": {"get": {"responses": {"200": {"description": "", "content": content}}}}},
        "3.2.0",
        info={"title": "t", "version": "1"},
    )
    found = [problem.pointer.partition("/content/")[2] for problem in lint(read(spec)) if problem.rule == "example"]
    assert found == ["application~1json/examples/one/dataValue", "application~1jsonl/example/0/n"]


# --- XML


@pytest.mark.parametrize("kind", ["text", "cdata"])
async def test_a_node_type_of_xml_decides_what_a_member_becomes(kind):
    schema = {
        "type": "object",
        "required": ["id", "text", "tags"],
        "xml": {"name": "note"},
        "properties": {
            "id": {"type": "integer", "xml": {"nodeType": "attribute"}},
            "text": {"type": "string", "xml": {"nodeType": kind}},
        },
    }
    listed = {
        "type": "object",
        "xml": {"name": "all"},
        "properties": {"tags": {"type": "array", "items": {"type": "integer"}}},
    }
    listed["properties"]["tags"] |= {"xml": {"nodeType": "element"}}
    schema["required"] = ["id", "text"]
    media = {"schema": schema, "example": {"id": 3, "text": "a < b"}}
    answers = {"200": {"description": "", "content": {"application/xml": media}}}
    body = {"content": {"application/xml": {"schema": schema}}}
    paths = {
        "/x": {"get": {"responses": answers}, "post": {"requestBody": body, "responses": {"204": {"description": ""}}}},
        "/l": {"get": {"responses": {"200": {"description": "", "content": {"application/xml": {
            "schema": listed, "example": {"tags": [1, 2]}}}}}}},
    }  # fmt: skip
    async with client_of(document(paths, "3.2.0")) as client:
        text = (await client.get("/x")).text
        assert '<note id="3">a &lt; b</note>' in text
        xml = {"Content-Type": "application/xml"}
        assert (await client.post("/x", content=text, headers=xml)).status_code == 204
        assert (await client.post("/x", content="<note>a</note>", headers=xml)).status_code == 422
        assert "<all><tags><tags>1</tags><tags>2</tags></tags></all>" in (await client.get("/l")).text
