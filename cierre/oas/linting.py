"""What is wrong with a contract, beyond its being readable: the standard, the examples, the rules of this house."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from cierre.oas.examples import broken_examples

Json = dict[str, Any]
# From a document to pointer, rule and message of each finding.
Rules = Callable[[Json], Iterable[tuple[str, str, str]]]


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes:
        pointer: where, as a JSON pointer (RFC 6901) into the loaded document.
        rule: the rule's name: `openapi`, `example`, or one of the rules given to `lint`.
        message: what is wrong, in a sentence.
    """

    pointer: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message} [{self.rule}]"


def lint(document: Json, *, rules: Rules | None = None) -> list[Problem]:
    """Everything that is wrong with a document, in the order of the document.

    Args:
        document: as `load` gives it.
        rules: what is asked of the document beyond the standard and its examples.
    """
    standard = [*_against_the_standard(document)]
    if standard:
        # Examples and rules presuppose a document of the right form.
        return standard
    problems = [Problem(pointer, "example", message) for pointer, message in broken_examples(document)]
    return problems + [Problem(*finding) for finding in rules(document)] if rules else problems


def _against_the_standard(document: Json) -> Iterator[Problem]:
    # Imported late: it takes a quarter of a second, which only lint should cost.
    from openapi_spec_validator import (  # noqa: PLC0415
        OpenAPIV30SpecValidator,
        OpenAPIV31SpecValidator,
    )

    version = str(document.get("openapi", ""))
    if not version.startswith(("3.0.", "3.1.")):
        said = "swagger" if "swagger" in document else "openapi"
        yield Problem(f"/{said}", "openapi", f"{document.get(said)!r} is not OpenAPI 3.0 or 3.1")
        return
    validator = OpenAPIV30SpecValidator if version.startswith("3.0.") else OpenAPIV31SpecValidator
    for error in validator(document).iter_errors():
        pointer = "".join(f"/{str(token).replace('~', '~0').replace('/', '~1')}" for token in error.absolute_path)
        # Below its first line the message repeats the whole object.
        yield Problem(pointer, "openapi", error.message.partition("\n")[0])
