"""What validation says: violations, and the two refusals that end it early."""

from __future__ import annotations

from typing import Literal, NamedTuple

Location = Literal["body", "query", "header", "path", "cookie"]
Direction = Literal["request", "response"]
Version = Literal["3.0", "3.1"]


class Violation(NamedTuple):
    """One rule that a request or an answer breaks.

    Attributes:
        location: where the value was found.
        pointer: RFC 6901 into the body, "" for the whole of it; for a parameter its name is the first token.
        message: one sentence in English, naming the offending value.
        rule: the schema keyword that refused (`type`, `required`, …), or `malformed`, `charset`, `status` and
            `mediaType` where no schema was involved.
    """

    location: Location
    pointer: str
    message: str
    rule: str


class MalformedBody(ValueError):
    """The body cannot be read as what its Content-Type says. `message` is fit to be shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnsupportedMediaType(ValueError):
    """The body's Content-Type is none of the operation's (415).

    Attributes:
        supported: the media types that it reads, as the document writes them.
    """

    def __init__(self, supported: list[str]) -> None:
        super().__init__(", ".join(supported))
        self.supported = supported
