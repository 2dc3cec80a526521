"""What is inferred of a document: the things that an API keeps, and what each operation does with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cierre.oas.structure import Operation

Role = Literal["create", "list", "read", "replace", "change", "delete", "clear", "below"]
# In the order in which they are listed.
ROLES: tuple[Role, ...] = ("create", "list", "read", "replace", "change", "delete", "clear", "below")
# Names that lead from a body to what is meant; () is the body itself.
Steps = tuple[str, ...]
# What of a path something stands under: the path so far, its variables without names → the value.
Scope = dict[str, str]

_VARIABLE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Filter:
    """What a query parameter asks of one member.

    Attributes:
        member: of the thing.
        operator: `eq`, `ne`, `gt`, `gte`, `lt`, `lte` or `contains`.
    """

    member: Steps
    operator: str = "eq"


@dataclass(frozen=True)
class Listing:
    """The query parameters of a list, by what they do; "" where there is none.

    Attributes:
        filters: parameter → what it asks for.
        search: those whose text is looked for in all members.
        page: the number of the page, from 1.
        size: items of a page.
        offset: items before the first.
        cursor: where to go on, as the last answer named it.
        after, before: the id of the item before the first one, or after the last one.
        sort: the member to sort by.
        direction: `asc` or `desc`.
        members: names that can be sorted by, plain → as written.
    """

    filters: Mapping[str, Filter] = field(default_factory=dict)
    search: tuple[str, ...] = ()
    page: str = ""
    size: str = ""
    offset: str = ""
    cursor: str = ""
    after: str = ""
    before: str = ""
    sort: str = ""
    direction: str = ""
    members: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_paged(self) -> bool:
        """Whether an answer may show some of the items only."""
        return bool(self.page or self.size or self.offset or self.cursor or self.after)


@dataclass(frozen=True)
class Resource:
    """One kind of thing.

    Attributes:
        name: no other resource of the document has it.
        collections: the paths where things are made or listed.
        items: the paths of one thing; for a singleton its path.
        id: the member that is a thing's id; () where no member is.
        unique: members of which no two things have the same value.
        writable: members that a client may say; the others are the server's.
        singleton: there is one, and it has no id.
        seeded: it begins with the document's examples.
        makes: things are made by some operation.
        lists: things are listed by some operation.
    """

    name: str
    collections: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    id: Steps = ()
    unique: tuple[str, ...] = ()
    writable: frozenset[str] = frozenset()
    singleton: bool = False
    seeded: bool = True
    makes: bool = False
    lists: bool = False

    @property
    def is_assumed(self) -> bool:
        """Whether a thing of any id is there until it is deleted: nothing makes things, and nothing lists them."""
        return not self.makes and not self.lists


@dataclass(frozen=True)
class Part:
    """What one operation does.

    Attributes:
        operation: of the document.
        role: what it does with a thing of the resource; `below`: it is about something of a thing.
        resource: that it is about.
        parent: the path of the thing that has to be there first, "" for none; `parent_of` is its resource.
        sent: where in a request's body the thing is.
        shown: where in the answer the thing, or the list of things, is; None where it shows none.
        listing: of a list.
        makes_unknown: a `replace` that makes a thing that is not there.
    """

    operation: Operation
    role: Role
    resource: Resource
    parent: str = ""
    parent_of: Resource | None = None
    sent: Steps = ()
    shown: Steps | None = None
    listing: Listing = field(default_factory=Listing)
    makes_unknown: bool = False

    @property
    def item(self) -> str:
        """The path of one thing that the operation's path begins with, "" where it has none."""
        if self.role == "below":
            return self.parent
        return self.operation.path if self.operation.path in self.resource.items else ""


@dataclass(frozen=True)
class StateModel:
    """All of it.

    Attributes:
        resources: by name.
        parts: by `METHOD /path`.
        stateless: the labels of operations that keep no state.
    """

    resources: Mapping[str, Resource]
    parts: Mapping[str, Part]
    stateless: tuple[str, ...]

    def parts_of(self, resource: Resource) -> list[Part]:
        """What is done with a resource's things, in the order of `ROLES`."""
        found = [part for part in self.parts.values() if part.resource.name == resource.name]
        return sorted(found, key=lambda part: ROLES.index(part.role))


def variables(path: str) -> list[str]:
    """The names in a path, from left to right."""
    return _VARIABLE.findall(path)


def scope_of(path: str, values: Mapping[str, str]) -> Scope:
    """What stands in the path, by where it stands: `/users/{id}/posts` with 7 → `{"/users/{}": "7"}`.

    Args:
        path: as the document has it.
        values: name → text of its variables.
    """
    scope: Scope = {}
    written = ""
    for segment in path.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0].split("/")[1:]:
        names = _VARIABLE.findall(segment)
        written += "/" + _VARIABLE.sub("{}", segment)
        for index, name in enumerate(names):
            if name in values:
                scope[written if index == 0 else f"{written}#{index}"] = str(values[name])
    return scope


def place_of(path: str) -> str:
    """Where the last variable of an item's path stands, as `scope_of` names it."""
    return _VARIABLE.sub("{}", path)


def filled(path: str, scope: Scope, own: str) -> str | None:
    """The path with the values of a scope and the thing's own id; None where a value is missing.

    Args:
        path: of an item, as the document has it.
        scope: of the thing.
        own: its id.
    """
    from urllib.parse import quote  # noqa: PLC0415 - of answers with a Location alone

    known = {**scope, place_of(path): own}
    written, shown = "", ""
    for segment in path.split("/")[1:]:
        written += "/" + _VARIABLE.sub("{}", segment)
        if len(_VARIABLE.findall(segment)) > 1:
            return None
        if "{" in segment and written not in known:
            return None
        value = known.get(written, "")
        shown += "/" + _VARIABLE.sub(lambda _, value=value: quote(value, safe=""), segment)  # type: ignore[misc]
    return shown
