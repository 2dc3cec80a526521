"""OpenAPI schemas as validators: dialects of 3.0 and 3.1, references, direction, messages."""

import pytest

from cierre.oas.references import UnresolvableReference
from cierre.oas.validation import SchemaCompiler, Violation, compile_schema


def valid(schema, value, *, version="3.0", direction="request", document=None):
    return compile_schema(schema, document or {}, version=version, direction=direction).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string", "nullable": True}, None, 1),
        ({"type": "string", "nullable": True, "enum": ["a"]}, None, "b"),
        ({"type": "integer", "minimum": 3, "exclusiveMinimum": True}, 4, 3),
        ({"type": "integer", "maximum": 3, "exclusiveMaximum": False}, 3, 4),
        ({"type": "integer", "format": "int32"}, 2**31 - 1, 2**31),
        ({"type": "integer", "format": "int64"}, 2**63 - 1, 2**63),
        ({"type": "string", "format": "byte"}, "YQ==", "$$"),
        ({"type": "string", "format": "date-time"}, "2025-09-25T15:30:00.000Z", "2025-09-25 15:30"),
        ({"type": "string", "format": "date"}, "2025-09-25", "25/09/2025"),
        ({"type": "string", "format": "uuid"}, "550e8400-e29b-41d4-a716-446655440000", "550e"),
        ({"type": "string", "format": "uri"}, "https://a.example/", "a b"),
        ({"type": "string", "format": "email"}, "a@b.example", "ab"),
        ({"type": "string", "format": "ipv4"}, "192.0.2.1", "192.0.2"),
        ({"type": "string", "format": "ipv6"}, "::1", "::g"),
        ({"type": "string", "pattern": "^\\d+$"}, "12", "a"),
        ({"type": "string", "pattern": "^(?<x>a)\\k<x>$"}, "aa", "ab"),
        ({"type": "string", "enum": [1, 2]}, "1", "3"),
        ({"nullable": True, "allOf": [{"type": "object"}]}, None, 1),
    ],
)
def test_a_3_0_schema_means_what_the_standard_says(schema, good, bad):
    assert valid(schema, good)
    assert not valid(schema, bad)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "required": True},
        {"type": "any"},
        {"type": "object", "properties": {"a": {"type": "file"}}, "description": 3},
        {"type": "string", "pattern": "("},
        {"type": "object", "example": {"$ref": "x"}, "xml": 3},
        {"minimum": "3", "enum": []},
    ],
)
def test_what_documents_get_wrong_does_not_stop_a_validator(schema):
    compile_schema(schema, {}, version="3.0", direction="request")


def test_beside_a_reference_3_0_ignores_everything_and_3_1_nothing():
    document = {"components": {"schemas": {"A": {"type": "string"}}}}
    schema = {"$ref": "#/components/schemas/A", "maxLength": 1}
    assert valid(schema, "ab", version="3.0", document=document)
    assert not valid(schema, "ab", version="3.1", document=document)
    assert not valid(schema, 1, version="3.1", document=document)


def test_recursion_needs_no_special_case():
    document = {
        "components": {
            "schemas": {"T": {"type": "object", "properties": {"kids": {"items": {"$ref": "#/components/schemas/T"}}}}}
        }
    }
    schema = {"$ref": "#/components/schemas/T"}
    assert valid(schema, {"kids": [{"kids": []}]}, document=document)
    assert not valid(schema, {"kids": [{"kids": [1]}]}, document=document)


def test_references_reach_names_that_need_escapes_and_anchors():
    document = {"components": {"schemas": {"a b/c~d": {"type": "string"}, "X": {"$anchor": "here", "type": "integer"}}}}
    assert valid({"$ref": "#/components/schemas/a%20b~1c~0d"}, "x", version="3.1", document=document)
    assert not valid({"$ref": "#here"}, "x", version="3.1", document=document)


def test_a_reference_that_leads_nowhere_is_named():
    with pytest.raises(UnresolvableReference, match="#/components/schemas/No"):
        compile_schema({"$ref": "#/components/schemas/No"}, {}, version="3.0", direction="request")


def test_read_only_members_may_be_sent_and_write_only_ones_may_not_come_back():
    schema = {
        "type": "object",
        "required": ["id", "password"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "password": {"type": "string", "writeOnly": True},
        },
    }
    assert valid(schema, {"password": "x"}, direction="request")
    assert valid(schema, {"id": None, "password": "x"}, direction="request")
    assert valid(schema, {"id": "1"}, direction="response")
    assert not valid(schema, {"id": "1", "password": "x"}, direction="response")


def test_3_1_types_constants_and_dependencies_are_read():
    schema = {"type": ["string", "null"], "if": {"const": "a"}, "then": False}
    assert valid(schema, None, version="3.1")
    assert not valid(schema, "a", version="3.1")
    assert not valid({"dependentRequired": {"a": ["b"]}}, {"a": 1}, version="3.1")


def test_violations_name_the_member_and_the_rule():
    schema = {
        "type": "object",
        "nullable": True,
        "additionalProperties": False,
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "a/b": {"type": "integer"}},
    }
    found = compile_schema(schema, {}, version="3.0", direction="request").violations({"a/b": "x", "c": 1})
    assert {(item.pointer, item.rule) for item in found} == {
        ("/a~1b", "type"),
        ("/c", "additionalProperties"),
        ("/name", "required"),
    }
    assert all(isinstance(item, Violation) and item.location == "body" for item in found)


def test_of_alternatives_the_one_that_was_meant_is_told():
    schema = {
        "oneOf": [
            {"type": "string"},
            {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
        ]
    }
    found = compile_schema(schema, {}, version="3.0", direction="request").violations({"id": "x"})
    assert [(item.pointer, item.rule) for item in found] == [("/id", "type")]


def test_schemas_with_much_in_common_share_one_validator_and_judge_alike():
    names = [f"S{index}" for index in range(60)]
    schemas = {
        name: {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "integer"}, "next": {"$ref": f"#/components/schemas/{names[index - 1]}"}},
        }
        for index, name in enumerate(names)
    }
    document = {"components": {"schemas": schemas}}
    roots = [{"$ref": f"#/components/schemas/{name}"} for name in names[:5]]
    shared = SchemaCompiler(document, version="3.0", direction="response", roots=lambda: roots)
    for root in roots:
        alone = compile_schema(root, document, version="3.0", direction="response")
        for value in ({"id": 1}, {"id": "x", "next": {"id": 1, "next": {}}}, [], {"next": 3}):
            assert shared.compile(root).violations(value) == alone.violations(value)
