"""From a document to what its API keeps: collections and their items by paths, methods and schemas; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cierre.mocks.state.corrections import Corrections, ResourceCorrection
from cierre.mocks.state.grouping import Draft, Grouping
from cierre.mocks.state.listing_parameters import read_listing
from cierre.mocks.state.resources import Filter, Part, Resource, Role, StateModel, Steps, place_of
from cierre.mocks.state.shapes import Shapes, answer_schema, parameter_nodes, request_schema
from cierre.oas.document import Document
from cierre.oas.thing_names import plain, thing_of

# Members of which a second thing of the same value is refused, where making things may be answered with 409.
_UNIQUE = ("email", "emailaddress", "username", "login", "slug", "handle", "isbn", "sku", "hostname", "subdomain")


def infer(document: Document, corrections: Corrections | None = None) -> StateModel:
    """What the document's operations keep.

    Args:
        document: to look into.
        corrections: what its author, or a side file, says about it; they go before what is inferred.
    """
    return _Inference(document, corrections or Corrections()).model()


class _Inference:
    def __init__(self, document: Document, corrections: Corrections) -> None:
        self._document = document
        self._shapes = Shapes(document)
        self._grouping = Grouping(document, self._shapes, corrections)
        self._operations = self._grouping.operations

    def model(self) -> StateModel:
        parts: dict[str, Part] = {}
        resources: dict[str, Resource] = {}
        for draft in self._grouping.drafts():
            found = list(self._parts(draft))
            if found:
                resources[draft.name] = found[0].resource
                parts |= {part.operation.label: part for part in found}
        parts |= self._below(resources, parts)
        parts = {label: self._with_parent(part, resources) for label, part in parts.items()}
        labels = [one.label for one in self._document.operations()]
        return StateModel(resources, parts, tuple(label for label in labels if label not in parts))

    # What each operation sends and shows.

    def _parts(self, draft: Draft) -> Iterator[Part]:
        thing = thing_of(draft.path)
        schema = self._schema_of(draft, thing)
        members = self._shapes.members(schema)
        own = draft.correction.id or (() if draft.singleton else self._id_of(draft, schema, thing))
        makes_unknown = self._makes_unknown(draft)
        resource = Resource(
            name=draft.name,
            collections=tuple(dict.fromkeys(draft.collections)),
            items=tuple(draft.items),
            id=own,
            unique=self._unique(draft, members, own),
            writable=self._writable(draft, members, thing),
            singleton=draft.singleton,
            seeded=draft.correction.seed,
            makes=bool(draft.having("create")) or makes_unknown,
            lists=bool(draft.having("list")),
        )
        for label, role in draft.roles.items():
            operation = self._operations[label]
            part = Part(operation, role, resource, makes_unknown=makes_unknown and role == "replace")
            yield self._with_bodies(part, draft, members, thing)

    def _id_of(self, draft: Draft, schema: Any, thing: str) -> Steps:
        operation = next(
            (self._operations[label] for label in draft.roles if self._operations[label].path in draft.items), None
        )
        nodes = parameter_nodes(self._document, operation) if operation is not None else []
        schemas = [
            node.get("schema") for node in nodes if (node.get("in"), node.get("name")) == ("path", draft.parameter)
        ]
        types = self._shapes.types(schemas[0]) if schemas else frozenset()
        return self._shapes.id_of(schema, draft.parameter, thing, types)

    def _schema_of(self, draft: Draft, thing: str) -> Any:
        """The schema of a thing: as it is read, then as its making, its changing or its list shows it."""
        for label in draft.having("read", "create", "replace", "change"):
            schema = answer_schema(self._document, self._operations[label])
            steps = None if schema is None else self._shapes.thing(schema, draft.parameter, thing)
            found = None if steps is None else self._shapes.at(schema, steps)
            if found is not None and self._shapes.members(found):
                return found
        for label in draft.having("list"):
            schema = answer_schema(self._document, self._operations[label])
            steps = self._shapes.things(schema, thing)
            if steps is not None:
                return self._shapes.items(self._shapes.at(schema, steps))
        return {}

    def _with_bodies(self, part: Part, draft: Draft, members: Mapping[str, Any], thing: str) -> Part:
        schema = answer_schema(self._document, part.operation)
        correction = draft.correction
        shown: Steps | None = None
        if schema is not None and part.role == "list":
            shown = self._shapes.things(schema, thing) if correction.list_at is None else correction.list_at
            items = self._shapes.items(self._shapes.at(schema, shown)) if shown is not None else {}
            listing = read_listing(
                parameter_nodes(self._document, part.operation), self._shapes.members(items) or members
            )
            part = replace(part, listing=replace(listing, filters=_filters(listing.filters, correction)))
        elif schema is not None:
            shown = self._thing_at(schema, draft, members, thing, part.role)
        sent = self._shapes.sent(request_schema(self._document, part.operation), members, thing)
        return replace(part, shown=shown, sent=sent if correction.sent_at is None else correction.sent_at)

    def _thing_at(self, schema: Any, draft: Draft, members: Mapping[str, Any], thing: str, role: Role) -> Steps | None:
        if draft.correction.thing_at is not None:
            return draft.correction.thing_at
        if draft.singleton:
            return ()
        shown = self._shapes.thing(schema, draft.parameter, thing)
        if shown is None or role in {"read", "create"}:
            return shown
        # What deleting or changing answers may be about something else, such as `{"deleted": true}`.
        inner = self._shapes.members(self._shapes.at(schema, shown))
        common = members.keys() & inner.keys()
        return shown if len(common) * 2 > len(inner) or not inner else None

    def _makes_unknown(self, draft: Draft) -> bool:
        """Whether `PUT` makes what is not there: it documents 201, or nothing else makes things and it has no 404."""
        for label in [] if draft.singleton else draft.having("replace"):
            answers = {str(key) for key in self._document.mapping(self._operations[label].node.get("responses"))}
            if "201" in answers or not (draft.having("create") or "404" in answers):
                return True
        return False

    def _unique(self, draft: Draft, members: Mapping[str, Any], own: Steps) -> tuple[str, ...]:
        if draft.correction.unique is not None:
            return draft.correction.unique
        making = [self._operations[label] for label in draft.having("create")]
        if not any("409" in map(str, self._document.mapping(one.node.get("responses"))) for one in making):
            return ()
        return tuple(name for name in members if plain(name) in _UNIQUE and (name,) != own)

    def _writable(self, draft: Draft, members: Mapping[str, Any], thing: str) -> frozenset[str]:
        found: set[str] = set()
        for label in draft.having("create", "replace", "change"):
            schema = request_schema(self._document, self._operations[label])
            inner = self._shapes.at(schema, self._shapes.sent(schema, members, thing))
            found |= set(self._shapes.members(inner)) - self._shapes.marked(inner, "readOnly")
        return frozenset(found)

    # What is about something of a thing.

    def _below(self, resources: Mapping[str, Resource], parts: Mapping[str, Part]) -> dict[str, Part]:
        """Operations on something of a thing, such as `POST /books/{id}/publish`: the thing has to be there."""
        items = _items(resources)
        found = {}
        for label, operation in self._operations.items():
            parent = _parent(operation.path, items)
            if label not in parts and parent and not items[place_of(parent)].is_assumed:
                found[label] = Part(operation, "below", items[place_of(parent)], parent)
        return found

    @staticmethod
    def _with_parent(part: Part, resources: Mapping[str, Resource]) -> Part:
        items = _items(resources)
        parent = part.parent or _parent(part.operation.path, items)
        if not parent or items[place_of(parent)].is_assumed:
            return part
        return replace(part, parent=parent, parent_of=items[place_of(parent)])


def _items(resources: Mapping[str, Resource]) -> dict[str, Resource]:
    """The places of all things that have an id."""
    return {place_of(item): one for one in resources.values() for item in one.items if not one.singleton}


def _parent(path: str, items: Mapping[str, Resource]) -> str:
    """The longest beginning of a path that is the place of an item; "" where there is none."""
    while "/" in path:
        path = path.rpartition("/")[0]
        if place_of(path) in items:
            return path
    return ""


def _filters(inferred: Mapping[str, Filter], correction: ResourceCorrection) -> dict[str, Filter]:
    found = {name: one for name, one in inferred.items() if correction.filters.get(name, "") is not None}
    return found | {name: Filter(member) for name, member in correction.filters.items() if member is not None}
