"""One OpenAPI schema object, rewritten as JSON Schema 2020-12.

Only keywords that JSON Schema knows, with values of the kind it asks for, are carried over: documents in the wild are
full of `required: true`, `type: any` and `description: 3`, and none of that may stop a validator from compiling.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cierre.oas.validation.contradictions import settle
from cierre.oas.validation.patterns import pattern_keyword, without_slashes
from cierre.oas.validation.shapes import contradict
from cierre.oas.validation.violations import Direction

Schema = dict[str, Any] | bool
Convert = Callable[[Any], Schema]

TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_INTEGER_BOUNDS = {"int32": 2**31, "int64": 2**63}
_ONE = (
    "not",
    "additionalProperties",
    "items",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_COUNTS = (
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minContains",
    "maxContains",
)
_NUMBERS = ("minimum", "maximum")
# Keywords that speak about values of every type.
_ANY_TYPE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "const"})
_COMPOSED = frozenset({"allOf", "anyOf", "oneOf"})
# No composition that a person would write is deeper; recursion ends here.
_DEPTH = 8
FORBIDDEN = {"request": "readOnly", "response": "writeOnly"}


def rewrite(
    schema: Mapping[str, Any], convert: Convert, direction: Direction, resolve: Convert, *, by_the_letter: bool = False
) -> tuple[dict[str, Any], bool]:
    """Rewrite one level of a schema without `$ref`.

    Args:
        schema: of the document.
        convert: does the levels below.
        direction: that the value goes.
        resolve: follows a `$ref`.
        by_the_letter: null, discriminators and contradictions as the standard has them, not as documents mean them.

    Returns:
        The JSON Schema, and whether the schema contradicts itself and is read as its author means it.
    """
    settled = False
    out: dict[str, Any] = {}
    _types(schema, out)
    _values(schema, out, by_the_letter=by_the_letter)
    _subschemas(schema, out, convert)
    _one_way_properties(schema, out, direction, resolve)
    if by_the_letter:
        _discriminator(schema, out, convert, resolve)
    else:
        settled = settle(schema, out, resolve)
    if isinstance(schema.get("format"), str):
        pattern = schema.get("pattern")
        if not isinstance(pattern, str) or not contradict(schema["format"], pattern):
            _format(schema["format"], out)
    if by_the_letter and "type" not in schema and not schema.keys().isdisjoint(_COMPOSED):
        # `nullable` says nothing where no `type` stands beside it (OpenAPI 3.0.3, proposal 2019-10-31).
        return out, settled
    return _nullable(schema, out, direction), settled


def _types(schema: Mapping[str, Any], out: dict[str, Any]) -> None:
    declared = schema.get("type")
    names = [declared] if isinstance(declared, str) else declared if isinstance(declared, list) else []
    known = [name for name in names if isinstance(name, str) and name in TYPES]
    if known and len(known) == len(names):
        out["type"] = known[0] if len(known) == 1 else list(dict.fromkeys(known))


def _values(schema: Mapping[str, Any], out: dict[str, Any], *, by_the_letter: bool) -> None:
    _numbers(schema, out)
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        out["enum"] = schema["enum"]
    if "const" in schema:
        out["const"] = schema["const"]
    if schema.get("uniqueItems") is True:
        out["uniqueItems"] = True
    if isinstance(schema.get("pattern"), str):
        pattern = schema["pattern"] if by_the_letter else without_slashes(schema["pattern"])
        out.update(pattern_keyword(pattern))
    required = schema.get("required")
    if isinstance(required, list):
        out["required"] = list(dict.fromkeys(name for name in required if isinstance(name, str)))
    if isinstance(schema.get("dependentRequired"), Mapping):
        out["dependentRequired"] = {
            str(name): list(dict.fromkeys(other for other in needed if isinstance(other, str)))
            for name, needed in schema["dependentRequired"].items()
            if isinstance(needed, list)
        }


def _numbers(schema: Mapping[str, Any], out: dict[str, Any]) -> None:
    for keyword in _COUNTS:
        count = schema.get(keyword)
        if isinstance(count, (int, float)) and is_number(count) and count >= 0:
            out[keyword] = int(count)
    for keyword in _NUMBERS:
        _bound(schema, keyword, out)
    if is_number(schema.get("multipleOf")) and schema["multipleOf"] > 0:
        out["multipleOf"] = schema["multipleOf"]


def is_number(value: Any) -> bool:
    """Whether a limit is a number of JSON: `.inf` and `.nan` of YAML are none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _bound(schema: Mapping[str, Any], keyword: str, out: dict[str, Any]) -> None:
    """3.0 has `exclusiveMinimum: true` beside `minimum`, 3.1 has the number itself."""
    exclusive = "exclusive" + keyword.capitalize()
    limit, strict = schema.get(keyword), schema.get(exclusive)
    if is_number(strict):
        out[exclusive] = strict
    if is_number(limit):
        out[exclusive if strict is True else keyword] = limit


