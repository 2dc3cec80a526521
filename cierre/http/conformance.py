"""Answers against the contract, for tests and `--validate-responses`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cierre.dialects.negotiation import VENDOR_TYPES
from cierre.dialects.rendering import JSON
from cierre.http.answers import Answer
from cierre.http.representation import negotiate
from cierre.http.request import Request
from cierre.oas.validation import ResponseValidator


class Conformance:
    """Checks every answer of a documented operation: status, headers, media type (what Accept asked for, too), body."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._validators = {
            operation["operationId"]: ResponseValidator(document, path, method)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if isinstance(operation, dict) and "operationId" in operation
        }

    def violations(self, request: Request, answer: Answer) -> list[str]:
        """What is wrong with the answer, in words; nothing: it conforms."""
        if request.operation is None:
            return []
        headers = {name.lower(): value for name, value in answer.headers}
        content_type = headers.get("content-type")
        documented = _documented_type(request, content_type)
        found = self._validators[request.operation].violations(answer.status, headers, documented, answer.body)
        wrong = [f"{one.location}{one.pointer}: {one.message}" for one in found]
        if answer.status < 400 and content_type and not _accepted(request, content_type):
            wrong.append(f"{content_type} was not asked for")
        return wrong


def _documented_type(request: Request, content_type: str | None) -> str | None:
    """Where client or host chose the dialect, its shape comes as plain JSON: the contract has it as a vendor type."""
    vendor = f"application/vnd.cierre.{negotiate(request).dialect}+json"
    return vendor if content_type == JSON and vendor in VENDOR_TYPES else content_type


def _accepted(request: Request, content_type: str) -> bool:
    accept = request.headers.get("accept", "").strip(", \t").lower() or "*/*"
    content_type = content_type.partition(";")[0]
    kind = content_type.partition("/")[0]
    # A client that accepts problem details for failures gets its successes as JSON.
    wanted = (content_type, f"{kind}/*", "*/*", "application/problem+json")
    return any(one in accept for one in wanted)
