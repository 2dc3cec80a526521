"""Objects made for one alternative of a `oneOf`: named by its discriminator, and refused by all other alternatives.

A document with `oneOf: [A, B]` rarely forbids A's objects to be B's as well, yet exactly one may match.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cierre.mocks.documents import Document
from cierre.mocks.generation.merged_schema import flatten
from cierre.oas.validation import SchemaCompiler, UnresolvableReference

# One of these is of the wrong type for nearly every schema.
_SAMPLES: tuple[Any, ...] = (0, "texto", [], {}, None, True)


def write_discriminator(document: Document, value: Any, alternative: Any, holder: Mapping[str, Any]) -> Any:
    """The value with the discriminator's property set to the name of the alternative.

    Args:
        document: that references are resolved in.
        value: made for the alternative; an object is changed in place.
        alternative: as written in the `oneOf` or `anyOf`; only a reference has a name.
        holder: the schema with the `oneOf` or `anyOf`, and the discriminator if it has one.
    """
    discriminator = holder.get("discriminator")
    ref = alternative.get("$ref") if isinstance(alternative, dict) else None
    if not isinstance(discriminator, dict) or not isinstance(value, dict) or not isinstance(ref, str):
        return value
    name = discriminator.get("propertyName")
    short = ref.rpartition("/")[2]
    mapping = discriminator.get("mapping") or {}
    key = next((key for key, target in mapping.items() if target in {ref, short}), short)
    declared = flatten(document, [alternative]).properties.get(str(name), [])
    values = flatten(document, declared).values
    if name and (values is None or key in values):
        value[name] = key
    return value


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
