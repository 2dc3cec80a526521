"""Of operations whose paths have one shape, the one whose path parameters fit: `/files/{id}` and `/files/{name}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cierre.mocks.answering.operation import MockedOperation
from cierre.oas.document import Document
from cierre.oas.validation import Source

# Of a text: what tells it from any other text.
_LIMITS = ("enum", "const", "pattern", "format", "maxLength", "minLength")


class Candidate(NamedTuple):
    """An operation, and the texts of its path parameters by name."""

    operation: MockedOperation
    parameters: Mapping[str, str]


def fitting(candidates: Sequence[Candidate]) -> Candidate:
    """The candidate whose parameters' schemas take the texts; where several do, the one whose schemas say most.

    Where none does it is the first, which then refuses the request.
    """
    fit = [candidate for candidate in candidates if _fits(candidate)]
    return max(fit, key=_says) if fit else candidates[0]


def _fits(candidate: Candidate) -> bool:
    validator = candidate.operation.validator
    if validator is None:
        return True
    source = Source(candidate.parameters, {}, {}, {})
    return not any(one.read(source)[1] for one in validator.parameters if one.location == "path")


def _says(candidate: Candidate) -> int:
    """How narrow the schemas of the path parameters are: another type than text before a limited text."""
    validator = candidate.operation.validator
    parameters = validator.parameters if validator is not None else ()
    return sum(_narrowness(candidate.operation.document, one.schema) for one in parameters if one.location == "path")


def _narrowness(document: Document, written: object) -> int:
    schema = document.mapping(written)
    if schema.get("type", "string") != "string":
        return 2
    return 1 if any(name in schema for name in _LIMITS) else 0
