"""What has to hold before a thing is written: it is the version that the client knows, and its names are its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cierre.mocks.state.exchange import Exchange, matches, tag_of
from cierre.mocks.state.refused import CHANGED, TAKEN, UNCONDITIONAL, Refused
from cierre.mocks.state.resources import Resource
from cierre.mocks.state.store import Thing
from cierre.mocks.state.things import Things


def require_match(exchange: Exchange, thing: Thing, documented: Collection[str]) -> None:
    """The request's `If-Match`, where it has one, names this version of the thing.

    Args:
        exchange: that writes it.
        thing: as it is.
        documented: statuses of the operation: where 428 is among them, `If-Match` has to be there.

    Raises:
        Refused: it does not.
    """
    wanted = exchange.request.headers.get("if-match", "")
    if not wanted and "428" in documented:
        raise Refused(UNCONDITIONAL, "the request has no If-Match")
    if wanted and not matches(wanted, tag_of(thing)):
        raise Refused(CHANGED, f"its ETag is {tag_of(thing)}, and If-Match is {wanted[:100]}")


def require_unique(things: Things, resource: Resource, value: Any, own: Thing | None) -> None:
    """No other thing has what only one may have.

    Args:
        things: that are kept.
        resource: that the thing is of.
        value: that is to be kept.
        own: the thing that gets the value; None for a new one.

    Raises:
        Refused: another one has it.
    """
    for name in resource.unique:
        said = value.get(name) if isinstance(value, Mapping) else None
        for thing in things.things(resource) if said is not None else ():
            if thing is not own and isinstance(thing.value, Mapping) and thing.value.get(name) == said:
                raise Refused(TAKEN, f"{resource.name} has one with this {name} already")
