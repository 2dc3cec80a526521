"""Schemas that lead back to themselves: where a value can end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cierre.oas.document import Document
from cierre.oas.merged_schema import flatten

# Levels of required members that are looked at.
_LEVELS = 2
_DEPTH = 8


def leads_back(document: Document, schemas: list[Any], stack: tuple[str, ...], levels: int = _LEVELS) -> bool:
    """Whether each value of the schemas holds a value of a schema that it is made for.

    Args:
        document: that references are resolved in.
        schemas: that the value must satisfy.
        stack: the `$ref`s that led here.
        levels: of required members and items that are looked at.
    """
    merged = flatten(document, schemas)
    if not merged.refs.isdisjoint(stack):
        return True
    if levels == 0:
        return False
    inner = [merged.properties[name] for name in merged.required if name in merged.properties]
    if merged.bounds.get("minItems", 0) > 0 and merged.items:
        inner.append(merged.items)
    if any(not allows_null(document, each) and leads_back(document, each, stack, levels - 1) for each in inner):
        return True
    return any(
        all(leads_back(document, [alternative], stack, levels - 1) for alternative in alternatives)
        for alternatives, _ in merged.choices
    )


def weight(document: Document, alternative: Any, stack: tuple[str, ...]) -> int:
    """How late an alternative is tried: null after values, and what leads back after null."""
    if leads_back(document, [alternative], stack):
        return 2
    return 1 if flatten(document, [alternative]).kinds == ("null",) else 0


def times(document: Document, schemas: list[Any], stack: tuple[str, ...]) -> int:
    """How often a schema of the stack is among these, or among their alternatives."""
    merged = flatten(document, schemas)
    refs = merged.refs.union(
        *(flatten(document, [alternative]).refs for alternatives, _ in merged.choices for alternative in alternatives)
    )
    return max((stack.count(ref) for ref in refs), default=0)


def allows_null(document: Document, schemas: list[Any]) -> bool:
    """Whether the schemas say, in so many words, that the value may be null."""
    found = [_null(document, schema) for schema in schemas]
    return False not in found and True in found


def _null(document: Document, schema: Any, depth: int = 0) -> bool | None:
    """Whether null is allowed; None where the schema says nothing of it."""
    schema = document.resolve(schema)
    if not isinstance(schema, Mapping) or depth > _DEPTH:
        return False if schema is False else None
    for listed in (schema.get("enum"), [schema["const"]] if "const" in schema else None):
        if isinstance(listed, list):
            return None in listed
    if schema.get("nullable") is True:
        return True
    declared = schema.get("type")
    if declared is not None:
        return "null" in declared if isinstance(declared, list) else declared == "null"
    found = [_null(document, part, depth + 1) for part in _list(schema.get("allOf"))]
    for keyword in ("anyOf", "oneOf"):
        of_parts = [_null(document, part, depth + 1) for part in _list(schema.get(keyword))]
        if of_parts:
            found.append(True if True in of_parts else None if None in of_parts else False)
    return False if False in found else True if True in found else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
