"""What is wrong with a contract, beyond its being readable: the standard, the examples, the rules of this house."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cierre.oas.collecting import uncollected
from cierre.oas.document import Document
from cierre.oas.errors import Problem
from cierre.oas.examples import broken_examples
from cierre.oas.pointers import pointer
from cierre.oas.standard import VERSIONS, broken_form, broken_words
from cierre.oas.structure import is_swagger_2
from cierre.phrases import Phrase

Json = dict[str, Any]
# From a document to pointer, rule and message of each finding.
Rules = Callable[[Json], Iterable[tuple[str, str, Phrase]]]
STANDARD = "openapi"
# Of a message, in characters.
_LONGEST = 200


@uncollected()
def lint(document: Document, *, rules: Rules | None = None) -> list[Problem]:
    """Everything that is wrong with a document, by file, line and column.

    A document of Swagger 2.0 is held to its own standard; its examples to the schemas that it is converted to.

    Args:
        document: as `read` gives it; what could not be read of it is told as well.
        rules: what is asked of the document beyond the standard and its examples, once it has the right form.
    """
    problems = [*document.problems]
    if not document.root:
        return problems
    problems += _against_the_standard(document.swagger or document)
    problems += broken_examples(document)
    if rules and not problems:
        problems += [document.problem(where, message, rule) for where, rule, message in rules(dict(document.root))]
    return sorted(dict.fromkeys(problems), key=_in_order)


def _in_order(problem: Problem) -> tuple[str, list[int]]:
    """By file, line and column; what has none stays as it was found."""
    file, *numbers = problem.place.rsplit(":", 2)
    return (file, [int(number) for number in numbers]) if all(map(str.isdecimal, numbers)) else ("", [])


def _against_the_standard(document: Document) -> Iterator[Problem]:
    said = "swagger" if "swagger" in document.root else "openapi"
    written = "2.0" if is_swagger_2(document.root) else str(document.root.get("openapi", ""))
    version = written[:3]
    if version not in VERSIONS or written[3:4] not in {".", ""}:
        message = "{version!r} is not OpenAPI 3.0, 3.1 or 3.2, nor Swagger 2.0"
        yield document.problem(pointer(said), Phrase(message, version=document.root.get(said)), STANDARD)
        return
    for found in (broken_form, broken_words):
        for where, message in found(document, version):
            yield document.problem(where, message.shortened(_LONGEST), STANDARD)
