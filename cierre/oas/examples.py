"""Every example of a document against its schema. Defaults are the standard's validator's to check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cierre.oas.document import Document
from cierre.oas.errors import Problem
from cierre.oas.pointers import escape
from cierre.oas.references import UnresolvableReference
from cierre.oas.structure import Spot, walk
from cierre.oas.validation import SchemaCompiler
from cierre.phrases import Phrase

RULE = "example"
# Of a value, in a message.
_LONGEST = 160
_Found = tuple[str, Phrase]


def broken_examples(document: Document, *, answers_only: bool = False) -> Iterator[Problem]:
    """Each example that its own schema refuses, where it breaks it, and why.

    What is not of the form that OpenAPI wants is passed over: the standard's validator tells it.

    Args:
        document: whose references have been checked.
        answers_only: leave out requests, parameters and schemas on their own, and take answers by the letter, as the
            mock does that shows them.
    """
    for spot in walk(document.root):
        if answers_only and (spot.kind != "mediaType" or not _is_answer(spot)):
            continue
        values = list(_values(document, spot))
        if values:
            # An example beside a schema, outside of any body, may show either side: one that fits is enough.
            found = [
                list(_check(spot, values, compiler))
                for compiler in _compilers(document, spot, by_the_letter=answers_only)
            ]
            for pointer, message in min(found, key=len):
                yield document.problem(pointer, message, RULE)


def _check(spot: Spot, values: list[tuple[str, Any]], compiler: SchemaCompiler) -> Iterator[_Found]:
    try:
        validator = compiler.compile(spot.node if spot.kind == "schema" else compiler.schema_of(spot.node))
    except (ValueError, UnresolvableReference) as mistake:
        yield spot.pointer, Phrase("cannot be used as a schema: {reason}", reason=mistake)
        return
    for pointer, value in values:
        for inner, message in validator.broken(value):
            yield f"{pointer}{inner}", message.shortened(_LONGEST)


def _values(document: Document, spot: Spot) -> Iterator[tuple[str, Any]]:
    """The values that must fit the schema of this spot, with their pointers."""
    node = spot.node
    if not isinstance(node, dict):
        return
    if spot.kind == "schema":
        if "example" in node:
            yield f"{spot.pointer}/example", node["example"]
        if document.version != "3.0" and isinstance(node.get("examples"), list):
            yield from ((f"{spot.pointer}/examples/{index}", value) for index, value in enumerate(node["examples"]))
    elif spot.kind == "mediaType" and "itemSchema" in node:
        # One item alone, and the text of all of them, may be shown as well.
        yield from ((where, value) for where, value in _shown(document, spot) if isinstance(value, list))
    elif spot.kind in {"mediaType", "parameter", "header"} and "schema" in node:
        yield from _shown(document, spot)


def _shown(document: Document, spot: Spot) -> Iterator[tuple[str, Any]]:
    node = spot.node
    if "example" in node:
        yield f"{spot.pointer}/example", node["example"]
    for name, entry in document.mapping(node.get("examples")).items():
        example = document.mapping(entry)
        for key in ("value", "dataValue"):
            if key in example:
                yield f"{spot.pointer}/examples/{escape(str(name))}/{key}", example[key]


def _compilers(document: Document, spot: Spot, *, by_the_letter: bool) -> list[SchemaCompiler]:
    if spot.kind == "schema":
        return [document.requests, document.responses]
    answers = document.answers if by_the_letter else document.responses
    return [answers if spot.kind == "header" or _is_answer(spot) else document.requests]


def _is_answer(spot: Spot) -> bool:
    return "/responses/" in spot.pointer
