"""Values made from schemas: always valid, repeatable, and ending where schemas recur."""

import pytest
from openapi_schema_validator import OAS31Validator

from cierre.mocks.generation.values import valid_value
from cierre.oas.document import Document

SCHEMAS = [
    {"type": "string", "pattern": "^[A-Z]{2}[0-9]{2}$"},
    {"type": "string", "pattern": "^(?!x)[a-z]+$", "minLength": 5, "maxLength": 6},
    {"type": "string", "pattern": r"^\d{3}-\d{4}$", "minLength": 8},
    {"type": "string", "pattern": r"^#[0-9a-f]{6}$"},
    {"type": "string", "minLength": 200},
    {"type": "string", "maxLength": 0},
    {"type": "string", "format": "date-time", "maxLength": 24},
    *(
        {"type": "string", "format": name}
        for name in ("date", "time", "uuid", "email", "uri", "ipv4", "ipv6", "duration")
    ),
    {"type": "integer", "minimum": 7, "multipleOf": 5},
    {"type": "number", "exclusiveMinimum": 0, "maximum": 0.1},
    {"type": "number", "minimum": -3, "exclusiveMaximum": -2},
    {"type": "integer", "maximum": -10},
    {"type": "number", "multipleOf": 0.25, "minimum": 0.3},
    {"const": {"a": [1]}},
    {"enum": [None, "x"]},
    {"type": ["null", "integer"]},
    {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"type": "integer"}, "minItems": 4, "uniqueItems": True},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2},
    {"type": "array", "contains": {"const": 5}, "items": {"type": "integer"}},
    {"type": "array", "contains": {"const": 5}, "minContains": 2, "items": {"type": "integer"}},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3},
    {
        "type": "object",
        "patternProperties": {"^x-[a-z]+$": {"type": "string"}},
        "additionalProperties": False,
        "minProperties": 2,
    },
    {"type": "object", "propertyNames": {"pattern": "^[a-z]{3}$"}, "minProperties": 1, "additionalProperties": {}},
    {"type": "object", "propertyNames": {"pattern": "^k[0-9]$"}, "minProperties": 3},
    {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "string"}},
        "dependentSchemas": {"a": {"required": ["c"], "properties": {"c": {"const": 3}}}},
    },
    {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}, "maxProperties": 1},
    {"type": "object", "properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b"]}},
    {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "integer", "minimum": 3}}}]},
    {"allOf": [{"minimum": 3, "type": "integer"}, {"maximum": 3, "type": "number"}]},
    {"oneOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}, {"type": "string"}]},
    {
        "oneOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}},
            {"type": "object", "properties": {"b": {"type": "string"}}},
        ]
    },
    {"anyOf": [{"type": "integer", "minimum": 9}, {"type": "integer", "maximum": 1}]},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
    {"type": "string", "not": {"const": "string"}},
    {
        "type": "object",
        "properties": {"t": {"enum": ["a"]}, "x": {}},
        "if": {"properties": {"t": {"const": "a"}}},
        "then": {"required": ["y"]},
    },
    {"type": "object", "example": {"a": "not a number"}, "properties": {"a": {"type": "integer"}}},
    {"type": "integer", "example": "x", "default": "y"},
    {"type": "object", "properties": {"a": {"type": "string", "maxLength": 2, "example": "too long"}}},
    {"type": "object", "unevaluatedProperties": False, "allOf": [{"properties": {"a": {"type": "string"}}}]},
]


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: str(schema)[:60])
def test_values_are_valid_in_the_eyes_of_another_validator(schema, dynamic):
    document = Document({"openapi": "3.1.0"})
    for seed in "abc":
        value, valid = valid_value(document, document.responses, schema, seed=seed, dynamic=dynamic)
        assert valid, value
        assert OAS31Validator(schema).is_valid(value), value


def test_the_same_seed_gives_the_same_value():
    document = Document({"openapi": "3.1.0"})
    schema = {
        "type": "array",
        "items": {"type": "object", "properties": {"id": {"type": "string"}, "n": {"type": "number"}}},
    }
    drawn = [valid_value(document, document.responses, schema, seed=seed, dynamic=True)[0] for seed in ("a", "a", "b")]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("seed", ["", "a", "b"])
@pytest.mark.parametrize("least", [2, 5])
def test_static_values_are_the_same_whatever_is_drawn_for_the_names_in_between(least, seed):
    text = {"type": "string"}
    names = {"pattern": "^k[0-9]$"}
    schema = {"type": "object", "propertyNames": names, "additionalProperties": text, "minProperties": least}
    document = Document({"openapi": "3.1.0"})
    values = [valid_value(document, document.responses, schema, seed=seed)[0] for _ in range(2)]
    assert values[0] == values[1]
    assert set(values[0].values()) == {"string"}


def test_varied_items_of_a_list_leave_what_follows_as_it_is():
    items = {"type": "array", "uniqueItems": True, "minItems": 3, "items": {"type": "string"}}
    schema = {"type": "object", "properties": {"list": items, "text": {"type": "string"}, "flag": {"type": "boolean"}}}
    document = Document({"openapi": "3.1.0"})
    value, _ = valid_value(document, document.responses, schema)
    assert value["list"][0] == value["text"] == "string"
    assert len(set(value["list"])) == 3
    assert value["flag"] is True


def test_recursion_ends_where_it_may():
    tree = {
        "type": "object",
        "required": ["name", "children"],
        "properties": {
            "name": {"type": "string"},
            "parent": {"$ref": "#/components/schemas/Tree"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
        },
    }
    document = Document({"openapi": "3.0.3", "components": {"schemas": {"Tree": tree}}})
    value, valid = valid_value(document, document.responses, {"$ref": "#/components/schemas/Tree"})
    assert valid
    assert value == {"name": "string", "children": [{"name": "string", "children": []}]}


def test_a_schema_that_contradicts_itself_gives_no_valid_value():
    document = Document({"openapi": "3.0.3"})
    _, valid = valid_value(document, document.responses, {"type": "integer", "minimum": 3, "maximum": 2})
    assert not valid


def test_discriminators_name_the_alternative_that_was_taken():
    schemas = {
        "Cat": {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}},
        },
        "Dog": {
            "type": "object",
            "required": ["kind", "tricks"],
            "properties": {"kind": {"type": "string"}, "tricks": {"type": "array"}},
        },
    }
    pet = {
        "oneOf": [{"$ref": "#/components/schemas/Dog"}, {"$ref": "#/components/schemas/Cat"}],
        "discriminator": {"propertyName": "kind", "mapping": {"perro": "#/components/schemas/Dog"}},
    }
    document = Document({"openapi": "3.0.3", "components": {"schemas": schemas}})
    value, valid = valid_value(document, document.responses, pet)
    assert value["kind"] == ("perro" if "tricks" in value else "Cat")
    assert valid


def test_write_only_members_are_left_out_of_answers_and_read_only_ones_out_of_requests():
    schema = {
        "type": "object",
        "required": ["id", "password"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "password": {"type": "string", "writeOnly": True}},
    }
    document = Document({"openapi": "3.0.3"})
    assert valid_value(document, document.responses, schema)[0].keys() == {"id"}
    assert valid_value(document, document.requests, schema)[0].keys() == {"password"}
