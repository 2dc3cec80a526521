"""Failures that are none, since the contract does not speak of what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from schemathesis.core.failures import AcceptedNegativeData, Failure, ServerError
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import (
    AllowHeaderMismatch,
    EnsureResourceAvailability,
    IgnoredAuth,
    MissingHeaderNotRejected,
    RejectedPositiveData,
    UndefinedStatusCode,
    UnsupportedMethodResponse,
    UseAfterFree,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.exchanges import sent_body
from cierre.contract_tests.resources.conflicts import is_conflict
from cierre.contract_tests.run import Run
from cierre.oas.structure import operations, walk
from cierre.oas.validation import RequestValidator, UnsupportedMediaType

NOT_IMPLEMENTED, TOO_MANY = 501, 429
_JUDGED_BY_STATUS = (
    AllowHeaderMismatch,
    MissingHeaderNotRejected,
    RejectedPositiveData,
    UnsupportedMethodResponse,
)
_FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})
_LIMITS = {"int32": 2**31, "int64": 2**63}
_LONGEST = 300
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")


def leave_out_unspoken(run: Run, schema: OpenApiSchema) -> None:
    """Let no check of `schema` report what the contract does not speak of."""
    largest = _largest_integer(run)

    def filter_failure(_context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
        return not _is_unspoken(run, failure, case, response, largest)

    schema.hook(filter_failure)


def _is_unspoken(run: Run, failure: Failure, case: Case[Any], response: Response, largest: int) -> bool:
    refused = 400 <= response.status_code < 500 or response.status_code == NOT_IMPLEMENTED
    if response.status_code == TOO_MANY and isinstance(failure, _JUDGED_BY_STATUS):
        # What the request itself would have been answered with, a refusal for too many does not say.
        return True
    if (
        refused
        and not _describes(case, response.status_code)
        and str(response.request.method).upper() != case.operation.method.upper()
    ):
        # An operation's answers are not those to another method.
        return not isinstance(failure, UnsupportedMethodResponse | AllowHeaderMismatch | ServerError)
    if isinstance(failure, UndefinedStatusCode) and refused and run.examples_only:
        # A mock has to refuse what breaks the document even where the document has no word for it.
        return True
    if isinstance(failure, AcceptedNegativeData):
        return _breaks_the_body_alone(case) and _is_fine_on_the_wire(run, case, response) is True
    if isinstance(failure, RejectedPositiveData):
        return (
            _takes_a_value_of_another_type(case)
            or not _has_success(case)
            or _is_fine_on_the_wire(run, case, response) is False
            or _has_a_number_from(largest, case)
            or is_conflict(run, case, response)
        )
    # A mock keeps nothing, so nothing of what was made or deleted before.
    return isinstance(failure, IgnoredAuth | UseAfterFree | EnsureResourceAvailability) and run.examples_only


def _describes(case: Case[Any], status: int) -> bool:
    """Whether the operation says what the body of an answer of this very status is."""
    if str(status) not in case.operation.responses.status_codes:
        return False
    found = case.operation.responses.find_by_status_code(status)
    return found is not None and bool(found.definition.get("content"))


def _has_success(case: Case[Any]) -> bool:
    """Whether the contract has an answer that accepts a request: some operations list their failures alone."""
    return any(str(key)[0] in "123d" for key in case.operation.responses.status_codes)


def _breaks_the_body_alone(case: Case[Any]) -> bool:
    places = [place for place in ParameterLocation if case.meta is not None and case.meta.is_negative_at(place)]
    return places == [ParameterLocation.BODY]


def _is_fine_on_the_wire(run: Run, case: Case[Any], response: Response) -> bool | None:
    """Whether a body without the types of JSON, as it was sent, breaks nothing; None of any other body that was sent.

    On the wire a list of one is a value, an empty list is nothing, a number is a text, and no field of a form is the
    same as no body at all. An empty element of XML is an empty object as well as an empty text.
    """
    sent = sent_body(response.request)
    if not sent:
        return not any(body.is_required for body in case.operation.body)
    media_type = str(case.media_type).partition(";")[0].strip().lower()
    if media_type not in _FORMS and not media_type.endswith(("/xml", "+xml")):
        return None
    label = case.operation.label
    operation = next((one for one in operations(run.document) if one.label == label), None)
    if operation is None:
        return None
    validator = RequestValidator(
        run.document,
        operation.path,
        operation.method,
        version="3.0" if str(run.document.get("openapi", "")).startswith("3.0") else "3.1",
        path_item=operation.path_item,
        operation=operation.node,
    )
    try:
        kind = str(response.request.headers.get("Content-Type") or "")
        found = validator.validate({}, b"", {}, kind, sent).violations
    except (UnsupportedMediaType, ValueError, LookupError):
        return None
    return not any(violation.location == "body" for violation in found)


def _largest_integer(run: Run) -> int:
    """What an integer of the document's shortest format, `int32` or `int64`, stays below."""
    schemas = (spot.node for spot in walk(run.document) if spot.kind == "schema" and isinstance(spot.node, dict))
    return _LIMITS["int32" if any(schema.get("format") == "int32" for schema in schemas) else "int64"]


def _has_a_number_from(largest: int, case: Case[Any]) -> bool:
    """Whether a number is as large as no integer of the document's formats: those made up are any."""
    numbers = _numbers([case.path_parameters, case.query, case.headers, case.cookies, case.body])
    return max(map(abs, numbers), default=0) >= largest


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value
    elif isinstance(value, str) and _NUMBER.fullmatch(value) and len(value) < _LONGEST:
        yield float(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner)


def _takes_a_value_of_another_type(case: Case[Any]) -> bool:
    """Whether a number of the path is none: links that schemathesis infers put any value in any place."""
    numbers = {
        parameter.name
        for parameter in case.operation.path_parameters
        if (parameter.definition.get("schema") or {}).get("type") in {"integer", "number"}
    }
    values = (str(value) for name, value in (case.path_parameters or {}).items() if name in numbers)
    return any(not _NUMBER.fullmatch(value) for value in values)
