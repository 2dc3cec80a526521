"""Objects made for one alternative of a `oneOf`: named by its discriminator, and refused by all other alternatives.

A document with `oneOf: [A, B]` rarely forbids A's objects to be B's as well, yet exactly one may match.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cierre.oas.document import Document
from cierre.oas.merged_schema import MergedSchema, flatten
from cierre.oas.references import UnresolvableReference
from cierre.oas.validation import SchemaCompiler

# One of these is of the wrong type for nearly every schema.
_SAMPLES: tuple[Any, ...] = (0, "string", [], {}, None, True)


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


def name_kind(document: Document, compiler: SchemaCompiler, merged: MergedSchema, value: dict[str, Any]) -> None:
    """Write into an object the name of its own schema, where a schema that it inherits from has a discriminator.

    Args:
        document: that references are resolved in.
        compiler: of the schemas.
        merged: the schemas that the object was made of.
        value: it is changed in place; a name that its schemas give stays.
    """
    for holder in merged.hints:
        discriminator = holder.get("discriminator")
        name = discriminator.get("propertyName") if isinstance(discriminator, Mapping) else None
        if not isinstance(name, str) or name not in value or name not in merged.properties:
            continue
        described = flatten(document, merged.properties[name])
        limited = described.values is not None or described.patterns or described.bounds
        if not limited and described.hint("example") is None and described.kinds == ("string",):
            value[name] = _kind(document, compiler, merged, holder, value) or value[name]


def _kind(
    document: Document,
    compiler: SchemaCompiler,
    merged: MergedSchema,
    holder: Mapping[str, Any],
    value: dict[str, Any],
) -> str | None:
    """That of the heir which the object was made for; otherwise of one that the object happens to be."""
    written, name = holder["discriminator"].get("mapping"), str(holder["discriminator"]["propertyName"])
    mapping: Mapping[str, Any] = written if isinstance(written, Mapping) else {}
    heirs = [ref for ref in merged.refs if document.mapping({"$ref": ref}) is not holder]
    # An heir of an heir has more schemas than that one.
    for ref in sorted(heirs, key=lambda ref: (-len(flatten(document, [{"$ref": ref}]).refs), ref)):
        if holder in flatten(document, [{"$ref": ref}]).hints:
            short = ref.rpartition("/")[2]
            return next((str(key) for key, target in mapping.items() if target in {ref, short}), short)
    for key, target in mapping.items():
        heir = document.mapping({"$ref": target if "/" in str(target) else f"#/components/schemas/{target}"})
        if heir and _accepts(compiler, heir, {**value, name: key}):
            return str(key)
    return None


def discriminated(
    document: Document, compiler: SchemaCompiler, schemas: list[Any], value: dict[str, Any], name: str
) -> dict[str, Any] | None:
    """The object with the discriminator's property `name` as the alternative has it that accepts the object then.

    Args:
        document: that references are resolved in.
        compiler: of the alternatives.
        schemas: of the object.
        value: it is not changed.
        name: of a property.

    Returns:
        None where `name` is no discriminator of the schemas, or no alternative fits.
    """
    for alternatives, holder in flatten(document, schemas).choices:
        discriminator = holder.get("discriminator")
        if not isinstance(discriminator, Mapping) or discriminator.get("propertyName") != name:
            continue
        for alternative in alternatives:
            changed: dict[str, Any] = write_discriminator(document, dict(value), alternative, holder)
            if name in changed and _accepts(compiler, alternative, changed):
                return changed
    return None


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
