"""The responses that one operation documents, in the order in which the mock prefers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cierre.mocks.answering.examples import examples_of, situations_of
from cierre.oas.document import Document
from cierre.oas.structure import Operation
from cierre.oas.validation import media

_METADATA = frozenset({"content-type", "content-length", "transfer-encoding", "content-encoding", "connection", "date"})


class DocumentedResponse(NamedTuple):
    """One entry of `responses`.

    Attributes:
        key: as written: `200`, `4XX`, `default`.
        status: to send; for a range its first, for `default` 200.
        content: media type → media type object.
        headers: name → header object, without those that the server itself writes.
        situations: the names that a response without a body has instead of examples.
    """

    key: str
    status: int
    content: Mapping[str, Any]
    headers: Mapping[str, Any]
    situations: list[str]

    def has_example(self, document: Document, name: str) -> bool:
        """Whether an example, or a situation, has this name."""
        if name in self.situations:
            return True
        return any(name in examples_of(document, each) for each in self.content.values())


def read_response(document: Document, key: str, written: Any, *, head: bool = False) -> DocumentedResponse:
    """A response object as the mock uses it.

    Args:
        document: that references are resolved in.
        key: that it stands under: a status, a range or `default`.
        written: the response object, or a reference to it.
        head: it answers HEAD, so it has no body whatever the document says.
    """
    node = document.mapping(written)
    status = _status_of(key)
    without_body = head or status in {204, 205, 304} or status < 200
    headers = {
        str(name): document.mapping(header)
        for name, header in document.mapping(node.get("headers")).items()
        if str(name).lower() not in _METADATA
    }
    content = {} if without_body else media.declared(document.mapping(node.get("content")))
    return DocumentedResponse(key, status, content, headers, situations_of(document, node))


def _status_of(key: str) -> int:
    if key.isdigit():
        return int(key)
    return int(key[0]) * 100 if key[:1].isdigit() else 200


def responses_of(document: Document, operation: Operation) -> list[DocumentedResponse]:
    """An operation's responses: successes first, by status; then redirects, `default`, and failures."""
    found = [
        read_response(document, str(key), written, head=operation.method == "head")
        for key, written in document.mapping(operation.node.get("responses")).items()
        if not str(key).startswith("x-") and _is_status(str(key))
    ]
    return sorted(found, key=_order)


def _is_status(key: str) -> bool:
    return key == "default" or (len(key) == 3 and key[0] in "2345")


def _order(response: DocumentedResponse) -> tuple[int, bool, int]:
    is_range = not response.key.isdigit()
    if response.key == "default":
        return 2, True, 0
    rank = {2: 0, 3: 1, 1: 3, 4: 4, 5: 5}[response.status // 100]
    # A status that is written out says more than a range: 201 goes before 2XX.
    return rank, is_range, response.status
