"""Reading an answer that somebody sets: whether the document has it, and what its body breaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cierre.mocks.answering.operation import MockedOperation
from cierre.mocks.answering.selection import Selector, Unacceptable
from cierre.mocks.console.answers import SetAnswer
from cierre.mocks.console.calls import BODY, Call
from cierre.mocks.options import MockOptions
from cierre.mocks.preferences import Preferences, read_delay
from cierre.oas.document import Document
from cierre.oas.references import UnresolvableReference
from cierre.oas.structure import Operation
from cierre.oas.validation import Violation, media

# Of that one request, or written for each answer.
# The lowest status that is an answer by itself.
_FINAL = 200
_OWN = frozenset({"content-length", "content-encoding", "date", "mock-violations", "mock-answer-violations"})


def read_answer(document: Document, operation: Operation, given: Mapping[str, Any], options: MockOptions) -> SetAnswer:
    """An answer for an operation.

    Args:
        document: that the operation is of.
        operation: to be answered.
        given: of the shape of `Answer` in the API's document.
        options: of the mock.

    Raises:
        NotDocumented: the document has no such status, or no such example.
        ValueError: it cannot be understood.
    """
    if "delay" in given and read_delay(given["delay"]) is None:
        raise ValueError(f"{given['delay']!r} is no delay: 200ms, 1s or 200..800ms, an hour at the most")
    if "body" in given and "status" not in given:
        raise ValueError("a body needs the status that it is for")
    if "body" in given and "example" in given:
        raise ValueError("give a body or the name of an example, not both")
    selector = MockedOperation(document, operation, options).selector
    if "status" in given or "example" in given:
        try:
            selector.select("*/*", Preferences(code=given.get("status"), example=given.get("example")))
        except Unacceptable as error:
            raise ValueError(str(error)) from None
    violations = violations_of(document, selector, given) if "body" in given else ()
    return SetAnswer(given, violations=violations)


def same_again(call: Call) -> SetAnswer:
    """The answer of a request, once.

    Raises:
        ValueError: not all of its body is kept, or it was a WebSocket.
    """
    if call.status < _FINAL:
        raise ValueError("a WebSocket is nothing that could be answered again")
    if call.size > BODY:
        raise ValueError(f"of the {call.size} bytes of its body only {BODY} are kept")
    headers = {
        name.decode("latin-1"): text.decode("latin-1")
        for name, text in call.headers
        if name.decode("latin-1") not in _OWN
    }
    return SetAnswer({"status": call.status, "headers": headers, "times": 1}, content=call.body)


def violations_of(document: Document, selector: Selector, given: Mapping[str, Any]) -> tuple[Violation, ...]:
    """What the body of an answer breaks in the schema of its status."""
    response = selector.for_status(given["status"])
    content = response.content if response is not None else {}
    key = next((one for one in content if media.kind_of(media.parse(one).essence) == "json"), None)
    schema = document.mapping(content[key]).get("schema") if key is not None else None
    if schema is None:
        return ()
    try:
        return tuple(document.responses.compile(schema).violations(given["body"]))
    except (UnresolvableReference, ValueError):
        return ()
