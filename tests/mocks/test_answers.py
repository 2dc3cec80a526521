"""What Prism's users ask for in vain: answers that fit the request, and that are always valid."""

import json
from xml.etree import ElementTree as ET

import pytest

from cierre.mocks.answering.xml_writer import write_xml
from cierre.oas.document import Document
from tests.support.mocked import answering, client_of, document

BOOK = {"type": "object", "properties": {"id": {"type": "integer"}, "title": {"type": "string"}}}


def books(**parameter):
    node = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}, **parameter}],
        "responses": {
            "200": {
                "content": {
                    "application/json": {
                        "schema": BOOK,
                        "examples": {
                            "first": {"value": {"id": 1, "title": "Uno"}},
                            "second": {"value": {"id": 2, "title": "Dos"}},
                        },
                    }
                }
            },
            "404": {"content": {"application/json": {"examples": {"unknown": {"value": {"error": "no"}}}}}},
        },
    }
    return document({"/books/{id}": {"get": node}})


async def test_the_example_whose_values_equal_the_path_is_taken():
    async with client_of(books()) as client:
        assert (await client.get("/books/2")).json() == {"id": 2, "title": "Dos"}


async def test_examples_of_parameter_and_answer_are_paired_by_name():
    named = {"second": {"value": 70}, "unknown": {"value": 99}}
    async with client_of(books(examples=named)) as client:
        assert (await client.get("/books/70")).json() == {"id": 2, "title": "Dos"}
        assert (await client.get("/books/99")).status_code == 404


async def test_examples_of_body_and_answer_are_paired_by_name():
    operation = {
        "requestBody": {
            "content": {
                "application/json": {
                    "examples": {"good": {"value": {"a": 1}}, "late": {"value": {"a": 2}}},
                }
            }
        },
        "responses": {
            "200": {"content": {"application/json": {"examples": {"good": {"value": "ok"}}}}},
            "409": {"content": {"application/json": {"examples": {"late": {"value": "too late"}}}}},
        },
    }
    async with client_of(document({"/x": {"post": operation}})) as client:
        assert (await client.post("/x", json={"a": 1})).json() == "ok"
        assert (await client.post("/x", json={"a": 2})).status_code == 409
        assert (await client.post("/x", json={"a": 3})).json() == "ok"


