"""A small model of an API's things: collections, items, and what can be done with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from cierre.oas.structure import Operation
from cierre.oas.thing_names import plain, thing_of

_ITEM = re.compile(r"(?P<collection>.*)/\{(?P<parameter>[^{}/]+)\}\Z")
_PARAMETER = re.compile(r"\{([^{}/]+)\}")
# Where things are made that are not made at their collection.
_MAKING = ("register", "signup", "sign-up", "create", "new", "add")
_PEOPLE = frozenset({"user", "account", "member", "customer", "person"})
_ROLES = {"get": "read", "put": "replace", "patch": "change", "delete": "remove"}


@lru_cache(maxsize=4_096)
def expression_of(path: str) -> re.Pattern[str]:
    """What matches the end of the paths that a templated path stands for; a group for each parameter."""
    return re.compile("([^/]+)".join(map(re.escape, _PARAMETER.split(path)[::2])) + r"/?\Z")


@dataclass(frozen=True)
class Resource:
    """One kind of thing.

    Attributes:
        collection: the path of all of them.
        item: the path of one; empty where there is none.
        parameter: the name of the item's own parameter in the path.
        make, list, read, replace, change, remove: the operations; None where the document has none.
        below: operations on parts of an item, such as `PUT /users/{id}/email`.
    """

    collection: str
    item: str = ""
    parameter: str = ""
    make: Operation | None = None
    list: Operation | None = None
    read: Operation | None = None
    replace: Operation | None = None
    change: Operation | None = None
    remove: Operation | None = None
    below: tuple[Operation, ...] = ()

    @property
    def thing(self) -> str:
        """`book`, of `/books`."""
        return thing_of(self.collection)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Those that there are."""
        known = (self.make, self.list, self.read, self.replace, self.change, self.remove)
        return (*(one for one in known if one is not None), *self.below)

    @property
    def label(self) -> str:
        """Of the operation that stands for all."""
        return self.operations[0].label if self.operations else self.collection


def parameters_of(path: str) -> list[str]:
    """The names in a path, from left to right."""
    return _PARAMETER.findall(path)


def resources_of(operations: Iterable[Operation]) -> list[Resource]:
    """The resources that the operations are about: those of fewer parameters first, which others are below."""
    by_place = {(one.path, one.method): one for one in operations}
    found = [*_with_items(by_place), *_lists(by_place)]
    return sorted(found, key=lambda one: len(parameters_of(one.item or one.collection)))


def _with_items(by_place: dict[tuple[str, str], Operation]) -> Iterator[Resource]:
    for path in dict.fromkeys(path for path, _ in by_place):
        fits = _ITEM.match(path)
        if fits is None:
            continue
        collection = next((at for at in (fits["collection"], f"{fits['collection']}/") if _has(by_place, at)), None)
        collection = fits["collection"] if collection is None else collection
        roles = {role: by_place.get((path, method)) for method, role in _ROLES.items()}
        below = tuple(
            one
            for (other, _), one in by_place.items()
            if other.startswith(f"{path}/") and parameters_of(other) == parameters_of(path)
        )
        yield Resource(
            collection=collection,
            item=path,
            parameter=fits["parameter"],
            make=_making(by_place, collection),
            list=by_place.get((collection, "get")),
            below=below,
            **roles,
        )


def _has(by_place: dict[tuple[str, str], Operation], path: str) -> bool:
    return (path, "get") in by_place or (path, "post") in by_place


def _making(by_place: dict[tuple[str, str], Operation], collection: str) -> Operation | None:
    base = collection.rstrip("/")
    places = [collection, base, *(f"{base}/{verb}" for verb in _MAKING)]
    if thing_of(collection) in _PEOPLE:
        places += [path for path, method in by_place if method == "post" and plain(path.rsplit("/", 1)[1]) in _PLAIN]
    return next((by_place[path, "post"] for path in places if (path, "post") in by_place), None)


_PLAIN = frozenset(plain(verb) for verb in ("register", "signup"))


def _lists(by_place: dict[tuple[str, str], Operation]) -> Iterator[Resource]:
    """What can be listed and has no item."""
    items = {fits["collection"] for path, _ in by_place if (fits := _ITEM.match(path))}
    for (path, method), one in by_place.items():
        if method == "get" and not _ITEM.match(path) and path.rstrip("/") not in items:
            yield Resource(collection=path, list=one)
