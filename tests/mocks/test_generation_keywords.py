"""What single keywords do to a generated value: one small schema each."""

import base64
import json
import re

import pytest

from cierre.mocks.generation.repair import repair
from cierre.mocks.generation.values import valid_value
from cierre.oas.document import Document

IMPOSSIBLE = {"type": "integer", "minimum": 3, "maximum": 2}
NODE = {"$ref": "#/components/schemas/Node"}


def made(schema, version="3.1.0", *, dynamic=False, **schemas):
    """The generated value, which must be valid."""
    document = Document({"openapi": version, "components": {"schemas": schemas}})
    value, valid = valid_value(document, document.responses, schema, dynamic=dynamic)
    assert valid, value
    return value


def repaired(schema, value):
    document = Document({"openapi": "3.1.0"})
    return repair(document, document.responses, schema, value)


def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0)


# --- what cannot be is left out


@pytest.mark.parametrize(
    "bad",
    [
        IMPOSSIBLE,
        {"type": "string", "enum": [1, None], "minLength": 1, "allOf": [{"enum": ["a"]}]},
        {"type": "object", "required": ["inner"], "properties": {"inner": IMPOSSIBLE}},
        {"type": "array", "minItems": 1, "items": IMPOSSIBLE},
        {"type": "object", "required": ["self"], "properties": {"self": NODE}},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
    ],
)
@pytest.mark.parametrize("dynamic", [False, True])
def test_an_optional_member_that_no_value_satisfies_is_left_out_alone(bad, dynamic):
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}, "bad": bad, "good": {"type": "string"}},
    }
    value = made(schema, Node={"type": "object", "required": ["self"], "properties": {"self": NODE}}, dynamic=dynamic)
    assert "bad" not in value
    assert "id" in value
    assert dynamic or "good" in value


def test_items_that_no_value_satisfies_leave_the_list_empty():
    assert made({"type": "array", "items": IMPOSSIBLE}) == []


# --- conditions


@pytest.mark.parametrize("dynamic", [False, True])
def test_then_is_brought_in_where_if_holds_and_else_where_not(dynamic):
    def conditional(kind):
        return {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"const": kind}, "zip": {"type": "string"}},
            "if": {"properties": {"kind": {"const": "es"}}},
            "then": {"required": ["zip"], "properties": {"zip": {"pattern": "^[0-9]{5}$"}}},
            "else": {"required": ["state"], "properties": {"state": {"const": "other"}}},
        }

    assert re.fullmatch("[0-9]{5}", made(conditional("es"), dynamic=dynamic)["zip"])
    assert made(conditional("us"), dynamic=dynamic)["state"] == "other"


def test_of_several_conditions_the_one_that_fits_the_value_is_brought_in():
    kinds = [
        {
            "if": {"required": ["kind"], "properties": {"kind": {"const": name}}},
            "then": {"required": [f"of_{name}"], "properties": {f"of_{name}": {"type": "integer"}}},
        }
        for name in "abc"
    ]
    schema = {"type": "object", "properties": {"kind": {"enum": ["b", "a"]}}, "required": ["kind"], "allOf": kinds}
    assert made(schema) == {"kind": "b", "of_b": 0}


@pytest.mark.parametrize("dynamic", [False, True])
def test_dependent_schemas_of_an_optional_member_are_brought_in(dynamic):
    schema = {
        "type": "object",
        "properties": {"card": {"type": "string"}},
        "required": ["card"] if dynamic else [],
        "dependentSchemas": {"card": {"required": ["address"], "properties": {"address": {"const": "calle 1"}}}},
    }
    assert made(schema, dynamic=dynamic)["address"] == "calle 1"


def test_dependent_required_members_have_their_own():
    schema = {"type": "object", "required": ["a"], "dependentRequired": {"b": ["c"], "c": ["d"], "a": ["b"]}}
    assert made(schema).keys() == {"a", "b", "c", "d"}


# --- recursion


@pytest.mark.parametrize(
    ("version", "link"),
    [
        ("3.1.0", {"anyOf": [NODE, {"type": "null"}]}),
        ("3.1.0", {"oneOf": [{"type": "null"}, NODE]}),
        ("3.0.3", {"nullable": True, "allOf": [NODE]}),
        ("3.1.0", {"type": "array", "items": NODE}),
        ("3.1.0", {"type": "array", "items": {"anyOf": [NODE, {"type": "null"}]}}),
        ("3.1.0", {"type": "object", "additionalProperties": NODE}),
        ("3.1.0", {"anyOf": [{"type": "object", "required": ["next"], "properties": {"next": NODE}}, {"const": 1}]}),
    ],
)
@pytest.mark.parametrize("required", [["next"], []])
@pytest.mark.parametrize("dynamic", [False, True])
def test_recursion_ends_soon(version, link, required, dynamic):
    node = {"type": "object", "required": required, "properties": {"id": {"type": "integer"}, "next": link}}
    assert depth(made(NODE, version, Node=node, dynamic=dynamic)) <= 5


def test_null_ends_recursion_and_a_list_shows_one_item():
    linked = {"type": "object", "required": ["next"], "properties": {"next": {"anyOf": [NODE, {"type": "null"}]}}}
    assert made(NODE, Node=linked) == {"next": None}
    nullable = {"type": "object", "required": ["next"], "properties": {"next": {"nullable": True, "allOf": [NODE]}}}
    assert made(NODE, "3.0.3", Node=nullable) == {"next": None}
    listed = {"type": "object", "properties": {"children": {"type": "array", "items": NODE}, "parent": NODE}}
    assert made(NODE, Node=listed) == {"children": [{"children": []}]}


