"""One request and one reply, as the parts of the mock hand them on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cierre.oas.validation import Violation


class Request(NamedTuple):
    """What came in. Header names are lower case, `path` is percent-encoded, `query` raw."""

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes
    client: str = ""

    @property
    def url(self) -> str:
        query = f"?{self.query.decode('latin-1')}" if self.query else ""
        return f"http://{self.headers.get('host', 'localhost')}{self.path}{query}"


class Reply(NamedTuple):
    """What goes out.

    Attributes:
        headers: as ASGI wants them.
        why: this answer, in a few words for the log.
        value: of the body, before it was encoded.
        violations: what the request breaks; also where that was let pass.
        fault: how the answer is spoiled on its way, None for not at all.
        delay: seconds to wait before it is sent.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    why: str
    value: Any = None
    violations: tuple[Violation, ...] = ()
    fault: str | None = None
    delay: float = 0.0

    def header(self, name: bytes) -> str:
        return next((value.decode("latin-1") for key, value in self.headers if key == name), "")
