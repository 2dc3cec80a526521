"""Schemas that no value can satisfy: requests pass as the authors mean them, answers leave out what may be."""

import json

import pytest

from tests.support.mocked import answering, client_of, document

NAMED = {"type": "object", "required": ["type", "name"], "properties": {"type": {"type": "string"}, "name": {}}}
HEADER = {"type": "apiKey", "in": "header", "name": "Authorization"}


def taking(schema):
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return document({"/x": {"post": {"requestBody": body, "responses": {"204": {"description": ""}}}}})


async def status_of(schema, value):
    async with client_of(taking(schema)) as client:
        return (await client.post("/x", json=value)).status_code


async def answer(schema, **media):
    async with client_of(answering(schema, **media)) as client:
        return await client.get("/x")


@pytest.mark.parametrize(
    ("kind", "listed", "passing", "refused"),
    [
        ("string", [10, 20, True], ["10", "true"], [10, "30"]),
        ("integer", ["1", "2"], [1, 2], [3, "1", "a"]),
        ("number", ["1.5", "2"], [1.5, 2], ["1.5"]),
        ("integer", ["1 (Default)", "2 (Other)"], [1, 7, "1 (Default)"], ["3 (New)", True]),
        ("integer", [1, "2"], [1], [2, "2", 3]),
        ("boolean", ["true", "false"], [True, "true"], ["yes"]),
    ],
)
async def test_values_that_are_not_of_the_type_are_read_as_what_they_mean(kind, listed, passing, refused):
    schema = {"type": kind, "enum": listed}
    assert [await status_of(schema, value) for value in passing] == [204] * len(passing)
    assert [await status_of(schema, value) for value in refused] == [422] * len(refused)


async def test_an_answer_leaves_out_what_no_value_can_be_and_sends_what_is_meant_where_it_must():
    level = {"type": "string", "enum": [10, 20]}
    optional = {"type": "object", "properties": {"id": {"type": "integer"}, "level": level}}
    assert (await answer(optional)).json() == {"id": 0}
    assert (await answer({**optional, "required": ["level"]})).json() == {"id": 0, "level": "10"}


async def test_alternatives_that_differ_in_their_descriptions_alone_are_one():
    schema = {"oneOf": [{**NAMED, "description": "In a cookie."}, {**NAMED, "x-place": "query"}]}
    assert await status_of(schema, {"type": "InCookie", "name": "a"}) == 204
    other = {**NAMED, "properties": {**NAMED["properties"], "description": {"type": "string"}}}
    assert await status_of({"oneOf": [NAMED, other]}, {"type": "InCookie", "name": "a"}) == 422


@pytest.mark.parametrize(
    ("schema", "passing", "refused"),
    [
        ({"properties": {"a": {}}, "required": ["a", "b"]}, {"a": 1}, {"a": 1, "c": 1}),
        ({"allOf": [NAMED]}, {"type": "a", "name": "b"}, {"type": "a", "name": "b", "c": 1}),
        (
            {"anyOf": [NAMED, {"type": "object", "required": ["c"], "properties": {"c": {}}}]},
            {"c": 1},
            {"c": 1, "d": 1},
        ),
        ({"properties": {"a": {}}, "allOf": [{"properties": {"b": {}}}]}, {"a": 1}, {"a": 1, "b": 1}),
    ],
)
async def test_an_object_may_have_what_it_requires(schema, passing, refused):
    closed = {"type": "object", "additionalProperties": False, **schema}
    assert await status_of(closed, passing) == 204
    assert await status_of(closed, refused) == 422


@pytest.mark.parametrize(
    ("pattern", "passing", "refused"),
    [
        ("/^3[A-Z]{3}$/i", ["3abc", "3ABC"], ["xabc"]),
        ("/^3[A-Z]{3}$/", ["3ABC"], ["3abc"]),
        ("/^[0-9]+/", ["12a"], ["a"]),
        ("/a/", ["b/a/c"], ["a"]),
        ("^/[a-z]+/$", ["/ab/"], ["ab"]),
    ],
)
async def test_a_literal_of_another_language_is_its_expression(pattern, passing, refused):
    schema = {"type": "string", "pattern": pattern}
    assert [await status_of(schema, value) for value in passing] == [204] * len(passing)
    assert [await status_of(schema, value) for value in refused] == [422] * len(refused)


async def test_an_answer_has_no_text_for_a_literal_where_it_may_be_left_out():
    schema = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "nic": {"type": "string", "pattern": "/^[0-9]{5}$/i"}},
    }
    assert (await answer(schema)).json() == {"id": 0}


