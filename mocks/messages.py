"""A request to the mock, and its reply, as the parts of the mock pass them on."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NamedTuple

from cierre.oas.validation import Violation

# Header fields as ASGI has them: names in lower case.
Headers = list[tuple[bytes, bytes]]
# The field, or the cookie, that names the test, the person or the page that a request is of.
SESSION = "mock-session"
_COOKIE = re.compile(r"(?:^|;\s*)mock-session=([^;]*)", re.IGNORECASE)
# Of ASGI.
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class MockRequest(NamedTuple):
    """A request that the mock received.

    Attributes:
        method: in upper case.
        path: percent-encoded, without the query.
        query: the raw query string, without its `?`.
        headers: names in lower case; fields of one name are joined.
        body: all of it; what was read of it where it is too large.
        client: the address that it came from, "" where that is unknown.
        server: the address that it arrived at, "" where that is unknown.
        too_large: the body has more bytes than the limit.
        scheme: `http` or `https`.
        root: what the mock's own routes begin with before `/__mock/`, "" in most.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes
    client: str = ""
    server: str = ""
    too_large: bool = False
    scheme: str = "http"
    root: str = ""

    @property
    def url(self) -> str:
        """Of the request, with the host of its field Host."""
        query = f"?{self.query.decode('latin-1')}" if self.query else ""
        return f"{self.scheme}://{self.headers.get('host', 'localhost')}{self.path}{query}"

    @property
    def session(self) -> str:
        """The field Mock-Session, else the cookie of that name; "" for none."""
        named = self.headers.get(SESSION, "")
        if named or "cookie" not in self.headers:
            return named
        found = _COOKIE.search(self.headers["cookie"])
        return found[1].strip() if found else ""


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
        stream: sends the whole reply itself, until the client goes; None: the reply is what stands here.
    """

    status: int
    headers: Headers
    body: bytes
    why: str
    value: Any = None
    violations: tuple[Violation, ...] = ()
    fault: str | None = None
    delay: float = 0.0
    stream: Callable[[Receive, Send], Awaitable[None]] | None = None

    def header(self, name: bytes) -> str:
        """The text of a header field, "" where it is not there; `name` is in lower case."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), "")
