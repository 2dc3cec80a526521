"""One schema without `$ref` and `allOf` at its top, so that two ways to write the same compare as the same."""

from __future__ import annotations

from typing import Any

from cierre.oas.document import Document
from cierre.oas.merged_schema import MergedSchema, flatten

Json = dict[str, Any]

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
LOWER_BOUNDS = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")
UPPER_BOUNDS = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")
# What is merged; of any other keyword the first one counts.
_MERGED = frozenset(
    {"$ref", "allOf", "const", "nullable", "type", "enum", "properties", "required", "items", "oneOf"}
) | {*("additionalProperties", "anyOf", *LOWER_BOUNDS, *UPPER_BOUNDS)}


def flat(document: Document, schema: Any) -> Json:
    """The schema with its references followed and its `allOf` merged, one level deep.

    The result has `type` as a list (null among it for `nullable`), `enum` for `const`, and exclusive bounds as
    numbers, as JSON Schema has them. A property that two parts describe becomes an `allOf` of both.
    """
    merged = flatten(document, [schema])
    if merged.impossible:
        return {"not": {}}
    own: Json = {}
    for hint in reversed(merged.hints):
        own |= {key: value for key, value in hint.items() if key not in _MERGED}
    if merged.types is not None:
        own["type"] = sorted(merged.types)
    if merged.values is not None:
        own["enum"] = merged.values
    for alternatives, holder in reversed(merged.choices):
        own["oneOf" if holder.get("oneOf") is alternatives else "anyOf"] = alternatives
    return own | _bounds(merged) | _members(merged)


def types_of(schema: Json) -> frozenset[str]:
    """The types that a flat schema allows; an integer is a number as well."""
    types = frozenset(schema.get("type", TYPES))
    return types | {"integer"} if "number" in types else types


def _bounds(merged: MergedSchema) -> Json:
    bounds: Json = dict(merged.bounds)
    if merged.above:
        bounds["exclusiveMinimum"] = max(merged.above)
        if bounds.get("minimum", bounds["exclusiveMinimum"]) <= bounds["exclusiveMinimum"]:
            bounds.pop("minimum", None)
    if merged.below:
        bounds["exclusiveMaximum"] = min(merged.below)
        if bounds.get("maximum", bounds["exclusiveMaximum"]) >= bounds["exclusiveMaximum"]:
            bounds.pop("maximum", None)
    return bounds


def _members(merged: MergedSchema) -> Json:
    """Of objects and arrays."""
    members: Json = {}
    if merged.properties:
        members["properties"] = {name: _both(schemas) for name, schemas in merged.properties.items()}
    if merged.required:
        members["required"] = list(merged.required)
    if merged.additional:
        members["additionalProperties"] = False if False in merged.additional else _both(merged.additional)
    if merged.items:
        members["items"] = _both(merged.items)
    return members


def _both(schemas: list[Any]) -> Any:
    return schemas[0] if len(schemas) == 1 else {"allOf": schemas}
