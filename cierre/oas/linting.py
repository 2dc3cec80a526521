"""What is wrong with a contract, beyond its being readable: the standard, the examples, the rules of this house."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jsonschema_rs

from cierre.oas.document import Document
from cierre.oas.errors import Problem
from cierre.oas.examples import broken_examples
from cierre.oas.pointers import pointer
from cierre.oas.structure import is_swagger_2
from cierre.oas.validation import SchemaValidator
from cierre.phrases import Phrase

Json = dict[str, Any]
# From a document to pointer, rule and message of each finding.
Rules = Callable[[Json], Iterable[tuple[str, str, Phrase]]]
STANDARD = "openapi"
# Problems of one document: a longer list is not read.
_MOST = 10_000
# Of a message, in characters.
_LONGEST = 200
# What openapi-spec-validator says, which only knows English, and how we say it.
_SAID_BY_THE_STANDARD = {
    re.compile(r"Duplicate parameter '(?P<name>[^']*)'"): "parameter '{name}' is there twice",
    re.compile(r"Operation ID '(?P<id>[^']*)' for '(?P<method>\w+)' in '(?P<path>[^']*)' is not unique"): (
        "operationId '{id}' of '{method}' in '{path}' is not unique"
    ),
    re.compile(
        r"Path parameter '(?P<name>[^']*)' for '(?P<method>\w+)' operation in '(?P<path>[^']*)' was not resolved"
    ): ("path parameter '{name}' of '{method}' in '{path}' is not in the path, or not declared"),
    re.compile(r"Required list has not defined properties: (?P<names>.*)"): (
        "required names properties that are not defined: {names}"
    ),
    re.compile(r"Duplicate tag name '(?P<name>[^']*)'"): "tag '{name}' is there twice",
    re.compile(r"Tag '(?P<name>[^']*)' references unknown parent tag '(?P<parent>[^']*)'"): (
        "tag '{name}' has a parent that is not there: '{parent}'"
    ),
    re.compile(r"Circular tag hierarchy detected: (?P<tags>.*)"): "tags are their own parents: {tags}",
}
# How openapi-spec-validator names an operation.
_OPERATION = re.compile(r"'(?P<method>[a-z]+)'(?: operation)? in '(?P<path>/[^']*)'")


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
    standard = list(_against_the_standard(document.swagger or document))
    problems += standard
    problems += broken_examples(document)
    if rules and not problems:
        problems += [document.problem(where, message, rule) for where, rule, message in rules(dict(document.root))]
    return sorted(dict.fromkeys(problems), key=_in_order)


def _in_order(problem: Problem) -> tuple[str, list[int]]:
    """By file, line and column; what has none stays as it was found."""
    file, *numbers = problem.place.rsplit(":", 2)
    return (file, [int(number) for number in numbers]) if all(map(str.isdecimal, numbers)) else ("", [])


def _against_the_standard(document: Document) -> Iterator[Problem]:
    # Imported late: it takes a quarter of a second, which only lint should cost.
    import openapi_spec_validator as standard  # noqa: PLC0415

    known = {
        "2.0": (standard.OpenAPIV2SpecValidator, standard.schemas.schema_v2),
        "3.0": (standard.OpenAPIV30SpecValidator, standard.schemas.schema_v30),
        "3.1": (standard.OpenAPIV31SpecValidator, standard.schemas.schema_v31),
        "3.2": (standard.OpenAPIV32SpecValidator, standard.schemas.schema_v32),
    }
    version = "2.0" if is_swagger_2(document.root) else str(document.root.get("openapi", ""))
    if version[:3] not in known or version[3:4] not in {".", ""}:
        said = "swagger" if "swagger" in document.root else "openapi"
        message = "{version!r} is not OpenAPI 3.0, 3.1 or 3.2, nor Swagger 2.0"
        yield document.problem(pointer(said), Phrase(message, version=document.root.get(said)), STANDARD)
        return
    validator, schema = known[version[:3]]
    found = list(_against_its_schema(document, schema))
    yield from found
    yield from _against_its_text(document, validator, of_the_right_form=not found)


def _against_its_schema(document: Document, schema: Any) -> Iterator[Problem]:
    """What the standard's own JSON Schema refuses."""
    # The package's own validator does not tell why a oneOf fails.
    validator = SchemaValidator(jsonschema_rs.validator_cls_for(dict(schema))(dict(schema)))
    for where, message in validator.broken(document.root, most=_MOST):
        yield document.problem(where, message.shortened(_LONGEST), STANDARD)


def _against_its_text(document: Document, validator: Any, *, of_the_right_form: bool) -> Iterator[Problem]:
    """What the standard says in words: operationIds are unique, each variable of a path has its parameter."""
    instance = validator(document.root)
    try:
        for error in instance.root_validator(instance.schema_path):
            place = _OPERATION.search(error.message)
            path = error.absolute_path or ("paths", place["path"], place["method"]) if place else error.absolute_path
            yield document.problem(pointer(*path), _in_both_languages(error.message.partition("\n")[0]), STANDARD)
    except Exception as failure:  # noqa: BLE001 - it presupposes a document of the right form, and fails in any way
        if of_the_right_form:
            yield document.problem(
                "", Phrase("cannot be checked against the standard: {failure!r}", failure=failure), STANDARD
            )


def _in_both_languages(message: str) -> Phrase:
    """What openapi-spec-validator says; of a default that breaks its schema in English alone."""
    for pattern, template in _SAID_BY_THE_STANDARD.items():
        found = pattern.fullmatch(message)
        if found:
            return Phrase(template, **found.groupdict()).shortened(_LONGEST)
    return Phrase.of(message).shortened(_LONGEST)