def _subschemas(schema: Mapping[str, Any], out: dict[str, Any], convert: Convert) -> None:
    for keyword in _ONE:
        if keyword in schema and isinstance(schema[keyword], (Mapping, bool)):
            out[keyword] = convert(schema[keyword])
    reason = schema["not"].get("description") if isinstance(schema.get("not"), Mapping) else None
    if isinstance(reason, str) and isinstance(out["not"], dict):
        # The author's words for what is refused are the message.
        out["not"] = {**out["not"], "description": reason}
    if isinstance(schema.get("items"), list) and schema["items"]:
        out["prefixItems"] = [convert(item) for item in schema["items"]]
    for keyword in _MANY:
        parts = schema.get(keyword)
        usable = [item for item in parts if isinstance(item, (Mapping, bool))] if isinstance(parts, list) else []
        if usable:
            out[keyword] = [convert(item) for item in usable]
    _named_subschemas(schema, out, convert)


def _named_subschemas(schema: Mapping[str, Any], out: dict[str, Any], convert: Convert) -> None:
    for keyword in _NAMED:
        members = schema.get(keyword)
        if members is not None and isinstance(members, Mapping):
            out[keyword] = {
                str(name): convert(item) for name, item in members.items() if isinstance(item, (Mapping, bool))
            }
    if "patternProperties" in out:
        out["patternProperties"] = {
            name: item for name, item in out["patternProperties"].items() if "pattern" in pattern_keyword(name)
        }


def _one_way_properties(schema: Mapping[str, Any], out: dict[str, Any], direction: Direction, resolve: Convert) -> None:
    """`writeOnly` properties may not come back; `readOnly` ones may be sent, whatever they are; neither is required.

    OpenAPI says that what is `readOnly` should not be sent: clients send back what they got, and that is no mistake.
    One may be marked in one branch of an allOf, or beside a `$ref`, and be required in another.
    """
    mark = FORBIDDEN[direction]
    properties = schema.get("properties")
    for name, item in properties.items() if isinstance(properties, Mapping) else ():
        if _is_marked(item, mark, resolve):
            out["properties"][str(name)] = direction == "request"
    if "required" not in out and "allOf" not in out:
        return
    marked = set(marked_names(schema, mark, resolve))
    for part in [out, *out.get("allOf", ())] if marked else ():
        if isinstance(part, dict) and "required" in part:
            part["required"] = [name for name in part["required"] if name not in marked]


def _discriminator(schema: Mapping[str, Any], out: dict[str, Any], convert: Convert, resolve: Convert) -> None:
    """What tells alternatives apart must be there, if one of them has it, and name one that the value is of.

    OpenAPI 3.0.3, section 4.7.25.
    """
    discriminator = schema.get("discriminator")
    name = discriminator.get("propertyName") if isinstance(discriminator, Mapping) else None
    parts = [part for keyword in ("oneOf", "anyOf") for part in _listed_parts(schema, keyword)]
    if not isinstance(name, str) or not isinstance(discriminator, Mapping):
        return
    if any(_has_property(part, name, resolve) for part in parts):
        out["required"] = list(dict.fromkeys((*out.get("required", ()), name)))
    written = discriminator.get("mapping")
    mapping = written if isinstance(written, Mapping) else {}
    for part in parts if len(parts) > 1 else ():
        ref = part.get("$ref") if isinstance(part, Mapping) else None
        if isinstance(ref, str):
            short = ref.rpartition("/")[2]
            named = [str(value) for value, target in mapping.items() if target in (ref, short)]
            is_named = {"properties": {name: {"enum": named or [short]}}, "required": [name]}
            out["allOf"] = [*out.get("allOf", ()), {"if": is_named, "then": convert(part)}]


