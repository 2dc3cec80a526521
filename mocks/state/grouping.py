"""Which operations of a document are about one kind of thing: by paths and methods, and by what its author says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cierre.mocks.state.corrections import Corrections, ResourceCorrection
from cierre.mocks.state.resources import Role, place_of, variables
from cierre.mocks.state.shapes import Shapes, answer_schema
from cierre.oas.document import Document
from cierre.oas.structure import Operation
from cierre.oas.thing_names import plain, thing_of

_ITEM = re.compile(r"(?P<collection>.*)/\{(?P<parameter>[^{}/]+)\}/?\Z")
_CALL = re.compile(r"[?#]")
_VERSION = re.compile(r"v?\d+(\.\d+)*\Z", re.IGNORECASE)
_ROLES: dict[str, Role] = {"get": "read", "put": "replace", "patch": "change", "delete": "delete"}
# Where things are made that are not made at their collection.
_MAKING = ("create", "new", "add", "register")
_FUNCTION = re.compile(r"(?:get|list|search|find)[A-Z]")
# Where a POST asks for things, and makes none.
_ASKING = frozenset({"query", "search", "filter", "find", "lookup", "count", "list", "get", "batchget"})


@dataclass
class Draft:
    """A resource while it is put together.

    Attributes:
        collections, items: paths, as `Resource` has them.
        parameter: of the item's path, "" for none.
        roles: label of an operation → what it does.
        singleton: there is one, and it has no id.
        name: "" until it has one.
        correction: what is said of it by hand.
    """

    collections: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    parameter: str = ""
    roles: dict[str, Role] = field(default_factory=dict)
    singleton: bool = False
    name: str = ""
    correction: ResourceCorrection = field(default_factory=ResourceCorrection)

    @property
    def path(self) -> str:
        """That it is named after."""
        return (self.collections or self.items)[0]

    def having(self, *roles: Role) -> list[str]:
        """The labels of the operations with one of the roles, in the order of the roles."""
        return [label for role in roles for label, one in self.roles.items() if one == role]


class Grouping:
    """Of one document.

    Args:
        document: to look into.
        shapes: of the document.
        corrections: what is said by hand.

    Attributes:
        operations: by their labels, without those that are to keep no state.
    """

    def __init__(self, document: Document, shapes: Shapes, corrections: Corrections) -> None:
        self._document = document
        self._shapes = shapes
        self._corrections = corrections
        self.operations = {one.label: one for one in document.operations() if not self._is_ignored(one)}
        self._paths: dict[str, dict[str, Operation]] = {}
        for one in self.operations.values():
            self._paths.setdefault(one.path, {})[one.method] = one
        # `/books/{id}` and `/books/{bookId}` are one place.
        self._by_place = {place_of(path): path for path in reversed(self._paths)}
        self._taken: set[str] = set()

    def _is_ignored(self, operation: Operation) -> bool:
        # A path with a query of its own is the call of a function: `/#Action=Send`.
        if self._corrections.ignores(operation.path, operation.label, operation.name) or _CALL.search(operation.path):
            return True
        marks = (operation.node.get("x-cierre-state"), operation.path_item.get("x-cierre-state"))
        return any(mark is False for mark in marks)

    def drafts(self) -> list[Draft]:
        """The resources, each with its name and operations."""
        drafts = [draft for draft in (*self._with_items(), *self._without_items()) if draft.roles]
        self._attach_other_places(drafts)
        drafts = [draft for draft in drafts if self._is_kept(draft)]
        drafts += self._singletons(drafts)
        _name(drafts)
        return self._corrected(drafts)

    def _with_items(self) -> Iterator[Draft]:
        for path, methods in self._paths.items():
            fits = _ITEM.match(path)
            if fits is None or len(variables(path.rpartition("/")[2] or path)) != 1:
                continue
            base = fits["collection"]
            draft = Draft([], [path], fits["parameter"])
            for method, role in _ROLES.items():
                if method in methods:
                    self._take(draft, methods[method], role)
            if "post" in methods and not methods.keys() & {"put", "patch"} and methods.keys() & {"get", "delete"}:
                self._take(draft, methods["post"], "change")
            for place in (base, f"{base}/"):
                self._take_collection(draft, place)
            if not draft.having("create"):
                self._take_making(draft, base)
            yield draft

    def _take(self, draft: Draft, operation: Operation, role: Role) -> None:
        if operation.label not in self._taken:
            self._taken.add(operation.label)
            draft.roles[operation.label] = role

    def _take_collection(self, draft: Draft, path: str) -> None:
        path = self._by_place.get(place_of(path), path)
        methods = self._paths.get(path, {})
        if not path or path in draft.items or _asks(path):
            return
        found = len(draft.roles)
        if "post" in methods:
            self._take(draft, methods["post"], "create")
        if "get" in methods and self._lists(methods["get"]):
            self._take(draft, methods["get"], "list")
        if len(draft.roles) == found:
            return
        draft.collections.append(path)
        if "delete" in methods and "list" in draft.roles.values():
            self._take(draft, methods["delete"], "clear")

    def _take_making(self, draft: Draft, base: str) -> None:
        for verb in _MAKING:
            making = self._paths.get(self._by_place.get(place_of(f"{base}/{verb}"), ""), {}).get("post")
            if making is not None and making.label not in self._taken:
                self._take(draft, making, "create")
                draft.collections.append(base)
                return

    def _lists(self, operation: Operation) -> bool:
        schema = answer_schema(self._document, operation)
        return schema is not None and self._shapes.things(schema, thing_of(operation.path)) is not None

    def _without_items(self) -> Iterator[Draft]:
        """Collections whose things have no path of their own."""
        for path, methods in self._paths.items():
            if {"get", "post"} <= methods.keys() and not _ITEM.match(path) and self._lists(methods["get"]):
                draft = Draft()
                self._take_collection(draft, path)
                if set(draft.roles.values()) >= {"create", "list"}:
                    yield draft
                else:
                    self._taken -= draft.roles.keys()

    def _attach_other_places(self, drafts: list[Draft]) -> None:
        """Things that are made or listed at one place and have their own path at another.

        `POST /users/{id}/playlists` makes one of `/playlists/{id}`.
        """
        homeless = {
            _last(draft.path): draft for draft in drafts if draft.items and not draft.having("create") and draft.roles
        }
        for draft in list(drafts):
            home = homeless.get(_last(draft.path))
            if home is not None and not draft.items and home is not draft:
                home.collections += draft.collections
                home.roles |= draft.roles
                drafts.remove(draft)
        for path, methods in self._paths.items():
            home = homeless.get(_last(path))
            making = methods.get("post")
            if home is not None and making is not None and not _ITEM.match(path) and making.label not in self._taken:
                self._take(home, making, "create")
                home.collections.append(path)

    def _is_kept(self, draft: Draft) -> bool:
        """Whether there is anything to keep: what can only be read stays as the document shows it."""
        roles = set(draft.roles.values())
        if roles == {"create"} or not roles - {"read"} or roles == {"list"}:
            self._taken -= draft.roles.keys()
            return False
        return True

    def _singletons(self, drafts: list[Draft]) -> list[Draft]:
        """`/me`, `/books/{id}/cover`: one of its kind, that is read and written."""
        known = {path for draft in drafts for path in (*draft.collections, *draft.items)}
        found = []
        for path, methods in self._paths.items():
            if path in known or path.endswith("}") or "get" not in methods or not methods.keys() & {"put", "patch"}:
                continue
            draft = Draft([], [path], "", singleton=True)
            for method, role in _ROLES.items():
                if method in methods:
                    self._take(draft, methods[method], role)
            if "read" in draft.roles.values():
                found.append(draft)
        return found

    def _corrected(self, drafts: list[Draft]) -> list[Draft]:
        by_name = {draft.name: draft for draft in drafts}
        by_key = {one.label: one for one in self.operations.values()}
        by_key |= {one.name: one for one in self.operations.values()}
        for name, correction in self._corrections.resources.items():
            draft = by_name.setdefault(name, Draft(name=name))
            draft.correction = correction
            draft.collections = list(correction.collections or draft.collections)
            draft.items = list(correction.items or draft.items)
            draft.singleton = draft.singleton if correction.singleton is None else correction.singleton
            if correction.items:
                draft.parameter = (variables(correction.items[0]) or [""])[-1]
            for path in (*correction.collections, *correction.items):
                self._assign_path(draft, path)
            for role, keys in correction.roles.items():
                self._free(draft.having(role), [draft])
                for key in keys:
                    if key in by_key:
                        self._assign(draft, by_key[key], role, by_name.values())
        return [draft for draft in by_name.values() if draft.roles]

    def _assign_path(self, draft: Draft, path: str) -> None:
        """The usual roles of the methods of a path that a correction names."""
        is_item = path in draft.items
        usual = _ROLES if is_item else {"get": "list", "post": "create"}
        for method, operation in self._paths.get(path, {}).items():
            if method in usual and operation.label not in draft.roles:
                draft.roles[operation.label] = usual[method]  # type: ignore[assignment]

    def _assign(self, draft: Draft, operation: Operation, role: Role, drafts: Iterable[Draft]) -> None:
        self._free([operation.label], drafts)
        draft.roles[operation.label] = role
        places = draft.collections if role in {"create", "list", "clear"} else draft.items
        if operation.path not in (*draft.collections, *draft.items):
            places.append(operation.path)

    @staticmethod
    def _free(labels: list[str], drafts: Iterable[Draft]) -> None:
        for draft in drafts:
            for label in labels:
                draft.roles.pop(label, None)


def _asks(path: str) -> bool:
    """Whether the last segment of a path is a question: `/books/search`, `/listAllBooks`."""
    segment = path.rstrip("/").rpartition("/")[2]
    return plain(segment) in _ASKING or _FUNCTION.match(segment) is not None


def _last(path: str) -> str:
    """The last segment of a path that is no variable: what the things are called."""
    return next((plain(one) for one in reversed(path.split("/")) if one and "{" not in one), "")


def _name(drafts: list[Draft]) -> None:
    """Name each after its last segment; of several of one name all after all of their segments."""
    for take in (1, 2, 99):
        names: dict[str, list[Draft]] = {}
        for draft in drafts:
            if not draft.name:
                names.setdefault(_name_of(draft.path, take), []).append(draft)
        for name, having in names.items():
            known = {draft.name for draft in drafts}
            if len(having) == 1 and name not in known:
                having[0].name = name
    for draft in drafts:
        draft.name = draft.name or draft.path.strip("/")


def _name_of(path: str, take: int) -> str:
    segments = [one for one in path.split("/") if one and "{" not in one and not _VERSION.match(one)]
    return ".".join(segments[-take:]) or "things"
