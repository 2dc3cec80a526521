"""One request to an operation that keeps state, and what HTTP says of versions and places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from cierre.mocks.messages import Headers, MockRequest
from cierre.mocks.preferences import Preferences
from cierre.mocks.state.resources import Part, filled
from cierre.mocks.state.store import Thing
from cierre.oas.validation import Validated


class Exchange(NamedTuple):
    """What is known of a request that conforms to the document.

    Attributes:
        request: as it was received.
        path: name → text of its path parameters.
        texts: the same without their styles: `7` of `;id=7`.
        validated: parameters and body by their schemas.
        preferences: of the request.
    """

    request: MockRequest
    path: Mapping[str, str]
    texts: dict[str, str]
    validated: Validated
    preferences: Preferences

    @property
    def accept(self) -> str:
        """The field Accept, "" for none."""
        return self.request.headers.get("accept", "")

    @property
    def query(self) -> dict[str, Any]:
        """The query's parameters by their schemas, and their defaults."""
        return dict(self.validated.parameters.get("query", {}))

    @property
    def asked(self) -> frozenset[str]:
        """The names that the query itself has: `created` of `created[gte]=7`, too."""
        pairs = parse_qsl(self.request.query.decode("latin-1"), keep_blank_values=True)
        return frozenset(part for name, _ in pairs for part in (name, name.partition("[")[0]))


def texts_of(path: Mapping[str, str], validated: Validated) -> dict[str, str]:
    """The texts of path parameters, as ids are compared."""
    typed = validated.parameters.get("path", {})
    read = {
        name: value for name, value in typed.items() if isinstance(value, (str, int)) and not isinstance(value, bool)
    }
    return {name: str(read.get(name, text)) for name, text in path.items()}


def tag_of(thing: Thing) -> str:
    """The ETag of a thing: another one for each version."""
    return f'"{thing.number}-{thing.version}"'


def matches(field: str, tag: str) -> bool:
    """Whether a field If-Match or If-None-Match names the tag (RFC 9110, section 13.1)."""
    listed = [one.strip().removeprefix("W/") for one in field.split(",")]
    return "*" in listed or tag in listed


def location(exchange: Exchange, part: Part, thing: Thing, documented: Headers) -> Headers:
    """The field Location of a thing that was made; none where it has no path of its own.

    Args:
        exchange: that made it.
        part: what the operation does.
        thing: that was made.
        documented: the answer's fields without any state: where its Location is a URL with a host, this is one.
    """
    own = next((path for item in part.resource.items if (path := filled(item, thing.scope, thing.id))), None)
    if own is None:
        return []
    shown = next((text for name, text in documented if name == b"location"), b"")
    path = _base(exchange.request.path, part.operation.path) + own
    host = f"{exchange.request.scheme}://{exchange.request.headers.get('host', 'localhost')}" if b"://" in shown else ""
    return [(b"location", f"{host}{path}".encode("latin-1", "replace"))]


def _base(path: str, written: str) -> str:
    """What stands before an operation's path in a request's: the base path of a server, or nothing."""
    more = len(path.split("/")) - len(written.split("/"))
    return "/".join(path.split("/")[: more + 1]) if more > 0 else ""
