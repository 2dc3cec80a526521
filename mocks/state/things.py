"""The things of a document's resources: what they begin with, what was made since, and the ids of new ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cierre.mocks.answering.echo import echo
from cierre.mocks.answering.selection import Unacceptable
from cierre.mocks.generation.values import valid_value
from cierre.mocks.options import MockOptions
from cierre.mocks.preferences import NONE
from cierre.mocks.state.answers import answers_of
from cierre.mocks.state.corrections import read_corrections
from cierre.mocks.state.data_files import Rows, members_of, read_data
from cierre.mocks.state.inference import infer
from cierre.mocks.state.lists import member_at
from cierre.mocks.state.resources import Part, Resource, Scope, place_of, scope_of, variables
from cierre.mocks.state.seeding import examples_for
from cierre.mocks.state.sessions import Sessions
from cierre.mocks.state.shapes import Shapes, parameter_nodes
from cierre.mocks.state.shaping import Shaper, placed
from cierre.mocks.state.store import Store, Thing
from cierre.oas.document import Document
from cierre.oas.thing_names import plain, thing_of
from cierre.oas.validation.coercion import TextCoercer

_TRIES = 20


class Things:
    """The things of a document's resources.

    Args:
        document: to infer from.
        options: of the mock.
        store: that keeps the things; in memory where it is None.
        data: what the resources begin with, as `read_data` takes it; the document's examples where it is None.
        corrections: a file of the shape of `x-cierre-state`.

    Raises:
        BrokenDocument: the corrections, or the data, do not fit the document.
    """

    def __init__(
        self,
        document: Document,
        options: MockOptions,
        store: Store | None = None,
        data: Path | None = None,
        corrections: Path | None = None,
    ) -> None:
        self._options = options
        self._data = data
        self._corrections = corrections
        self._sessions = Sessions(store or Store(), options.seed)
        self.store, self.maker = self._sessions.everybody
        self.install(document)

    def install(self, document: Document) -> None:
        """Work upon this document from now on; what is kept stays.

        Raises:
            BrokenDocument: the corrections, or the data, do not fit the document.
        """
        model = infer(document, read_corrections(document, self._corrections))
        self._rows: Rows = {} if self._data is None else read_data(self._data, document, model)
        self.document, self.model = document, model
        self.shaper = Shaper(document, Shapes(document), self._options.limits)

    def enter(self, session: str) -> None:
        """Let what follows, until the next call, be of a session; "": of everybody without one."""
        self.store, self.maker = self._sessions.of(session)

    def reset(self, session: str) -> None:
        """Let a session begin anew; "": everybody, and all sessions."""
        self._sessions.clear(session)

    def replace_all(self, rows: Rows) -> None:
        """Keep these things and no others."""
        self.store.clear()
        for resource in self.model.resources.values():
            self.store.begin(resource.name)
            self._put_in(resource, rows.get(resource.name, []))

    def everything(self) -> dict[str, list[Any]]:
        """Resource → the members of each of its things."""
        return {
            resource.name: [thing.value for thing in self.things(resource)]
            for resource in self.model.resources.values()
        }

    # Things.

    def things(self, resource: Resource, scope: Mapping[str, str] | None = None) -> list[Thing]:
        """Those that are there, in the order in which they were made."""
        self._begin(resource)
        return self.store.things(resource.name, scope)

    def find(self, resource: Resource, own: str, scope: Mapping[str, str]) -> Thing | None:
        """One of them; with the value None it was deleted; None for an unknown one."""
        self._begin(resource)
        return self.store.find(resource.name, own, scope)

    def new_id(self, resource: Resource, example: Any) -> Any:
        """An id that no thing of the resource has, and that its schema and the item's path allow."""
        self._begin(resource)
        schema, checks = self._id_schemas(resource)
        types, written = self.shaper.form(schema) if schema is not None else (frozenset[str](), "")
        number = self._next_number(resource)
        for candidate in self.maker.ids(example, types, written, number):
            text = str(candidate)
            if not self.store.has_id(resource.name, text) and self._is_id(candidate, schema, checks):
                return candidate
        for attempt in range(_TRIES):
            made, _ = valid_value(
                self.document,
                self.document.answers,
                schema if schema is not None else {"type": "string"},
                seed=f"{self.maker.uuid()}{attempt}",
                dynamic=True,
            )
            if made is not None and not self.store.has_id(resource.name, str(made)):
                return made
        return self.maker.uuid()

    def assumed(self, resource: Resource, own: str, path: Mapping[str, str]) -> Any:
        """What a thing is that is there without having been made: what the document shows when it is read.

        Args:
            resource: that it is of.
            own: its id.
            path: name → text of the path parameters of the request.
        """
        part = next(
            (one for one in self.model.parts_of(resource) if one.role == "read" and one.shown is not None), None
        )
        if part is None:
            return {}
        answers = answers_of(self.document, part, self._options, self.shaper)
        value = answers.base(answers.template("", NONE, path=path))
        value = echo(value, "get", path, None)
        shown = member_at(value, resource.id) if resource.id else None
        if not isinstance(value, dict) or shown is None:
            return value
        return placed(value, resource.id, int(own) if isinstance(shown, int) and own.isdigit() else own)

    def said_by_server(
        self, resource: Resource, schema: Any, base: Mapping[str, Any], value: Mapping[str, Any], *, changed: bool
    ) -> dict[str, Any]:
        """The value with the times and UUIDs that are the server's to say.

        Args:
            resource: that it is of.
            schema: of the thing in the answer.
            base: what the answer shows without any state.
            value: of the thing.
            changed: it is no new thing.
        """
        said = dict(value)
        for name, inner in self.shaper.shapes.members(schema).items():
            if (name,) == resource.id or name in resource.writable or (name not in base and name not in value):
                continue
            types, written = self.shaper.form(inner)
            made = self.maker.times(name, written, base.get(name, value.get(name)), changed=changed)
            if made is None and written == "uuid" and not changed and "string" in types:
                made = self.maker.uuid()
            if made is not None and self.shaper.fits(inner, made):
                said[name] = made
        return said

    def _is_id(self, candidate: Any, schema: Any, checks: list[Any]) -> bool:
        if schema is not None and not self.shaper.fits(schema, candidate):
            return False
        return all(
            self.shaper.fits(check, TextCoercer(check, self.document.root).read(str(candidate)), self.document.requests)
            for check in checks
        )

    def _next_number(self, resource: Resource) -> int:
        used = [
            int(thing.id) for thing in self.store.things(resource.name) if thing.id.isascii() and thing.id.isdigit()
        ]
        return max([0, *(number for number in used if number < 2**53)]) + 1

    def _id_schemas(self, resource: Resource) -> tuple[Any, list[Any]]:
        """The schema of the id in things, None where there is none, and those of the item paths' own parameters."""
        members = members_of(self.document, self.model, resource.name)
        schema: Any = members.get(resource.id[0]) if resource.id else None
        schema = schema if schema is None else self.shaper.shapes.at(schema, resource.id[1:])
        checks = [
            node["schema"]
            for part in self.model.parts_of(resource)
            for node in parameter_nodes(self.document, part.operation)
            if node.get("in") == "path" and "schema" in node and variables(part.item)[-1:] == [node.get("name")]
        ]
        return schema, checks

    # The beginning.

    def _begin(self, resource: Resource) -> None:
        """Put in what a resource begins with, at its first use: a large document has hundreds of resources."""
        if not self.store.begin(resource.name):
            return
        rows: list[Any] = list(self._rows.get(resource.name, ()))
        if resource.name not in self._rows and resource.seeded and self._data is None and not resource.singleton:
            rows = list(examples_for(self.document, self.model, resource, self.shaper.shapes))
            if not rows and not resource.makes:
                rows = self._shown_in_list(resource)
        self._put_in(resource, rows)

    def _put_in(self, resource: Resource, rows: list[Any]) -> None:
        for row in rows:
            self._put_one(resource, dict(row))

    def _put_one(self, resource: Resource, value: dict[str, Any]) -> None:
        scope = self._scope_for(resource, value)
        if resource.singleton:
            self.store.make(resource.name, "", scope, value, seeded=True)
            return
        own = member_at(value, resource.id)
        if own is None:
            own = self.new_id(resource, None)
            if resource.id:
                value = placed(value, resource.id, own)
        if self.store.find(resource.name, str(own), scope) is None:
            self.store.make(resource.name, str(own), scope, value, seeded=True)

    def _scope_for(self, resource: Resource, value: dict[str, Any]) -> Scope:
        """Where a thing of the beginning stands: what it says itself, else with the first thing of its parent."""
        part = next(
            (one for one in self.model.parts_of(resource) if one.parent_of is not None and one.role != "below"), None
        )
        path = (*resource.collections, *resource.items)[0]
        said = {name: str(value[name]) for name in variables(path) if isinstance(value.get(name), (str, int))}
        if part is None or part.parent_of is None:
            own = "" if resource.singleton else place_of(path)
            return {
                place: text
                for place, text in scope_of(path, said).items()
                if place != own or path in resource.collections
            }
        place = place_of(part.parent)
        last, thing = variables(part.parent)[-1], thing_of(part.parent)
        names = {plain(last), f"{thing}id", thing} - {plain(name) for name in resource.id}
        above = next((one for name, one in value.items() if plain(name) in names and isinstance(one, (str, int))), None)
        if above is not None:
            return {place: str(above)}
        first = next(iter(self.things(part.parent_of)), None)
        return {} if first is None else {**first.scope, place: first.id}

    def _shown_in_list(self, resource: Resource) -> list[Any]:
        """The things that the answer of a list shows without any state."""
        for part in self.model.parts_of(resource):
            if part.role == "list" and part.shown is not None:
                try:
                    return self._items_of(part)
                except Unacceptable:
                    continue
        return []

    def _items_of(self, part: Part) -> list[Any]:
        answers = answers_of(self.document, part, self._options, self.shaper)
        listed = answers.base(answers.template("", NONE))
        return [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