# --- content


def test_content_keywords_are_honoured():
    assert base64.b64decode(made({"type": "string", "contentEncoding": "base64"}), validate=True)
    text = made(
        {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"type": "object", "required": ["n"], "properties": {"n": {"const": 3}}},
        }
    )
    assert json.loads(text) == {"n": 3}
    both = {"type": "string", "contentEncoding": "base64url", "contentMediaType": "application/json"}
    assert json.loads(base64.urlsafe_b64decode(made({**both, "contentSchema": {"const": [1]}}))) == [1]
    assert made({"type": "string", "contentMediaType": "application/xml"}).startswith("<")
    assert bytes.fromhex(made({"type": "string", "contentEncoding": "base16", "maxLength": 100}))
    assert made({"type": "string", "contentEncoding": "unheard-of"})


# --- numbers


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "maximum": 0}, 0),
        ({"type": "integer", "maximum": -5}, -5),
        ({"type": "integer", "exclusiveMaximum": 0}, -1),
        ({"type": "integer", "maximum": -5, "multipleOf": 3}, -6),
        ({"type": "number", "maximum": -0.5}, -1),
        ({"type": "integer", "minimum": -3}, -3),
        ({"type": "integer", "minimum": 0}, 0),
    ],
)
def test_a_number_is_the_nearest_sensible_one_within_its_limits(schema, value):
    assert made(schema) == value


# --- names and patterns


@pytest.mark.parametrize("pattern", [r"^\p{L}+$", r"^(?<n>ab)+$", r"^(?<n>a)\k<n>$", "^[a-z]{3}$"])
@pytest.mark.parametrize("dynamic", [False, True])
def test_every_dialect_of_patterns_names_members(pattern, dynamic):
    closed = {"type": "object", "patternProperties": {pattern: {"type": "integer"}}, "additionalProperties": False}
    assert set(map(type, made(closed, dynamic=dynamic).values())) <= {int}
    assert made({"type": "object", "propertyNames": {"pattern": pattern}, "minProperties": 1}, dynamic=dynamic)
    assert isinstance(made({"type": "string", "pattern": pattern}, dynamic=dynamic), str)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("uuid", "^usr_[0-9]+$"),
        ("date-time", "^[0-9]{8}$"),
        ("email", "^[a-z]+$"),
        ("uri", "^[A-Z]{2}$"),
        ("ipv4", "^host-[0-9]$"),
    ],
)
@pytest.mark.parametrize("dynamic", [False, True])
def test_a_pattern_wins_over_a_format_of_another_shape(name, pattern, dynamic):
    assert re.search(pattern, made({"type": "string", "format": name, "pattern": pattern}, dynamic=dynamic))


@pytest.mark.parametrize(
    ("name", "pattern", "refused"),
    [
        ("email", r"@example\.org$", "no one@example.org"),
        ("uri", "^https://example.com/.+$", "https://example.com/ a b"),
        ("date", "^20", "20 of May"),
        ("uuid", "^[0-9A-F-]+$", "0"),
    ],
)
def test_a_format_beside_a_pattern_that_fits_it_holds(name, pattern, refused):
    schema = {"type": "string", "format": name, "pattern": pattern}
    document = Document({"openapi": "3.1.0"})
    assert re.search(pattern, made(schema))
    assert not document.requests.compile(schema).is_valid(refused)


# --- types, defaults and examples


def test_a_type_that_is_no_name_is_passed_over():
    assert isinstance(made({"type": ["string", {}]}), str)
    assert isinstance(made({"type": ["string", {}], "properties": {}}), str)


def test_null_as_default_and_as_example_counts():
    null = ["string", "null"]
    assert made({"type": null, "default": None}) is None
    assert made({"type": null, "example": None}) is None
    assert made({"type": null, "examples": [None]}) is None
    assert made({"type": "string", "nullable": True, "example": None}, "3.0.3") is None
    assert isinstance(made({"type": "string", "example": None}), str)


# --- repair


REPAIRED = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "reason": {"type": "string", "enum": ["fixed", "ignored"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "at": {"type": "string", "format": "date-time"},
    },
}


@pytest.mark.parametrize(
    ("example", "value"),
    [
        ({"id": 7, "reason": None}, {"id": 7}),
        ({"id": 7, "reason": None, "tags": ["a"]}, {"id": 7, "tags": ["a"]}),
        ({"id": 7, "at": "yesterday"}, {"id": 7}),
        ({"id": "7", "reason": "fixed"}, {"id": 7, "reason": "fixed"}),
        ({"id": 7, "tags": ["a", 5]}, {"id": 7, "tags": ["a", "5"]}),
        ({"id": 7.0}, {"id": 7}),
    ],
)
def test_repair_changes_as_little_as_it_can(example, value):
    assert repaired(REPAIRED, example) == value


def test_repair_makes_what_is_required():
    value = repaired(REPAIRED, {"id": "one", "reason": "fixed"})
    assert isinstance(value.pop("id"), int)
    assert value == {"reason": "fixed"}
