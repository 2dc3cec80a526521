"""Examples of a document that break their own schema, found after the start so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator

from cierre.mocks.answering.examples import examples_of
from cierre.mocks.documents import Document, Operation, Problem
from cierre.oas.validation import UnresolvableReference, media
from cierre.oas.validation.violations import pointer


def broken_examples(document: Document) -> Iterator[Problem]:
    """Each example of an answer that its schema refuses, with where it stands and the first reason.

    The mock repairs or replaces it; whoever wrote it should know.
    """
    for operation in document.operations():
        for status, written in document.mapping(operation.node.get("responses")).items():
            yield from _of_response(document, operation, str(status), written)


def _of_response(document: Document, operation: Operation, status: str, written: object) -> Iterator[Problem]:
    for key, node in document.mapping(document.mapping(written).get("content")).items():
        holder = document.mapping(node)
        if "schema" not in holder or media.kind_of(media.parse(str(key)).essence) != "json":
            continue
        examples = examples_of(document, holder)
        if not examples:
            continue
        where = pointer("paths", operation.path, operation.method, "responses", status, "content", str(key))
        try:
            validator = document.responses.compile(holder["schema"])
        except (UnresolvableReference, ValueError) as error:
            yield Problem(document.name, where + "/schema", str(error))
            continue
        for name, value in examples.items():
            violations = validator.violations(value)
            if violations:
                first = violations[0]
                label = pointer("examples", name) if name else "/example"
                message = f"the example breaks its schema at {first.pointer or 'its top'}: {first.message[:160]}"
                yield Problem(document.name, where + label, message)
