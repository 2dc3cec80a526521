"""Objects that only one of several alternatives accepts, where the alternatives overlap.

A document with `oneOf: [A, B]` rarely forbids A's objects to be B's as well, yet exactly one may match.
"""

from __future__ import annotations

from typing import Any

from cierre.mocks.documents import Document
from cierre.mocks.generation.merged_schema import flatten
from cierre.oas.validation import SchemaCompiler, UnresolvableReference

# One of these is of the wrong type for nearly every schema.
_ODD: tuple[Any, ...] = (0, "texto", [], {}, None, True)


def set_apart(
    document: Document, compiler: SchemaCompiler, value: dict[str, Any], chosen: Any, alternatives: list[Any]
) -> dict[str, Any]:
    """The object with a member more for each alternative that should not accept it.

    The member is one that the other alternative describes and the chosen one does not, of a type that the other
    refuses. Where there is no such member the object comes back as it is.
    """
    value = dict(value)
    known = flatten(document, [chosen]).properties
    for other in alternatives:
        if other is chosen or not _accepts(compiler, other, value):
            continue
        for name in flatten(document, [other]).properties:
            if name in known or name in value:
                continue
            odd = _refused(compiler, other, value, name)
            if odd is not None and _accepts(compiler, chosen, odd):
                value = odd
                break
    return value


def _refused(compiler: SchemaCompiler, schema: Any, value: dict[str, Any], name: str) -> dict[str, Any] | None:
    for item in _ODD:
        changed = value | {name: item}
        if not _accepts(compiler, schema, changed):
            return changed
    return None


def _accepts(compiler: SchemaCompiler, schema: Any, value: Any) -> bool:
    try:
        return compiler.compile(schema).is_valid(value)
    except (UnresolvableReference, ValueError):
        return False
