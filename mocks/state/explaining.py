"""`--explain`: what was inferred of a document, for its author to read and to correct."""

from __future__ import annotations

from collections.abc import Iterator

from cierre.mocks.state.resources import Filter, Listing, Part, Resource, StateModel, Steps
from cierre.mocks.state.things import Things

_SIGNS = {"eq": "=", "ne": "≠", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤", "contains": "contains"}


def explain(things: Things) -> Iterator[str]:
    """Each resource with what is done with it, then the operations that keep no state, as lines of text.

    Args:
        things: of the document, at their beginning.
    """
    model = things.model
    for resource in model.resources.values():
        yield from _resource(model, resource, len(things.things(resource)))
        yield ""
    if model.stateless:
        yield f"without state: {len(model.stateless)} operations"
        yield from (f"  {label}" for label in model.stateless)


def _resource(model: StateModel, resource: Resource, begins_with: int) -> Iterator[str]:
    kind = "one" if resource.singleton else "collection"
    yield f"{resource.name}: {kind} at {', '.join(dict.fromkeys((*resource.collections, *resource.items)))}"
    if not resource.singleton:
        yield f"  id        {'.'.join(resource.id) or 'no member of a thing; Location has it'}"
    if resource.unique:
        yield f"  unique    {', '.join(resource.unique)}"
    for part in model.parts_of(resource):
        yield f"  {part.role:9} {part.operation.label}{_details(part)}"
    if resource.is_assumed:
        yield "  begins    as the document shows it: nothing makes one, so any is there until it is deleted"
    else:
        yield f"  begins    with {begins_with}"


def _details(part: Part) -> str:
    found = []
    if part.sent:
        found.append(f"sent in {_at(part.sent)}")
    if part.shown and part.role != "below":
        found.append(f"shown in {_at(part.shown)}")
    if part.makes_unknown:
        found.append("makes what is not there")
    found += _listing(part.listing)
    return f" ({'; '.join(found)})" if found else ""


def _at(steps: Steps) -> str:
    return ".".join(steps)


def _listing(listing: Listing) -> Iterator[str]:
    if listing.filters:
        yield "filters " + ", ".join(_filter(name, one) for name, one in listing.filters.items())
    if listing.search:
        yield f"search {', '.join(listing.search)}"
    paging = (listing.page, listing.size, listing.offset, listing.cursor, listing.after, listing.before)
    if any(paging):
        yield f"paging {', '.join(name for name in paging if name)}"
    if listing.sort or listing.direction:
        yield f"sorting {', '.join(name for name in (listing.sort, listing.direction) if name)}"


def _filter(name: str, one: Filter) -> str:
    member = ".".join(one.member)
    return name if (member, one.operator) == (name, "eq") else f"{name} ({member} {_SIGNS[one.operator]})"
