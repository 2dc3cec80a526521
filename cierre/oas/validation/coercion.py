"""What kinds of value a schema asks for, and text turned into such a value.

Parameters, form fields and XML carry text only; the schema says whether `12` is a number or a string.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cierre.oas.references import resolve
from cierre.oas.validation.json_body import decode_json
from cierre.oas.validation.violations import MalformedBody

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)\Z")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
_JSON_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
_LONGEST_NUMBER = 1000
# Deeper than any schema that a person would write for a parameter; recursion ends here.
_DEPTH = 8


def parts(schema: Any, document: Any, depth: int = 0, seen: set[int] | None = None) -> Iterator[Mapping[str, Any]]:
    """The schema and all that its `$ref`, allOf, anyOf and oneOf bring in, each once."""
    schema = resolve(document, schema)
    seen = set() if seen is None else seen
    if not isinstance(schema, Mapping) or depth > _DEPTH or id(schema) in seen:
        return
    seen.add(id(schema))
    yield schema
    for keyword in ("allOf", "anyOf", "oneOf"):
        alternatives = schema.get(keyword)
        for inner in alternatives if isinstance(alternatives, list) else ():
            yield from parts(inner, document, depth + 1, seen)


def types_of(schema: Any, document: Any) -> frozenset[str]:
    """The JSON types that the schema names, or that its enum and const show; empty where it says nothing."""
    found: set[str] = set()
    for part in parts(schema, document):
        declared = part.get("type")
        if isinstance(declared, str):
            found.add(declared)
        elif isinstance(declared, list):
            found.update(name for name in declared if isinstance(name, str))
        elif "properties" in part:
            found.add("object")
        elif "items" in part:
            found.add("array")
        else:
            listed = part.get("enum")
            values = [*(listed if isinstance(listed, list) else ()), *([part["const"]] if "const" in part else ())]
            found.update(_JSON_NAMES.get(type(value), "null") for value in values)
        if part.get("nullable") is True and declared:
            found.add("null")
    return frozenset(found)


def items_of(schema: Any, document: Any) -> Any:
    """The schema of an array's items, {} where none is given."""
    for part in parts(schema, document):
        if "items" in part:
            return part["items"]
    return {}


def prefix_items_of(schema: Any, document: Any) -> list[Any]:
    """The schemas of an array's first items."""
    for part in parts(schema, document):
        if isinstance(part.get("prefixItems"), list):
            return list(part["prefixItems"])
    return []


def properties_of(schema: Any, document: Any) -> dict[str, Any]:
    """The properties of an object schema, those of its parts included; of one that several describe any of them."""
    found: dict[str, list[Any]] = {}
    for part in parts(schema, document):
        properties = part.get("properties")
        for name, inner in properties.items() if isinstance(properties, Mapping) else ():
            found.setdefault(name, []).append(inner)
    return {name: inner[-1] if len(inner) == 1 else _any_of(inner, document) for name, inner in found.items()}


def _any_of(schemas: list[Any], document: Any) -> Any:
    """One schema that reads like all of them, and is written as the last that says how."""
    targets = [resolve(document, schema) for schema in schemas]
    hints = [target["xml"] for target in targets if isinstance(target, Mapping) and "xml" in target]
    return {"anyOf": schemas} | ({"xml": hints[-1]} if hints else {})


def additional_of(schema: Any, document: Any) -> Any:
    """The schema of an object's other members: False where none are allowed."""
    for part in parts(schema, document):
        if "additionalProperties" in part:
            return part["additionalProperties"]
    return True


def from_text(text: str, types: frozenset[str]) -> Any:
    """The value that a text stands for among these types; the text itself where it fits none of them."""
    # A text that is longer stands for no number that anybody computes with; Python refuses to read 4,300 digits.
    is_short = len(text) <= _LONGEST_NUMBER
    if is_short and "integer" in types and _INTEGER.match(text):
        return int(text)
    if is_short and "number" in types and _NUMBER.match(text):
        return float(text) if not _INTEGER.match(text) else int(text)
    if "boolean" in types and text in {"true", "false"}:
        return text == "true"
    if "string" in types:
        return text
    if "null" in types and text in {"null", ""}:
        return None
    return text


class TextCoercer:
    """Turns text into values of one schema; what is looked up in the schema is looked up once."""

    __slots__ = ("_additional", "_document", "_items", "_properties", "_schema", "types")

    def __init__(self, schema: Any, document: Any) -> None:
        self._schema = schema
        self._document = document
        self.types = types_of(schema, document)
        self._items: TextCoercer | None = None
        self._properties: dict[str, TextCoercer] | None = None
        self._additional: TextCoercer | None = None

    @property
    def schema(self) -> Any:
        """As written."""
        return self._schema

    @property
    def items(self) -> TextCoercer:
        if self._items is None:
            self._items = TextCoercer(items_of(self._schema, self._document), self._document)
        return self._items

    @property
    def properties(self) -> dict[str, TextCoercer]:
        if self._properties is None:
            found = properties_of(self._schema, self._document)
            self._properties = {name: TextCoercer(inner, self._document) for name, inner in found.items()}
        return self._properties

    def member(self, name: str) -> TextCoercer:
        """The reader of one property, a declared or an additional one."""
        if name in self.properties:
            return self.properties[name]
        if self._additional is None:
            self._additional = TextCoercer(additional_of(self._schema, self._document), self._document)
        return self._additional

    def _text(self, raw: str) -> Any:
        """One text; where an object or array is due, it may be JSON."""
        if self.types & {"object", "array"} and raw[:1] in {"{", "["}:
            try:
                return decode_json(raw.encode())
            except MalformedBody:
                pass
        return [self.items.read(raw)] if self.types == {"array"} else from_text(raw, self.types)

    def read(self, raw: Any) -> Any:
        """Text, or lists and dictionaries of text, as the schema's kind of value."""
        if isinstance(raw, str):
            return self._text(raw)
        if isinstance(raw, list):
            return [self.items.read(item) for item in raw]
        if isinstance(raw, dict):
            if "array" in self.types and "object" not in self.types:
                # `name[]=a&name[]=b`, and `name[0]=a&name[1]=b`.
                listed = raw[""] if set(raw) == {""} else list(raw.values())
                return [self.items.read(item) for item in (listed if isinstance(listed, list) else [listed])]
            return {name: self.member(name).read(item) for name, item in raw.items()}
        return raw