async def test_ids_from_the_path_and_values_from_the_body_are_reflected():
    operation = {
        "parameters": [{"name": "userId", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
    }
    schema = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string", "maxLength": 9}}}
    async with client_of(answering(schema, method="put", path="/u/{userId}", operation=operation)) as client:
        assert (await client.put("/u/77", json={"name": "Eva", "other": 1})).json() == {"id": "77", "name": "Eva"}
        # What would break the schema is not reflected.
        assert (await client.put("/u/77", json={"name": "far too long a name"})).json()["name"] != "far too long a name"


async def test_an_example_that_breaks_its_schema_is_repaired_and_the_rest_of_it_stays():
    schema = {
        "type": "object",
        "required": ["id", "when"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "integer"},
            "title": {"type": "string"},
            "when": {"type": "string", "format": "date-time"},
        },
    }
    broken = {"id": "uno", "title": "Uno", "extra": 1}
    async with client_of(answering(schema, example=broken)) as client:
        body = (await client.get("/x")).json()
    assert body["title"] == "Uno"
    assert isinstance(body["id"], int)
    assert body["when"]
    assert "extra" not in body


async def test_return_minimal_takes_the_empty_success():
    spec = document(
        {"/x": {"post": {"responses": {"200": {"content": {"application/json": {}}}, "204": {"description": ""}}}}}
    )
    async with client_of(spec) as client:
        answer = await client.post("/x", headers={"Prefer": "return=minimal"})
    assert answer.status_code == 204
    assert answer.headers["preference-applied"] == "return=minimal"


@pytest.mark.parametrize(
    ("media", "node", "expected"),
    [
        ("text/plain", {"example": "hola"}, b"hola"),
        ("text/csv", {"example": "a,b\n1,2\n"}, b"a,b\n1,2\n"),
        ("application/x-ndjson", {"example": [{"a": 1}, {"a": 2}]}, b'{"a":1}\n{"a":2}\n'),
        (
            "text/event-stream",
            {"example": [{"event": "x", "data": {"a": 1}}, {"b": 2}]},
            b'event: x\ndata: {"a":1}\n\ndata: {"b":2}\n\n',
        ),
        ("text/event-stream", {"example": "data: hola\n\n"}, b"data: hola\n\n"),
        ("application/x-www-form-urlencoded", {"example": {"a": "1 2"}}, b"a=1+2"),
        ("application/octet-stream", {"schema": {"type": "string", "format": "binary"}}, b"binary"),
    ],
)
async def test_bodies_of_many_kinds_are_written(media, node, expected):
    spec = document({"/x": {"get": {"responses": {"200": {"content": {media: node}}}}}})
    async with client_of(spec) as client:
        answer = await client.get("/x")
    assert (answer.headers["content-type"], answer.content) == (media, expected)


async def test_an_image_is_one_that_a_browser_can_show():
    spec = document({"/x": {"get": {"responses": {"200": {"content": {"image/*": {"schema": {"type": "string"}}}}}}}})
    async with client_of(spec) as client:
        answer = await client.get("/x", headers={"Accept": "image/png"})
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


async def test_xml_follows_the_documents_names():
    schema = {
        "type": "object",
        "xml": {"name": "book"},
        "properties": {
            "id": {"type": "integer", "xml": {"attribute": True}},
            "tags": {"type": "array", "xml": {"wrapped": True}, "items": {"type": "string", "xml": {"name": "tag"}}},
        },
    }
    node = {"schema": schema, "example": {"id": 3, "tags": ["a", "b"]}}
    spec = document({"/x": {"get": {"responses": {"200": {"content": {"application/xml": node}}}}}})
    async with client_of(spec) as client:
        text = (await client.get("/x")).text
    assert '<book id="3"><tags><tag>a</tag><tag>b</tag></tags></book>' in text


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (
            {"properties": {"id": {"xml": {"prefix": "b", "namespace": "urn:b", "attribute": True}}}},
            {"id": 3},
            '<root xmlns:b="urn:b" b:id="3" />',
        ),
        (
            {"properties": {"id": {"xml": {"prefix": "b", "namespace": "urn:b"}}}},
            {"id": 3},
            '<root><b:id xmlns:b="urn:b">3</b:id></root>',
        ),
        (
            {"xml": {"prefix": "b", "namespace": "urn:b"}, "properties": {"id": {"xml": {"prefix": "b"}}}},
            {"id": 3},
            '<b:root xmlns:b="urn:b"><b:id>3</b:id></b:root>',
        ),
        (
            {"properties": {"id": {"xml": {"prefix": "b"}}}},
            {"id": 3},
            '<root><b:id xmlns:b="urn:b">3</b:id></root>',
        ),
        (
            {
                "properties": {
                    "tags": {
                        "type": "array",
                        "xml": {"wrapped": True, "namespace": "urn:t"},
                        "items": {"xml": {"name": "tag", "prefix": "b", "namespace": "urn:b"}},
                    }
                }
            },
            {"tags": [1]},
            '<root><tags xmlns="urn:t"><b:tag xmlns:b="urn:b">1</b:tag></tags></root>',
        ),
        (
            {"properties": {"tags": {"type": "array", "xml": {"prefix": "b", "namespace": "urn:b"}, "items": {}}}},
            {"tags": [1]},
            '<root><b:tags xmlns:b="urn:b">1</b:tags></root>',
        ),
        ({}, {"a b": "x\x00y", "1": 2}, "<root><a_b>xy</a_b><_1>2</_1></root>"),
    ],
)
def test_prefixes_and_namespaces_of_xml_are_declared(schema, value, expected):
    text = write_xml(value, {"type": "object", **schema}, Document({"openapi": "3.1.0"})).decode()
    assert text.partition("\n")[2] == expected
    ET.fromstring(text.encode())


async def test_base_paths_of_servers_are_served_with_and_without():
    spec = answering(example=1) | {
        "servers": [{"url": "https://api.example.com/{v}/", "variables": {"v": {"default": "v2"}}}]
    }
    async with client_of(spec) as client:
        assert [(await client.get(path)).status_code for path in ("/x", "/v2/x", "/v1/x")] == [200, 200, 404]


async def test_the_document_that_is_served_can_be_read_in_one_piece():
    async with client_of(answering(example=1)) as client:
        assert "/x" in json.loads((await client.get("/__mock/openapi.json")).text)["paths"]


async def test_a_body_beyond_the_limit_is_413():
    operation = {"requestBody": {"content": {"text/plain": {}}}}
    async with client_of(answering(method="post", operation=operation, example=1), max_body=10) as client:
        headers = {"Content-Type": "text/plain"}
        assert (await client.post("/x", content=b"x" * 10, headers=headers)).status_code == 200
        assert (await client.post("/x", content=b"x" * 11, headers=headers)).status_code == 413


async def test_a_second_value_for_the_same_seed_is_the_same_for_lists_and_objects():
    schema = {"type": "array", "minItems": 3, "items": BOOK}
    async with client_of(answering(schema)) as client:
        texts = {(await client.get(f"/x?__dynamic=true&__seed={seed}")).text for seed in ("a", "a", "b")}
    assert len(texts) == 2
