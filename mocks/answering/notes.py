"""What a request does that is no mistake and that its author may want to know: for the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cierre.oas.document import Document
from cierre.oas.structure import Operation
from cierre.oas.validation import RequestValidator, Validated
from cierre.oas.validation.json_schema import marked_names


class Notes:
    """The notes on requests of one operation.

    Args:
        document: that the operation is of.
        operation: of the document.
        validator: of its requests, None where there is none.

    Attributes:
        read_only: members of a request's body that are the server's to say: they may be sent and are not repeated.
        any: whether some request has a note.
    """

    def __init__(self, document: Document, operation: Operation, validator: RequestValidator | None) -> None:
        content = document.mapping(document.mapping(operation.node.get("requestBody")).get("content"))
        schemas = [document.resolve(document.mapping(media).get("schema")) for media in content.values()]
        self.read_only = frozenset(
            name for schema in schemas for name in marked_names(schema, "readOnly", document.resolve)
        )
        parameters = validator.parameters if validator is not None else []
        # With the defaults, which are there where nothing was sent.
        self._deprecated: dict[tuple[str, str], Any] = {
            (one.location, one.name): one.default for one in parameters if one.node.get("deprecated") is True
        }
        self.any = bool(self.read_only or self._deprecated)

    def of(self, validated: Validated) -> Iterator[str]:
        """The notes on one request."""
        if self.read_only and isinstance(validated.body, Mapping):
            sent = sorted(self.read_only.intersection(validated.body))
            if sent:
                yield f"readOnly, and sent: {', '.join(sent)}"
        for (place, name), default in self._deprecated.items():
            values = validated.parameters.get(place, {})  # type: ignore[call-overload]
            if name in values and values[name] != default:
                yield f"deprecated, and used: {name} in {place}"
