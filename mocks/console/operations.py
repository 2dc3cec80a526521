"""The document's operations as the page shows them: what each can answer, and a request for it that is valid."""

from __future__ import annotations

from typing import Any

from cierre.mocks.answering.examples import UNNAMED, examples_of
from cierre.mocks.answering.operation import MockedOperation
from cierre.mocks.answering.responses import DocumentedResponse
from cierre.mocks.console.sample import sample_request
from cierre.mocks.options import MockOptions
from cierre.oas.document import Document
from cierre.oas.pointers import pointer
from cierre.oas.structure import Operation


def listed(document: Document) -> list[dict[str, Any]]:
    """Each operation in short, in the order of the document."""
    return [_in_short(operation) for operation in document.operations()]


def find(document: Document, name: str) -> Operation | None:
    """The operation of an operationId, or of a method and path such as `GET /books`; None where there is none."""
    found = None
    for operation in document.operations():
        if operation.name == name:
            return operation
        if operation.label == name:
            found = operation
    return found


def described(document: Document, operation: Operation, options: MockOptions) -> dict[str, Any]:
    """What an operation can answer, by status and example, and a valid request for it."""
    mocked = MockedOperation(document, operation, options)
    responses = mocked.selector.responses
    request = sample_request(document, operation, mocked.validator, options.token)
    return {
        **_in_short(operation),
        "description": str(operation.node.get("description", "")),
        "place": document.place(_pointer(operation)),
        "answers": [
            {
                "status": status_of(one, responses),
                "key": one.key,
                "description": _description(document, operation, one.key),
                "mediaTypes": list(one.content),
                "examples": _examples(document, one),
            }
            for one in responses
        ],
        "request": {**request, "path": options.base_path + request["path"]},
    }


def status_of(response: DocumentedResponse, responses: list[DocumentedResponse]) -> int:
    """The status that asks for a response: its own; for `default` one that no other response has."""
    if response.key != "default":
        return response.status
    has_success = any(200 <= one.status < 300 and one.key != "default" for one in responses)
    return 500 if has_success else 200


def _in_short(operation: Operation) -> dict[str, Any]:
    tags = operation.node.get("tags")
    return {
        "operation": operation.name,
        "method": operation.method.upper(),
        "path": operation.path,
        "summary": str(operation.node.get("summary", "")),
        "tags": [str(tag) for tag in tags] if isinstance(tags, list) else [],
        "deprecated": operation.node.get("deprecated") is True,
    }


def _pointer(operation: Operation) -> str:
    return pointer("paths", operation.path, operation.method)


def _description(document: Document, operation: Operation, key: str) -> str:
    responses = document.mapping(operation.node.get("responses"))
    written = next((node for name, node in responses.items() if str(name) == key), None)
    return str(document.mapping(written).get("description", ""))


def _examples(document: Document, response: DocumentedResponse) -> list[str]:
    names = [name for node in response.content.values() for name in examples_of(document, node)]
    return list(dict.fromkeys(name for name in [*names, *response.situations] if name != UNNAMED))