async def test_an_example_that_nothing_can_replace_is_sent_as_it_is():
    inner = {"type": "object", "additionalProperties": False, "required": ["id", "url"], "properties": {"url": {}}}
    schema = {
        "type": "object",
        "required": ["account"],
        "properties": {"account": {"allOf": [inner, {"minProperties": 2}]}},
    }
    found = await answer(schema, example={"account": {"url": "https://example.com"}})
    assert found.json() == {"account": {"url": "https://example.com"}}
    assert json.loads(found.headers["mock-answer-violations"])


async def test_a_discriminator_names_an_alternative_that_the_value_is_of():
    file = {
        "type": "object",
        "required": ["kind", "at"],
        "properties": {"kind": {"type": "string"}, "at": {"type": "integer"}},
    }
    link = {"type": "object", "properties": {"kind": {"type": "string"}, "at": {}}}
    refs = [{"$ref": "#/components/schemas/File"}, {"$ref": "#/components/schemas/Link"}]
    schema = {"anyOf": refs, "discriminator": {"propertyName": "kind"}}
    spec = answering(schema, example={"kind": "File", "at": "a"})
    spec["components"] = {"schemas": {"File": file, "Link": link}}
    async with client_of(spec) as client:
        found = (await client.get("/x")).json()
    assert found["kind"] == "Link" or isinstance(found["at"], int)


async def test_what_is_repeated_of_a_request_keeps_to_the_letter():
    level = {"type": "integer", "enum": ["1 (Low)", "2 (High)"]}
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "level": level, "id": {"type": "integer"}}}
    body = {"content": {"application/json": {"schema": schema}}}
    async with client_of(answering(schema, method="post", operation={"requestBody": body})) as client:
        found = (await client.post("/x", json={"name": "a", "level": "1 (Low)"})).json()
        assert "level" not in found
        assert (await client.post("/x", json={"name": "a"})).json() == {"name": "a", "id": 0}


async def test_a_property_is_read_only_or_write_only_as_the_nearest_schema_says():
    place = {"type": "object", "writeOnly": True, "required": ["row"], "properties": {"row": {"type": "integer"}}}
    schema = {"type": "object", "required": ["at"], "properties": {"at": {"allOf": [place], "readOnly": True}}}
    assert (await answer(schema)).json() == {"at": {"row": 0}}
    hidden = {"type": "object", "properties": {"id": {"type": "integer"}, "at": {"allOf": [place]}}}
    assert (await answer(hidden)).json() == {"id": 0}


@pytest.mark.parametrize(("sent", "status"), [("secreto", 204), ("Bearer a.b.c", 204), ("", 401)])
async def test_schemes_of_one_header_field_are_met_by_one_credential(sent, status):
    spec = document({"/x": {"get": {"security": [{"key": [], "bearer": []}], "responses": {"204": {}}}}})
    spec["components"] = {"securitySchemes": {"key": HEADER, "bearer": {"type": "http", "scheme": "bearer"}}}
    async with client_of(spec) as client:
        assert (await client.get("/x", headers={"Authorization": sent} if sent else {})).status_code == status


async def test_schemes_of_two_fields_are_both_asked_for():
    spec = document({"/x": {"get": {"security": [{"key": [], "bearer": []}], "responses": {"204": {}}}}})
    key = {**HEADER, "name": "X-Key"}
    spec["components"] = {"securitySchemes": {"key": key, "bearer": {"type": "http", "scheme": "bearer"}}}
    async with client_of(spec) as client:
        assert (await client.get("/x", headers={"Authorization": "Bearer a"})).status_code == 401
        assert (await client.get("/x", headers={"Authorization": "Bearer a", "X-Key": "b"})).status_code == 204


async def test_an_integer_has_no_fraction():
    schema = {"type": "object", "properties": {"height": {"type": "integer"}, "price": {"type": "number"}}}
    found = await answer(schema, example={"height": 11.0, "price": 1.5})
    assert found.content == b'{"height":11,"price":1.5}'


async def test_a_text_of_an_open_pattern_is_as_long_as_it_must_be():
    schema = {"type": "string", "pattern": "arn:.*role/.*", "minLength": 40}
    assert len((await answer(schema)).json()) >= 40


async def test_what_one_part_of_an_object_forbids_takes_nothing_else_along():
    address = {"type": "object", "additionalProperties": False, "required": ["city"], "properties": {"city": {}}}
    schema = {"allOf": [address], "additionalProperties": False, "properties": {"note": {"type": "string"}}}
    assert (await answer(schema)).json() == {"city": {}}


async def test_what_the_standard_allows_is_valid_beside_an_alternative_that_contradicts_itself():
    """Read as its author means it the second alternative takes every object: `oneOf` would want one of the two."""
    equal = {"properties": {"b": {"type": "string"}}}
    schema = {"oneOf": [{"type": "object", "required": ["a"]}, {"oneOf": [equal, {**equal, "description": "x"}]}]}
    assert await status_of(schema, {"a": 1}) == 204