def _has_property(schema: Any, name: str, resolve: Convert, depth: int = 0) -> bool:
    found = resolve(schema)
    if not isinstance(found, Mapping) or depth > _DEPTH:
        return False
    properties = found.get("properties")
    declared = isinstance(properties, Mapping) and name in properties
    return declared or any(_has_property(part, name, resolve, depth + 1) for part in _all_of(found))


def _is_marked(schema: Any, mark: str, resolve: Convert, depth: int = 0, seen: set[int] | None = None) -> bool:
    seen = set() if seen is None else seen
    if not isinstance(schema, Mapping) or depth > _DEPTH or id(schema) in seen:
        return False
    seen.add(id(schema))
    marks = [name for name in FORBIDDEN.values() if schema.get(name) is True]
    if marks:
        # The nearest one counts: a property can be `readOnly` whose schema elsewhere is `writeOnly`.
        return mark in marks
    inner = [resolve(schema)] if "$ref" in schema else []
    return any(_is_marked(item, mark, resolve, depth + 1, seen) for item in [*inner, *_all_of(schema)])


def marked_names(
    schema: Any, mark: str, resolve: Callable[[Any], Any], depth: int = 0, seen: set[int] | None = None
) -> Iterator[str]:
    """The properties of an object schema that are `readOnly`, or `writeOnly`, wherever that is written."""
    # Each part once: a part that brings itself in several times would be looked at without end.
    seen = set() if seen is None else seen
    if not isinstance(schema, Mapping) or depth > _DEPTH or id(schema) in seen:
        return
    seen.add(id(schema))
    properties = schema.get("properties")
    for name, item in properties.items() if isinstance(properties, Mapping) else ():
        if _is_marked(item, mark, resolve):
            yield str(name)
    if "$ref" in schema:
        yield from marked_names(resolve(schema), mark, resolve, depth + 1, seen)
    for part in _all_of(schema):
        yield from marked_names(part, mark, resolve, depth + 1, seen)


def _all_of(schema: Mapping[str, Any]) -> list[Any]:
    return _listed_parts(schema, "allOf")


def _listed_parts(schema: Mapping[str, Any], keyword: str) -> list[Any]:
    parts = schema.get(keyword)
    return parts if isinstance(parts, list) else []


def _format(name: str, out: dict[str, Any]) -> None:
    limit = _INTEGER_BOUNDS.get(name)
    if limit is None:
        out["format"] = name
    elif {"integer", "number"} & set(_listed(out.get("type"))):
        out["minimum"] = max(out.get("minimum", -limit), -limit)
        out["maximum"] = min(out.get("maximum", limit - 1), limit - 1)


def _listed(types: Any) -> list[str]:
    return types if isinstance(types, list) else [types]


def _nullable(schema: Mapping[str, Any], out: dict[str, Any], direction: Direction) -> dict[str, Any]:
    """`nullable: true` allows null whatever stands beside it; that is how documents use it.

    An enum that lacks null does not allow it (OpenAPI 3.0.3, proposal 2019-10-31): what is sent is read leniently, what
    is answered is strict.
    """
    if schema.get("nullable") is not True or not out or out.get("type") == "null":
        return out
    if direction == "response" and (None not in out.get("enum", [None]) or out.get("const") is not None):
        return out
    if isinstance(out.get("type"), str) and not out.keys() & _ANY_TYPE:
        # The other keywords say nothing about null. One schema, not an anyOf: violations then name the very member.
        if "enum" in out and None not in out["enum"]:
            out["enum"] = [*out["enum"], None]
        return out | {"type": [out["type"], "null"]}
    return {"anyOf": [out, {"type": "null"}]}
