"""Requests and answers of one operation, held to the document as far as they were read."""

from __future__ import annotations

from collections.abc import Mapping

from cierre.mocks.answering.fitting import Candidate
from cierre.mocks.messages import MockRequest
from cierre.oas.references import UnresolvableReference
from cierre.oas.validation import ResponseValidator, UnsupportedMediaType, Violation, media, sequences

# What is checked of requests, and of answers; anything else is bytes to a schema.
_REQUESTS = frozenset({"json", "form", "multipart", "xml", "text"})
_ANSWERS = frozenset({"json", "xml", "text"})
# What makes a document unusable for a check was told when it was read.
_UNUSABLE = (UnresolvableReference, ValueError, AttributeError, KeyError, TypeError, RecursionError)


class Checks:
    """Of one request.

    Args:
        candidate: the operation, and the texts of the path parameters.
    """

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.operation, self._parameters = candidate

    def reads_request(self, content_type: str) -> bool:
        """Whether the body of a request of this type is checked."""
        validator = self.operation.validator
        if validator is None or not validator.supported:
            return False
        return media.kind_of(media.parse(content_type).essence) in _REQUESTS

    def request(self, request: MockRequest, *, whole: bool) -> list[Violation]:
        """What a request breaks.

        Args:
            request: with its body.
            whole: the body was read; otherwise nothing is said of it.
        """
        validator = self.operation.validator
        if validator is None:
            return []
        content_type = request.headers.get("content-type")
        try:
            found = validator.validate(
                self._parameters, request.query, request.headers, content_type, request.body if whole else b""
            ).violations
        except UnsupportedMediaType as error:
            message = f"{content_type or 'no Content-Type'} is not documented here, but {', '.join(error.supported)}"
            return [Violation("header", "/Content-Type", message, "mediaType")]
        except _UNUSABLE:
            return []
        return [one for one in found if whole or one.location != "body"]

    @staticmethod
    def reads_answer(content_type: str) -> bool:
        """Whether the body of an answer of this type is checked: streams of items are not waited for."""
        essence = media.parse(content_type).essence
        return media.kind_of(essence) in _ANSWERS and not sequences.is_sequence(essence)

    def answer(self, status: int, headers: Mapping[str, str], body: bytes | None) -> list[Violation]:
        """What an answer breaks.

        Args:
            status: of HTTP.
            headers: names in lower case.
            body: without its content coding; None: it was not read, and nothing is said of it.
        """
        document, operation = self.operation.document, self.operation.operation
        if not operation.node.get("responses"):
            return []
        try:
            found = ResponseValidator(
                document.root,
                operation.path,
                operation.method,
                version=document.version,
                compiler=document.responses,
                operation=operation.node,
            ).violations(status, headers, headers.get("content-type"), body or b"")
        except _UNUSABLE:
            return []
        return [one for one in found if body is not None or one.location != "body" or one.rule == "status"]


def unknown(request: MockRequest) -> list[Violation]:
    """What is not in the document; what a browser asks before a request is in none."""
    if request.method == "OPTIONS":
        return []
    return [Violation("path", "", f"{request.method} {request.path} is not in the document", "operation")]
