"""A request for the API of the page, as its operations take it, and what they answer with."""

from __future__ import annotations

from typing import Any, NamedTuple

from cierre.mocks.console.board import Board
from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import MockReply
from cierre.mocks.options import MockOptions
from cierre.oas.document import Document
from cierre.server.protection import NO_PAGE


class Asked(NamedTuple):
    """A request for the API.

    Attributes:
        board: what the mock holds for those who look.
        document: that the mock answers from.
        options: of the mock.
        counts: how many things each collection has; None where the mock keeps no state.
        values: of the parameters, by name.
        body: of the request, decoded.
    """

    board: Board
    document: Document
    options: MockOptions
    counts: dict[str, int] | None
    values: dict[str, Any]
    body: Any

    @property
    def session(self) -> str:
        """Whose requests are meant; "": everybody's."""
        return str(self.values.get("Mock-Session", ""))


def json_reply(value: Any) -> MockReply:
    """JSON that nobody keeps."""
    return text_reply(write_json(value))


def text_reply(body: bytes, *headers: tuple[bytes, bytes]) -> MockReply:
    """The text of a JSON value, which nobody keeps; with header fields more."""
    fields = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *headers,
        *NO_PAGE,
    ]
    return MockReply(200, fields, body, "of the mock itself")


def done(why: str) -> MockReply:
    """That it was done, without a body."""
    return MockReply(204, [*NO_PAGE], b"", why)
