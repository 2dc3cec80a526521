"""A request to the mock, and its reply, as the parts of the mock pass them on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cierre.oas.validation import Violation

# Header fields as ASGI has them: names in lower case.
Headers = list[tuple[bytes, bytes]]


class MockRequest(NamedTuple):
    """A request that the mock received.

    Attributes:
        method: in upper case.
        path: percent-encoded, without the query.
        query: the raw query string, without its `?`.
        headers: names in lower case; fields of one name are joined.
        body: all of it, or one byte more than the limit.
        client: the address that it came from, "" where that is unknown.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes
    client: str = ""

    @property
    def url(self) -> str:
        """Of the request, with the scheme `http` and the host of its field Host."""
        query = f"?{self.query.decode('latin-1')}" if self.query else ""
        return f"http://{self.headers.get('host', 'localhost')}{self.path}{query}"


class MockReply(NamedTuple):
    """What the mock answers.

    Attributes:
        status: of HTTP.
        headers: Content-Type and Content-Length included.
        body: encoded.
        why: the reason for this very answer, in a few words for the log.
        value: of the body, before it was encoded.
        violations: what the request breaks in the document; also where the request was answered nevertheless.
        fault: `drop`, `truncate`, `slow` or `timeout`: how the connection fails; None where it does not.
        delay: seconds to wait before the reply is sent.
    """

    status: int
    headers: Headers
    body: bytes
    why: str
    value: Any = None
    violations: tuple[Violation, ...] = ()
    fault: str | None = None
    delay: float = 0.0

    def header(self, name: bytes) -> str:
        """The text of a header field, "" where it is not there; `name` is in lower case."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), "")
