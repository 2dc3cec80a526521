"""What a handler's arguments are: parts of the request, and the path and query parameters in snake_case."""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, NamedTuple

from cierre.http.request import Request
from cierre.oas.validation.violations import Location
from cierre.outcomes import Outcome

Handler = Callable[..., Awaitable[Outcome]]

# What a handler may ask for besides its parameters, by the name of the argument.
PARTS: dict[str, Callable[[Request], Any]] = {
    "request": lambda request: request,
    "body": attrgetter("json"),
    "principal": attrgetter("principal"),
}
# Header and cookie parameters are read by whom they concern; `request.headers` has the rest.
PASSED = ("path", "query")
_NEW_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Source(NamedTuple):
    """Where an argument comes from: a parameter of the contract, by place and name."""

    location: Location
    name: str


def snake_case(name: str) -> str:
    """The argument of a parameter: `sessionId` → `session_id`; a keyword of Python gets an underscore: `from_`."""
    words = re.sub(r"\W+", "_", _NEW_WORD.sub("_", name)).strip("_").lower()
    return f"{words}_" if keyword.iskeyword(words) else words


def sources(parameters: Iterable[Mapping[str, Any]]) -> dict[str, Source]:
    """The path and query parameters of an operation, by the argument that each becomes."""
    return {snake_case(one["name"]): Source(one["in"], one["name"]) for one in parameters if one["in"] in PASSED}


class Arguments:
    """The arguments of one handler, read from its signature once.

    Args:
        parameters: of the operation, without references.
    """

    def __init__(self, handler: Handler, parameters: Iterable[Mapping[str, Any]]) -> None:
        known = sources(parameters)
        names = inspect.signature(handler).parameters
        self._parts = [(name, PARTS[name]) for name in names if name in PARTS]
        self._sources = [(name, known[name]) for name in names if name not in PARTS]

    def of(self, request: Request) -> dict[str, Any]:
        """The arguments for a request that was validated; a parameter that was not sent is left out."""
        given = {name: read(request) for name, read in self._parts}
        for name, (location, parameter) in self._sources:
            values = request.parameters.get(location, {})
            if parameter in values:
                given[name] = values[parameter]
        return given
