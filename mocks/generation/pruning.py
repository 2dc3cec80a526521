"""What of a value breaks its schema, left out where it may be: the least change there is."""

from __future__ import annotations

from typing import Any

from cierre.oas.document import Document
from cierre.oas.merged_schema import flatten
from cierre.oas.pointers import tokens
from cierre.oas.validation import Violation
from cierre.oas.validation.schema_validator import SchemaValidator

_ROUNDS = 8


def prune(document: Document, validator: SchemaValidator, schema: Any, value: Any) -> Any:
    """The value without the optional members and items that break the schema, as far as that helps.

    Args:
        document: that the schema's references are resolved in.
        validator: of the schema.
        schema: that the value is to satisfy.
        value: it is changed in place.
    """
    for _ in range(_ROUNDS):
        # From behind: what is left out of a list moves what follows.
        broken = causes(validator.violations(value))
        found = [_leave_out(document, schema, value, one.pointer) for one in reversed(broken)]
        if True not in found:
            break
    return value


def causes(violations: list[Violation]) -> list[Violation]:
    """The violations without those that follow: where a part of an allOf fails, all its properties are unknown."""
    return [one for one in violations if one.rule != "unevaluatedProperties"] or violations


def _leave_out(document: Document, schema: Any, value: Any, pointer: str) -> bool:
    """Whether the value had a member on the way to the pointer that is optional: the innermost one was left out.

    Args:
        document: that the schema's references are resolved in.
        schema: of the value.
        value: it is changed in place.
        pointer: to what breaks the schema, in the value.
    """
    optional: tuple[Any, Any] | None = None
    schemas = [schema]
    for token in tokens(pointer):
        merged = flatten(document, schemas)
        if isinstance(value, dict) and token in value:
            if token not in merged.required:
                optional = value, token
        elif isinstance(value, list) and token.isdigit() and int(token) < len(value):
            if len(value) > merged.bounds.get("minItems", 0):
                optional = value, int(token)
        else:
            break
        schemas = member_schemas(document, schemas, token, value)
        value = child(value, token)
    if optional is None:
        return False
    holder, key = optional
    del holder[key]
    return True


def locate(document: Document, schema: Any, value: Any, path: list[str]) -> tuple[Any, list[Any]] | None:
    """What holds the member at the end of a path, and its schemas; None where the value ends before.

    Args:
        document: that the schema's references are resolved in.
        schema: of the value.
        value: that the path leads into.
        path: the tokens of a pointer, at least one.
    """
    schemas = [schema]
    for token in path[:-1]:
        schemas = member_schemas(document, schemas, token, value)
        value = child(value, token)
        if value is None:
            return None
    return value, schemas


def child(node: Any, token: str) -> Any:
    """The member or item of a value that a token of a pointer names; None where there is none."""
    if isinstance(node, dict):
        return node.get(token)
    if isinstance(node, list) and token.isdigit() and int(token) < len(node):
        return node[int(token)]
    return None


def member_schemas(document: Document, schemas: list[Any], token: str, parent: Any) -> list[Any]:
    """The schemas of one member of the value that `schemas` describe, or of the first alternative that has it."""
    merged = flatten(document, schemas)
    found: list[Any] = []
    if isinstance(parent, list):
        index = int(token) if token.isdigit() else 0
        found = [merged.prefix[index]] if index < len(merged.prefix) else list(merged.items)
    elif token in merged.properties:
        found = list(merged.properties[token])
    else:
        found = [schema for schema in merged.additional if isinstance(schema, dict)]
    if not found:
        for alternatives, _ in merged.choices:
            for alternative in alternatives:
                inner = member_schemas(document, [alternative], token, parent)
                if inner and inner != [{}]:
                    return inner
    return found or [{}]
