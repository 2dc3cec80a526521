"""Every example and every default of a document against its schema."""

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
# That a default fits its schema is asked by the standard itself (OpenAPI 3.0.3, section 4.7.24).
_RULE_OF_DEFAULTS = "openapi"
# Of a value, in a message.
_LONGEST = 160
# Rule, pointer and value; rule, pointer and message.
_Shown = tuple[str, str, Any]
_Found = tuple[str, str, Phrase]


def broken_examples(document: Document, *, answers_only: bool = False) -> Iterator[Problem]:
    """Each example and default that its own schema refuses, where it breaks it, and why.

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
            least: list[_Found] | None = None
            for compiler in _compilers(document, spot, by_the_letter=answers_only):
                found = list(_check(spot, values, compiler))
                least = found if least is None or len(found) < len(least) else least
                if not least:
                    break
            for rule, pointer, message in least or ():
                yield document.problem(pointer, message, rule)


def _check(spot: Spot, values: list[_Shown], compiler: SchemaCompiler) -> Iterator[_Found]:
    try:
        validator = compiler.compile(spot.node if spot.kind == "schema" else compiler.schema_of(spot.node))
    except (ValueError, UnresolvableReference) as mistake:
        yield RULE, spot.pointer, Phrase("cannot be used as a schema: {reason}", reason=mistake)
        return
    for rule, pointer, value in values:
        for inner, message in validator.broken(value):
            yield rule, f"{pointer}{inner}", message.shortened(_LONGEST)


def _values(document: Document, spot: Spot) -> Iterator[_Shown]:
    """The values that must fit the schema of this spot, with their pointers."""
    node = spot.node
    if not isinstance(node, dict):
        return
    if spot.kind == "schema":
        if "example" in node:
            yield RULE, f"{spot.pointer}/example", node["example"]
        if "default" in node:
            yield _RULE_OF_DEFAULTS, f"{spot.pointer}/default", node["default"]
        if document.version != "3.0" and isinstance(node.get("examples"), list):
            yield from (
                (RULE, f"{spot.pointer}/examples/{index}", value) for index, value in enumerate(node["examples"])
            )
    elif spot.kind == "mediaType" and "itemSchema" in node:
        # One item alone, and the text of all of them, may be shown as well.
        yield from (shown for shown in _shown(document, spot) if isinstance(shown[2], list))
    elif spot.kind in {"mediaType", "parameter", "header"} and "schema" in node:
        yield from _shown(document, spot)


def _shown(document: Document, spot: Spot) -> Iterator[_Shown]:
    node = spot.node
    if "example" in node:
        yield RULE, f"{spot.pointer}/example", node["example"]
    for name, entry in document.mapping(node.get("examples")).items():
        example = document.mapping(entry)
        for key in ("value", "dataValue"):
            if key in example:
                yield RULE, f"{spot.pointer}/examples/{escape(str(name))}/{key}", example[key]


def _compilers(document: Document, spot: Spot, *, by_the_letter: bool) -> list[SchemaCompiler]:
    if spot.kind == "schema":
        return [document.requests, document.responses]
    answers = document.answers if by_the_letter else document.responses
    return [answers if spot.kind == "header" or _is_answer(spot) else document.requests]


def _is_answer(spot: Spot) -> bool:
    return "/responses/" in spot.pointer
