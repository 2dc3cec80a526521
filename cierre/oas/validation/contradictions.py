"""Schemas that no value can satisfy, read as their authors mean them.

`type: string` beside `enum: [1, 2]`, an object that requires what it forbids, equal alternatives of a `oneOf`: by the
letter every request would be refused there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Resolve = Callable[[Any], Any]
_PYTHON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_COMPOSED = ("allOf", "anyOf", "oneOf")
# What says nothing about values.
_ANNOTATIONS = frozenset({"title", "description", "example", "examples", "default", "externalDocs", "xml"})
# No composition that a person would write is deeper; recursion ends here.
_DEPTH = 8


def settle(schema: Mapping[str, Any], out: dict[str, Any], resolve: Resolve) -> bool:
    """Take out of a rewritten schema what contradicts the rest of it. Returns whether something did.

    Args:
        schema: as the document has it.
        out: the same as JSON Schema; it is changed in place.
        resolve: follows a `$ref`.
    """
    settled = False
    if "enum" in out and isinstance(out.get("type"), str):
        settled |= _settle_enum(out)
    if out.get("additionalProperties") is False and "patternProperties" not in out:
        settled |= _settle_closed(schema, out, resolve)
    if len(out.get("oneOf", ())) > 1:
        settled |= _settle_equal(schema, out, resolve)
    return settled


def of_type(values: list[Any], kind: str) -> list[Any] | None:
    """The values of an enum as texts or numbers, where that is what the type wants and none of them is.

    YAML turns the `1` of a string's enum into a number, and people quote what they list.

    Returns:
        None where a value is of the type, or not all of them can be.
    """
    listed = [value for value in values if value is not None]
    if not listed or kind not in _PYTHON or any(_is_of(value, kind) for value in listed):
        return None
    if kind == "string":
        return [_text(value) for value in listed]
    texts = [value for value in listed if isinstance(value, str)]
    found = [_number(text) for text in texts if kind in {"integer", "number"}]
    usable = [number for number in found if number is not None and _is_of(number, kind)]
    return usable if len(usable) == len(listed) else None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_of(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _PYTHON[kind]) or (kind == "integer" and isinstance(value, float) and value.is_integer())


def _number(text: str) -> float | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def _settle_enum(out: dict[str, Any]) -> bool:
    kind = out["type"]
    meant = of_type(out["enum"], kind)
    if meant is not None:
        out["enum"] = meant
        return True
    others = [value for value in out["enum"] if value is not None]
    if kind in _PYTHON and others and not any(_is_of(value, kind) for value in others):
        # `integer` beside `"1 (Default)"`: some send the one, some the other.
        del out["type"], out["enum"]
        out["allOf"] = [*out.get("allOf", ()), {"anyOf": [{"type": kind}, {"enum": others}]}]
        return True
    return False


def _settle_closed(schema: Mapping[str, Any], out: dict[str, Any], resolve: Resolve) -> bool:
    """`additionalProperties: false` knows the properties beside it alone, and not those of an allOf."""
    known = out.get("properties", {}).keys()
    if not any(name not in known for name in _required(schema, resolve)):
        return False
    if any(keyword in out for keyword in _COMPOSED):
        del out["additionalProperties"]
        out["unevaluatedProperties"] = False
        known = {*known, *(name for part in _parts(schema) for name in _declared(part, resolve))}
    if "required" in out:
        out["required"] = [name for name in out["required"] if name in known]
    return True


def _parts(schema: Mapping[str, Any], keywords: tuple[str, ...] = _COMPOSED) -> list[Any]:
    return [part for keyword in keywords if isinstance(schema.get(keyword), list) for part in schema[keyword]]


def _required(schema: Any, resolve: Resolve, depth: int = 0) -> Iterator[str]:
    """The names that an object must have by this schema, by each part of its allOf, or by a part of its choices."""
    found = resolve(schema)
    if not isinstance(found, Mapping) or depth > _DEPTH:
        return
    required = found.get("required")
    yield from (name for name in (required if isinstance(required, list) else ()) if isinstance(name, str))
    for part in _parts(found, ("allOf",) if depth else _COMPOSED):
        yield from _required(part, resolve, depth + 1)


def _declared(schema: Any, resolve: Resolve, depth: int = 0) -> Iterator[str]:
    found = resolve(schema)
    if not isinstance(found, Mapping) or depth > _DEPTH:
        return
    properties = found.get("properties")
    yield from map(str, properties if isinstance(properties, Mapping) else ())
    for part in _parts(found):
        yield from _declared(part, resolve, depth + 1)


def _settle_equal(schema: Mapping[str, Any], out: dict[str, Any], resolve: Resolve) -> bool:
    """Of alternatives that differ in their descriptions alone, keep one."""
    written = [part for part in schema["oneOf"] if isinstance(part, (Mapping, bool))]
    kept: dict[str, Any] = {}
    for part, converted in zip(written, out["oneOf"], strict=True):
        kept.setdefault(json.dumps(_bare(resolve(part)), sort_keys=True, default=str), converted)
    out["oneOf"] = list(kept.values())
    return len(kept) < len(written)


def _bare(schema: Any) -> Any:
    """The schema without annotations, which says the same of values; names of properties are none."""
    if isinstance(schema, list):
        return [_bare(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    bare: dict[str, Any] = {}
    for key, value in schema.items():
        if key in {"properties", "patternProperties"} and isinstance(value, Mapping):
            bare[key] = {str(name): _bare(inner) for name, inner in value.items()}
        elif key in {"enum", "const"}:
            bare[key] = value
        elif key not in _ANNOTATIONS and not str(key).startswith("x-"):
            bare[str(key)] = _bare(value)
    return bare
