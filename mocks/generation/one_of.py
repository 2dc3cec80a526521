"""Objects that exactly one alternative of a `oneOf` accepts, where the alternatives overlap.

A document with `oneOf: [A, B]` rarely forbids A's objects to be B's as well, yet exactly one may match.
"""

from __future__ import annotations

from typing import Any

from cierre.mocks.documents import Document
from cierre.mocks.generation.merged_schema import flatten
from cierre.oas.validation import SchemaCompiler, UnresolvableReference

# One of these is of the wrong type for nearly every schema.
_SAMPLES: tuple[Any, ...] = (0, "texto", [], {}, None, True)


def match_only_one(
    document: Document, compiler: SchemaCompiler, value: dict[str, Any], chosen: Any, alternatives: list[Any]
) -> dict[str, Any]:
    """The object with one member more for each alternative that should not accept it.

    The member is one that the other alternative describes and the chosen one does not, of a type that the other
    refuses. Where there is no such member the object is returned without it.

    Args:
        document: that references are resolved in.
        compiler: of the alternatives.
        value: made for the chosen alternative; it is not changed.
        chosen: the alternative that is to accept the object.
        alternatives: all of them, the chosen one included.
    """
    value = dict(value)
    known = flatten(document, [chosen]).properties
    for other in alternatives:
        if other is chosen or not _accepts(compiler, other, value):
            continue
        for name in flatten(document, [other]).properties:
            if name in known or name in value:
                continue
            changed = _with_refused_member(compiler, other, value, name)
            if changed is not None and _accepts(compiler, chosen, changed):
                value = changed
                break
    return value


def _with_refused_member(
    compiler: SchemaCompiler, schema: Any, value: dict[str, Any], name: str
) -> dict[str, Any] | None:
    """The object with a member that makes the schema refuse it; None where no sample does."""
    for sample in _SAMPLES:
        changed = value | {name: sample}
        if not _accepts(compiler, schema, changed):
            return changed
    return None


def _accepts(compiler: SchemaCompiler, schema: Any, value: Any) -> bool:
    try:
        return compiler.compile(schema).is_valid(value)
    except (UnresolvableReference, ValueError):
        return False
