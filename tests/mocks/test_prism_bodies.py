"""The bodies that Prism makes from schemas: a team that changes to `cierre mock` finds them again."""

import re

import pytest

from tests.support.mocked import answering, client_of
from tests.support.pets import DOG, PETS


async def test_a_body_without_examples_is_made_from_the_schema():
    async with client_of(PETS) as client:
        answer = await client.post("/pets", json=DOG)
    assert answer.status_code == 201
    assert {"id", "name"} <= answer.json().keys()


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "string"),
        ({"type": "integer"}, 0),
        ({"type": "number"}, 0),
        ({"type": "boolean"}, True),
        ({"type": "object"}, {}),
        ({"type": "array", "items": {"type": "string"}}, ["string"]),
        ({"type": "string", "format": "email"}, "user@example.com"),
        ({"type": "string", "format": "date-time"}, "2019-08-24T14:15:22Z"),
        ({"type": "string", "format": "date"}, "2019-08-24"),
        ({"type": "string", "format": "time"}, "14:15:22Z"),
        ({"type": "string", "format": "uuid"}, "497f6eca-6276-4993-bfeb-53cbbbba6f08"),
        ({"type": "string", "format": "uri"}, "http://example.com"),
        ({"type": "string", "format": "uri-reference"}, "../dictionary"),
        ({"type": "string", "format": "hostname"}, "example.com"),
        ({"type": "string", "format": "ipv4"}, "192.168.0.1"),
        ({"type": "string", "format": "password"}, "pa$$word"),
        ({"type": "string", "minLength": 8}, "stringst"),
        ({"type": "string", "maxLength": 3}, "str"),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "object", "properties": {"name": {"type": "string"}}}, {"name": "string"}),
    ],
)
async def test_where_the_document_gives_nothing_the_placeholders_are_those_of_prism(schema, value):
    async with client_of(answering(schema)) as client:
        assert (await client.get("/x")).json() == value


@pytest.mark.parametrize(
    ("kind", "faker", "expected"),
    [
        ("string", "name.firstName", "[A-ZÁ]\\w+"),
        ("string", "person.firstName", "[A-ZÁ]\\w+"),
        ("string", "internet.email", "[a-z0-9]+@example.com"),
        ("string", {"finance.amount": [10, 20]}, "(1[0-9]|20)\\.[0-9]{2}"),
        ("integer", {"number.int": {"min": 3, "max": 4}}, "[34]"),
        ("integer", {"datatype.number": [{"min": 3, "max": 4}]}, "[34]"),
        ("string", "{{name.firstName}} of {{address.city}}", "\\w+ of \\w+"),
        ("string", "company.name", "\\w+ & \\w+"),
        ("boolean", "datatype.boolean", "True|False"),
        ("string", "nothing.known", "\\w+"),
        ("integer", "name.firstName", "-?[0-9]+"),
        ("string", 7, "\\w+"),
    ],
)
async def test_dynamic_values_follow_x_faker(kind, faker, expected):
    async with client_of(answering({"type": kind, "x-faker": faker})) as client:
        for value in range(4):
            answer = await client.get("/x", headers={"Prefer": f"dynamic=true, seed={value}"})
            assert re.fullmatch(expected, str(answer.json()))
        assert str((await client.get("/x")).json()) in {"string", "0", "True"}


async def test_x_json_schema_faker_decides_about_lists_and_optional_members():
    schema = {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}
    spec = answering(schema) | {"x-json-schema-faker": {"min-items": 6, "max-items": 7, "alwaysFakeOptionals": True}}
    async with client_of(spec) as client:
        items = (await client.get("/x", headers={"Prefer": "dynamic=true"})).json()
    assert len(items) in {6, 7}
    assert all("a" in item for item in items)


async def test_members_that_no_property_describes_are_left_out_on_demand():
    spec = answering({"type": "object", "additionalProperties": {"type": "string"}})
    async with client_of(spec) as client:
        assert (await client.get("/x")).json() == {"key1": "string"}
    async with client_of(spec, fill_properties=False) as client:
        assert (await client.get("/x")).json() == {}
    async with client_of(spec | {"x-json-schema-faker": {"fillProperties": False}}) as client:
        assert (await client.get("/x")).json() == {}


async def test_schema_examples_defaults_and_enums_are_used():
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "example": "x"},
            "b": {"type": "integer", "default": 5},
            "c": {"type": "string", "enum": ["one", "two"]},
        },
    }
    async with client_of(answering(schema)) as client:
        assert (await client.get("/x")).json() == {"a": "x", "b": 5, "c": "one"}


async def test_dynamic_varies_and_a_seed_repeats():
    async with client_of(answering({"type": "string", "format": "uuid"})) as client:
        drawn = {(await client.get("/x", headers={"Prefer": "dynamic=true"})).text for _ in range(4)}
        seeded = {(await client.get("/x", headers={"Prefer": "dynamic=true, seed=7"})).text for _ in range(4)}
        by_query = {(await client.get("/x?__dynamic=true&__seed=7")).text for _ in range(2)}
    assert len(drawn) == 4
    assert len(seeded) == 1
    assert by_query == seeded


async def test_the_flags_dynamic_and_seed_do_the_same_for_all():
    async with client_of(answering({"type": "string", "format": "uuid"}), dynamic=True, seed="a") as client:
        first = {(await client.get("/x")).text for _ in range(3)}
    async with client_of(answering({"type": "string", "format": "uuid"}), dynamic=True, seed="b") as client:
        second = (await client.get("/x")).text
    assert len(first) == 1
    assert second not in first
