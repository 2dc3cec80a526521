"""Every example of a document against its schema. Defaults are the standard's validator's to check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cierre.oas.structure import Spot, escape, resolved, walk
from cierre.oas.validation.schemas import SchemaCompiler
from cierre.oas.validation.violations import Direction, UnresolvableReference, Version

Json = dict[str, Any]


def broken_examples(document: Json) -> Iterator[tuple[str, str]]:
    """Each example that its own schema refuses: its JSON pointer, and why."""
    version: Version = "3.0" if document["openapi"].startswith("3.0") else "3.1"
    sides: tuple[Direction, ...] = ("request", "response")
    compilers = {side: SchemaCompiler(document, version=version, direction=side) for side in sides}
    for spot in walk(document):
        values = list(_values(document, spot))
        if values:
            # An example beside a schema, outside of any body, may show either side: one that fits is enough.
            found = [list(_check(spot, values, compilers[side])) for side in _sides(spot)]
            yield from min(found, key=len)


def _check(spot: Spot, values: list[tuple[str, Any]], compiler: SchemaCompiler) -> Iterator[tuple[str, str]]:
    try:
        validator = compiler.compile(spot.node if spot.kind == "schema" else spot.node["schema"])
    except (ValueError, UnresolvableReference) as mistake:
        yield spot.pointer, f"cannot be used as a schema: {mistake}"
        return
    for pointer, value in values:
        for violation in validator.violations(value):
            yield f"{pointer}{violation.pointer}", violation.message


def _values(document: Json, spot: Spot) -> Iterator[tuple[str, Any]]:
    """The values that must fit the schema of this spot, with their pointers."""
    node = spot.node
    if spot.kind == "schema":
        if "example" in node:
            yield f"{spot.pointer}/example", node["example"]
    elif spot.kind in {"mediaType", "parameter", "header"} and "schema" in node:
        if "example" in node:
            yield f"{spot.pointer}/example", node["example"]
        for name, entry in node.get("examples", {}).items():
            example = resolved(document, entry)
            if "value" in example:
                yield f"{spot.pointer}/examples/{escape(name)}/value", example["value"]


def _sides(spot: Spot) -> tuple[Direction, ...]:
    if spot.kind == "schema":
        return "request", "response"
    is_answer = spot.kind == "header" or "/responses/" in spot.pointer
    return ("response",) if is_answer else ("request",)
