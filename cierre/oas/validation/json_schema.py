"""One OpenAPI schema object, rewritten as JSON Schema 2020-12.

Only keywords that JSON Schema knows, with values of the kind it asks for, are carried over: documents in the wild are
full of `required: true`, `type: any` and `description: 3`, and none of that may stop a validator from compiling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

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
# No composition that a person would write is deeper; recursion ends here.
_DEPTH = 8
FORBIDDEN = {"request": "readOnly", "response": "writeOnly"}


def rewrite(schema: Mapping[str, Any], convert: Convert, direction: Direction, resolve: Convert) -> dict[str, Any]:
    """Rewrite one level of a schema without `$ref`; `convert` does the levels below, `resolve` follows a `$ref`."""
    out: dict[str, Any] = {}
    _types(schema, out)
    _values(schema, out)
    _subschemas(schema, out, convert)
    _one_way_properties(schema, out, direction, resolve)
    if isinstance(schema.get("format"), str):
        _format(schema["format"], out)
    return _nullable(schema, out)


def _types(schema: Mapping[str, Any], out: dict[str, Any]) -> None:
    declared = schema.get("type")
    names = [declared] if isinstance(declared, str) else declared if isinstance(declared, list) else []
    known = [name for name in names if name in TYPES]
    if known and len(known) == len(names):
        out["type"] = known[0] if len(known) == 1 else list(dict.fromkeys(known))


def _values(schema: Mapping[str, Any], out: dict[str, Any]) -> None:
    _numbers(schema, out)
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        out["enum"] = _enum(schema["enum"], out.get("type"))
    if "const" in schema:
        out["const"] = schema["const"]
    if schema.get("uniqueItems") is True:
        out["uniqueItems"] = True
    if isinstance(schema.get("pattern"), str):
        out.update(pattern_keyword(schema["pattern"]))
    required = schema.get("required")
    if isinstance(required, list):
        out["required"] = list(dict.fromkeys(name for name in required if isinstance(name, str)))
    if isinstance(schema.get("dependentRequired"), Mapping):
        out["dependentRequired"] = schema["dependentRequired"]


def _enum(values: list[Any], kind: Any) -> list[Any]:
    """YAML turns the `1` of a string's enum into a number: where no value is of the type, their texts are meant."""
    if kind == "string" and not any(isinstance(value, str) for value in values):
        return [str(value).lower() if isinstance(value, bool) else str(value) for value in values if value is not None]
    return values


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
    return isinstance(value, (int, float)) and not isinstance(value, bool)


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
        if isinstance(schema.get(keyword), (Mapping, bool)):
            out[keyword] = convert(schema[keyword])
    reason = schema["not"].get("description") if isinstance(schema.get("not"), Mapping) else None
    if isinstance(reason, str) and isinstance(out["not"], dict):
        # The author's words for what is refused are the message.
        out["not"] = {**out["not"], "description": reason}
    if isinstance(schema.get("items"), list):
        out["prefixItems"] = [convert(item) for item in schema["items"]]
    for keyword in _MANY:
        if isinstance(schema.get(keyword), list) and schema[keyword]:
            out[keyword] = [convert(item) for item in schema[keyword] if isinstance(item, (Mapping, bool))]
    _named_subschemas(schema, out, convert)


def _named_subschemas(schema: Mapping[str, Any], out: dict[str, Any], convert: Convert) -> None:
    for keyword in _NAMED:
        members = schema.get(keyword)
        if isinstance(members, Mapping):
            out[keyword] = {
                str(name): convert(item) for name, item in members.items() if isinstance(item, (Mapping, bool))
            }
    if "patternProperties" in out:
        out["patternProperties"] = {
            name: item for name, item in out["patternProperties"].items() if "pattern" in pattern_keyword(name)
        }


def _one_way_properties(schema: Mapping[str, Any], out: dict[str, Any], direction: Direction, resolve: Convert) -> None:
    """`readOnly` properties may not be sent, `writeOnly` ones may not come back; neither is then required.

    One may be marked in one branch of an allOf, or beside a `$ref`, and be required in another.
    """
    mark = FORBIDDEN[direction]
    properties = schema.get("properties")
    for name, item in properties.items() if isinstance(properties, Mapping) else ():
        if _is_marked(item, mark, resolve):
            out["properties"][str(name)] = False
    if "required" not in out and "allOf" not in out:
        return
    marked = set(_marked_names(schema, mark, resolve))
    for part in [out, *out.get("allOf", ())] if marked else ():
        if isinstance(part, dict) and "required" in part:
            part["required"] = [name for name in part["required"] if name not in marked]


def _is_marked(schema: Any, mark: str, resolve: Convert, depth: int = 0) -> bool:
    if not isinstance(schema, Mapping) or depth > _DEPTH:
        return False
    if schema.get(mark) is True:
        return True
    inner = [resolve(schema)] if "$ref" in schema else []
    return any(_is_marked(item, mark, resolve, depth + 1) for item in [*inner, *_all_of(schema)])


def _marked_names(schema: Any, mark: str, resolve: Convert, depth: int = 0) -> Iterator[str]:
    if not isinstance(schema, Mapping) or depth > _DEPTH:
        return
    properties = schema.get("properties")
    for name, item in properties.items() if isinstance(properties, Mapping) else ():
        if _is_marked(item, mark, resolve):
            yield str(name)
    if "$ref" in schema:
        yield from _marked_names(resolve(schema), mark, resolve, depth + 1)
    for part in _all_of(schema):
        yield from _marked_names(part, mark, resolve, depth + 1)


def _all_of(schema: Mapping[str, Any]) -> list[Any]:
    parts = schema.get("allOf")
    return parts if isinstance(parts, list) else []


def _format(name: str, out: dict[str, Any]) -> None:
    limit = _INTEGER_BOUNDS.get(name)
    if limit is None:
        out["format"] = name
    elif out.get("type") in {"integer", "number"}:
        out["minimum"] = max(out.get("minimum", -limit), -limit)
        out["maximum"] = min(out.get("maximum", limit - 1), limit - 1)


def _nullable(schema: Mapping[str, Any], out: dict[str, Any]) -> dict[str, Any]:
    """`nullable: true` allows null whatever stands beside it; that is how documents use it."""
    if schema.get("nullable") is not True or not out:
        return out
    if isinstance(out.get("type"), str) and not out.keys() & _ANY_TYPE:
        # The other keywords say nothing about null. One schema, not an anyOf: violations then name the very member.
        if "enum" in out and None not in out["enum"]:
            out["enum"] = [*out["enum"], None]
        return out | {"type": [out["type"], "null"]}
    return {"anyOf": [out, {"type": "null"}]}


@cache
def pattern_keyword(pattern: str) -> dict[str, Any]:
    """The keyword that checks a pattern: `pattern` where jsonschema-rs reads it, Python's `re` where only that does.

    A pattern that nobody can read checks nothing.
    """
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except jsonschema_rs.ValidationError:
        translated = re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern)
        translated = re.sub(r"\\k<(\w+)>", r"(?P=\1)", translated)
        try:
            re.compile(translated)
        except (re.error, RecursionError, OverflowError):
            return {}
        return {"x-python-pattern": translated}
    return {"pattern": pattern}


class PythonPattern:
    """The keyword `x-python-pattern`, as jsonschema-rs asks for it."""

    def __init__(self, _parent: dict[str, Any], value: Any, _path: list[str | int]) -> None:
        self._expression = re.compile(value)

    def validate(self, instance: Any) -> None:
        if isinstance(instance, str) and not self._expression.search(instance):
            raise ValueError(f"{instance!r} does not match {self._expression.pattern!r}")
