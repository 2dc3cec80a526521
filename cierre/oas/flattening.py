"""One schema without `$ref` and `allOf` at its top, so that two ways to write the same compare as the same."""

from __future__ import annotations

from typing import Any

from cierre.oas.structure import resolved

Json = dict[str, Any]

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
LOWER_BOUNDS = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")
UPPER_BOUNDS = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")


def flat(document: Json, schema: Any) -> Json:
    """The schema with its references followed and its `allOf` merged, one level deep.

    The result has `type` as a list (null among it for `nullable`), `enum` for `const`, and exclusive bounds as
    numbers, as JSON Schema has them. A property that two parts describe becomes an `allOf` of both.
    """
    node = resolved(document, schema)
    if not isinstance(node, dict):
        return {} if node is not False else {"not": {}}
    own = _plain({key: value for key, value in node.items() if key != "allOf"})
    for part in node.get("allOf", []):
        own = _both(own, flat(document, part))
    return own


def types_of(schema: Json) -> frozenset[str]:
    """The types that a flat schema allows; an integer is a number as well."""
    types = frozenset(schema.get("type", TYPES))
    return types | {"integer"} if "number" in types else types


def _plain(schema: Json) -> Json:
    """The 3.0 ways to say things, said as 3.1 does."""
    nullable = schema.pop("nullable", False) is True
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"] if nullable else [schema["type"]]
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and inclusive in schema:
            schema[exclusive] = schema.pop(inclusive)
    return schema


def _both(one: Json, other: Json) -> Json:
    """What satisfies both."""
    merged = {**other, **one}
    for key in one.keys() & other.keys():
        merged[key] = _met(key, one[key], other[key])
    if "type" in one and "type" in other:
        # number and integer meet in integer
        met = types_of(one) & types_of(other)
        merged["type"] = sorted(met - {"integer"} if "number" in met else met)
    return merged


def _met(key: str, one: Any, other: Any) -> Any:
    if key == "properties":
        shared = {name: {"allOf": [one[name], other[name]]} for name in one.keys() & other.keys()}
        return {**one, **other, **shared}
    if key == "required":
        return [*one, *(name for name in other if name not in one)]
    if key == "enum":
        return [value for value in one if value in other]
    if key in LOWER_BOUNDS or key in UPPER_BOUNDS:
        return (max if key in LOWER_BOUNDS else min)(one, other)
    return False if key == "additionalProperties" and other is False else one
