"""Where in the document the broken promise stands, as a JSON pointer (RFC 6901)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemathesis.core.failures import Failure, MalformedJson, ServerError
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response, status_code_matches
from schemathesis.generation.case import Case
from schemathesis.openapi.checks import (
    AllowHeaderMismatch,
    ContentDeserializationError,
    IgnoredAuth,
    JsonSchemaError,
    MissingContentType,
    MissingHeaderNotRejected,
    MissingHeaders,
    UndefinedContentType,
    UndefinedStatusCode,
    UnsupportedMethodResponse,
)

from cierre.oas.navigation import Json, Step, find, pointer


class BrokenClause(Failure):
    """A failure of one of our own checks: it knows which clause it is about.

    Args:
        rule: a stable name; one operation has one finding a rule.
        clause: steps from the response object of the status, or a whole pointer that starts with `#`.
    """

    code = "CI901"
    __slots__ = ("clause", "rule")

    def __init__(
        self, *, operation: str, rule: str, title: str, message: str, clause: Sequence[Step] | str = ()
    ) -> None:
        super().__init__(operation=operation, title=title, message=message)
        self.rule = rule
        self.clause = clause

    @property
    def _unique_key(self) -> str:
        return self.rule


def clause_of(  # noqa: PLR0911 - a table, one line a kind
    document: Json, case: Case[Any], failure: Failure, response: Response | None
) -> str:
    """The clause that `failure` is about."""
    operation: tuple[Step, ...] = ("paths", case.operation.path, case.operation.method.lower())
    if isinstance(failure, BrokenClause) and isinstance(failure.clause, str):
        return failure.clause
    if isinstance(failure, UnsupportedMethodResponse | AllowHeaderMismatch):
        return pointer(document, "paths", case.operation.path)
    if isinstance(failure, IgnoredAuth):
        return security_pointer(document, operation)
    if isinstance(failure, MissingHeaderNotRejected):
        return _parameter(document, operation, failure.header_name, "header")
    answer = None if response is None else answer_steps(document, operation, response.status_code)
    if answer is None or response is None or isinstance(failure, UndefinedStatusCode):
        return pointer(document, *operation, "responses")
    if isinstance(failure, BrokenClause | ServerError):
        return pointer(document, *answer, *getattr(failure, "clause", ()))
    return _by_kind(document, operation, answer, case, failure, response)


def _by_kind(
    document: Json,
    operation: tuple[Step, ...],
    answer: tuple[Step, ...],
    case: Case[Any],
    failure: Failure,
    response: Response,
) -> str:
    if isinstance(failure, MissingHeaders):
        return pointer(document, *answer, "headers", failure.missing_headers[0])
    if isinstance(failure, UndefinedContentType | MissingContentType):
        return pointer(document, *answer, "content")
    if isinstance(failure, JsonSchemaError) and "header" in failure.title:
        return pointer(document, *answer, "headers")
    content = (*answer, "content", _documented_type(document, answer, response))
    if isinstance(failure, JsonSchemaError):
        return pointer(document, *content, "schema", *_unbundled(failure))
    if isinstance(failure, MalformedJson | ContentDeserializationError):
        return pointer(document, *content)
    return _generated_part(document, operation, case)


def _unbundled(failure: JsonSchemaError) -> list[Step]:
    """The path in the schema, without the places where schemathesis bundles the targets of references."""
    path: list[Step] = []
    for step in failure.schema_path:
        path.append(step)
        if len(path) > 1 and path[-2] == "x-bundled":
            del path[-2:]
    return path


def _generated_part(document: Json, operation: tuple[Step, ...], case: Case[Any]) -> str:
    """The parameter or the body that the generated case is about."""
    data = case.meta.phase.data if case.meta is not None else None
    if data is None or data.parameter_location is None:
        return pointer(document, *operation)
    if data.parameter_location is ParameterLocation.BODY:
        return pointer(document, *operation, "requestBody", "content", case.media_type or "", "schema")
    return _parameter(document, operation, data.parameter or "", str(data.parameter_location.value))


def _parameter(document: Json, operation: tuple[Step, ...], name: str, location: str) -> str:
    for base in (operation, operation[:2]):
        for index, parameter in enumerate(find(document, *base, "parameters") or ()):
            target = find(document, *base, "parameters", index) or parameter
            if target.get("name", "").lower() == name.lower() and target.get("in") == location:
                return pointer(document, *base, "parameters", index)
    if name.lower() == "authorization":
        return security_pointer(document, operation)
    return pointer(document, *operation)


def security_pointer(document: Json, operation: tuple[Step, ...]) -> str:
    """Where the credentials are demanded: at the operation, or for all of them."""
    own = find(document, *operation, "security") is not None
    return pointer(document, *(operation if own else ()), "security")


def answers_pointer(document: Json, label: str) -> str:
    """Where the answers of an operation stand; of one that the document has not, where operations stand.

    Args:
        label: `METHOD /path`.
    """
    method, _, path = label.partition(" ")
    steps = ("paths", path, method.lower(), "responses")
    return pointer(document, *(steps if find(document, *steps) is not None else steps[:1]))


def answer_steps(document: Json, operation: tuple[Step, ...], status: int) -> tuple[Step, ...] | None:
    """Steps to the response object that documents `status`: the exact code first, then `4XX`, then `default`."""
    written = find(document, *operation, "responses") or {}
    for code in sorted(written, key=lambda code: (code == "default", "X" in str(code).upper())):
        if status_code_matches(str(code), status):
            return (*operation, "responses", code)
    return None


def _documented_type(document: Json, answer: tuple[Step, ...], response: Response) -> str:
    content = find(document, *answer, "content") or {}
    sent = (response.headers.get("content-type") or [""])[0].split(";")[0].strip().lower()
    return sent if sent in content else next(iter(content), sent)
