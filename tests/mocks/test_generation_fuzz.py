"""Random schemas of all keywords: no error, and a valid value wherever there is one."""

import json

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from cierre.mocks.generation.values import valid_value
from cierre.oas.document import Document
from cierre.oas.references import UnresolvableReference
from cierre.oas.validation.patterns import PythonPattern
from cierre.oas.validation.schemas import FORMATS

NAMES = ("a", "b", "c", "kind")
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["", "a", "x-1", 0.5]))
COUNT = st.integers(0, 3)
NUMBER = st.one_of(st.integers(-20, 20), st.sampled_from([-0.5, 0.1, 2.5]))
TYPE = st.sampled_from(["object", "array", "string", "number", "integer", "boolean", "null"])
PATTERN = st.sampled_from(["^[a-c]$", r"^\p{L}+$", "^(?<n>a)", "^x-", r"\d{2}", "^(?!a)", "@example\\.org$"])
FORMAT = st.sampled_from(["date", "date-time", "uuid", "email", "uri", "ipv4", "int32", "byte", "binary", "mine"])
CONTENT = st.sampled_from(["base64", "base16", "application/json", "image/png"])
REF = st.sampled_from([{"$ref": f"#/components/schemas/{name}"} for name in ("A", "B")])

NUMERIC = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"]
OF_KIND = {
    "object": [
        *("properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties"),
        *("maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "discriminator"),
    ],
    "array": [
        *("items", "prefixItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems"),
        "unevaluatedItems",
    ],
    "string": ["minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType", "contentSchema"],
    "number": NUMERIC,
    "integer": NUMERIC,
}
ANY_KIND = [
    *("type", "enum", "const", "default", "example", "examples", "nullable", "readOnly", "writeOnly", "xml"),
    *("allOf", "anyOf", "oneOf", "not", "if", "then", "else"),
]


def keywords(inner):
    many, named = st.lists(inner, min_size=1, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    listed = st.lists(st.sampled_from(NAMES), max_size=2, unique=True)
    return {
        "type": st.one_of(TYPE, st.lists(TYPE, min_size=1, max_size=3, unique=True)),
        "enum": st.lists(PLAIN, min_size=1, max_size=3),
        "const": PLAIN,
        "default": PLAIN,
        "example": PLAIN,
        "examples": st.lists(PLAIN, max_size=2),
        "nullable": st.booleans(),
        "readOnly": st.booleans(),
        "writeOnly": st.booleans(),
        "minimum": NUMBER,
        "maximum": NUMBER,
        "exclusiveMinimum": st.one_of(NUMBER, st.booleans()),
        "exclusiveMaximum": st.one_of(NUMBER, st.booleans()),
        "multipleOf": st.sampled_from([0.5, 2, 3, 7]),
        "minLength": COUNT,
        "maxLength": COUNT,
        "pattern": PATTERN,
        "format": FORMAT,
        "contentEncoding": CONTENT,
        "contentMediaType": CONTENT,
        "contentSchema": inner,
        "properties": named,
        "required": listed,
        "additionalProperties": inner,
        "patternProperties": st.dictionaries(PATTERN, inner, max_size=2),
        "propertyNames": st.one_of(inner, st.fixed_dictionaries({"pattern": PATTERN})),
        "minProperties": COUNT,
        "maxProperties": COUNT,
        "dependentRequired": st.dictionaries(st.sampled_from(NAMES), listed, max_size=2),
        "dependentSchemas": named,
        "unevaluatedProperties": inner,
        "items": inner,
        "prefixItems": many,
        "contains": inner,
        "minContains": COUNT,
        "maxContains": COUNT,
        "minItems": COUNT,
        "maxItems": COUNT,
        "uniqueItems": st.booleans(),
        "unevaluatedItems": inner,
        "allOf": many,
        "anyOf": many,
        "oneOf": many,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "discriminator": st.just({"propertyName": "kind"}),
        "xml": st.just({"name": "a"}),
    }


def of_keywords(inner):
    """Schemas of few keywords; most speak of the type that they stand beside."""
    known = keywords(inner)

    def of_kind(kind):
        about = st.one_of(st.sampled_from(OF_KIND.get(kind, ANY_KIND)), st.sampled_from(ANY_KIND))
        chosen = st.lists(about, max_size=5, unique=True)
        fixed = {"type": st.just(kind)}
        return chosen.flatmap(lambda names: st.fixed_dictionaries(fixed | {name: known[name] for name in names}))

    return st.sampled_from(["object", "array", "string", "number", "integer", "null"]).flatmap(of_kind)


LEAF = st.one_of(st.booleans(), TYPE.map(lambda name: {"type": name}), REF, of_keywords(st.just({})))
SCHEMA = st.recursive(LEAF, of_keywords, max_leaves=12)
SMALL = [None, True, False, *range(-20, 21), -0.5, 0.1, 2.5, "", "a", "b", "x-1", "aa", "12", "kind", "2025-09-25"]
SMALL += [[], {}, *([item] for item in (None, True, 0, 1, "a")), [0, 1], ["a", "b"], [None, 0], [0, 1, 2], [0, 0]]
SMALL += [{name: item} for name in NAMES for item in (None, True, 0, 1, "a", [], {})]
SMALL += [{"a": item, "b": other} for item in (0, "a", None, {}) for other in (0, "a", None, {})]
SMALL += [{"a": 0, "b": 0, "c": 0}, {"a": "a", "b": "a", "c": "a"}, {"a": 0, "kind": "a"}, {"x-1": 0}]


# A value that must not be of a schema is found by chance alone.
KNOWN_HARD = ('"not"', '"else"')


def is_satisfiable(validator):
    """Whether one of many small values is valid: the second opinion where the generator makes none."""
    return any(map(validator.is_valid, SMALL))


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_any_schema_has_a_valid_value_if_there_is_one(version, dynamic):
    @seed(20)
    @settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(SCHEMA, SCHEMA, SCHEMA)
    def check(schema, first, second):
        document = Document({"openapi": version, "components": {"schemas": {"A": first, "B": second}}})
        for compiler in (document.responses, document.requests):
            value, valid = valid_value(document, compiler, schema, dynamic=dynamic)
            json.dumps(value, allow_nan=False)
            try:
                validator = jsonschema_rs.Draft202012Validator(
                    compiler.to_json_schema(schema),
                    validate_formats=True,
                    formats=FORMATS,
                    keywords={"x-python-pattern": PythonPattern},
                )
            except UnresolvableReference:
                # A component that is nothing but a reference to itself.
                assert not valid
                return
            assert validator.is_valid(value) is valid
            hard = any(word in json.dumps([schema, first, second]) for word in KNOWN_HARD)
            assert valid or hard or not is_satisfiable(validator), value

    check()
