"""Making things, and finding out which id an answer gives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from cierre.contract_tests.resources.calls import NOTHING, Calls, Reply, User
from cierre.contract_tests.resources.model import Resource, expression_of, parameters_of
from cierre.contract_tests.resources.passwords import keeping, password_of
from cierre.contract_tests.resources.values import Values
from cierre.oas.navigation import Json, find, parameters
from cierre.oas.structure import Operation
from cierre.oas.thing_names import candidates, plain, referred

# Levels of an answer in which an id is looked for; parents that are made first, at the most.
_LEVELS, _DEEPEST = 3, 4
# Statuses of a request that is refused because of what it says; 404 may be about what a member refers to.
_REFUSED = frozenset({400, 404, 409, 415, 422})


@dataclass(frozen=True)
class Thing:
    """Something that was made.

    Attributes:
        path: the values of the item's parameters in the path.
        sent: the body that made it.
        identified: whether the answer itself gave the id.
    """

    resource: Resource
    path: dict[str, Any]
    sent: Any
    reply: Reply
    identified: bool

    @property
    def id(self) -> Any:
        return self.path[self.resource.parameter]


@dataclass
class Things:
    """Makes the things of an API as one user.

    Attributes:
        refused: how the last attempt to make a thing ended.
    """

    calls: Calls
    values: Values
    resources: list[Resource]
    user: User
    refused: str = ""
    _held: dict[str, Thing] = field(default_factory=dict)
    _listed_ids: dict[str, Any] = field(default_factory=dict)
    _depth: int = 0

    def __post_init__(self) -> None:
        self.values.reference = self._referred

    def make(self, resource: Resource, *, extra: Json | None = None) -> Thing | None:
        """Make a new thing; None where that can't be done, and `refused` says why.

        Args:
            extra: members of the body in the place of others.
        """
        if resource.make is None:
            self.refused = "no operation creates one"
            return None
        path = self.path_of(resource.make)
        if path is None:
            return None
        for body in self.bodies(resource.make):
            sent = {**body, **extra} if extra and isinstance(body, dict) else body
            reply = self.calls.call(
                resource.make,
                self.user,
                path=path,
                query=self.query_of(resource.make),
                headers=self.headers_of(resource.make),
                body=sent,
            )
            if reply is None:
                self.refused = f"{resource.make.label} gave no answer"
                return None
            self.refused = f"{resource.make.label} answered {reply.status}"
            if reply.good:
                return self._thing(resource, path, sent, reply)
            if reply.status not in _REFUSED:
                return None
        return None

    def held(self, resource: Resource) -> Thing | None:
        """A thing of the resource that is kept for the run: made when it is first asked for."""
        if resource.item not in self._held and self._depth < _DEEPEST:
            self._depth += 1
            try:
                made = self.make(resource)
            finally:
                self._depth -= 1
            if made is not None:
                self._held[resource.item] = made
        return self._held.get(resource.item)

    def forget(self) -> None:
        """Make new things from here on: those before may be gone."""
        self._held.clear()

    def drop(self, thing: Thing) -> None:
        """Forget a thing that is no longer there."""
        if self._held.get(thing.resource.item) is thing:
            del self._held[thing.resource.item]

    def path_of(self, operation: Operation, *, but: str = "") -> dict[str, Any] | None:
        """Values for the parameters in the operation's path: ids of living things, or what the document shows.

        Args:
            but: a parameter that is left out.

        Returns:
            None where a parent can't be made.
        """
        made: dict[str, Any] = {}
        schemas = {one["name"]: one.get("schema") or {} for one in self._parameters(operation, "path")}
        for name in parameters_of(operation.path):
            if name == but:
                continue
            upto = operation.path[: operation.path.index(f"{{{name}}}") + len(name) + 2]
            parent = next((one for one in self.resources if one.item == upto), None)
            thing = self.held(parent) if parent is not None and parent.make is not None else None
            live = thing.id if thing is not None else self._referred(name)
            if live is None and parent is not None and operation.method == "get":
                # What was there before the run is read, and neither changed nor deleted.
                live = self._first_listed(parent)
            if live is None and parent is not None and parent.make is not None:
                return None
            made[name] = self.values.of(schemas.get(name), name, fresh=False) if live is None else live
        return made

    def query_of(self, operation: Operation) -> Json:
        """Values for the query parameters that must be there."""
        return self._required(operation, "query")

    def headers_of(self, operation: Operation) -> dict[str, str]:
        """Values for the header fields that must be there."""
        return {name: str(value) for name, value in self._required(operation, "header").items()}

    def bodies(self, operation: Operation, user: User | None = None) -> Iterator[Any]:
        """Bodies of the operation, the likeliest to be taken first.

        Args:
            user: who sends them, and must still be able to log in; the one whose things they are without it.
        """
        making = any(one.make is operation for one in self.resources)
        password = None if making else password_of((user or self.user).entries)
        for body in self._bodies(operation):
            yield keeping(body, password)

    def _bodies(self, operation: Operation) -> Iterator[Any]:
        kind = self.calls.media_type(operation)
        media = find(self.calls.run.document, *operation.steps, "requestBody", "content", kind) if kind else None
        if not isinstance(media, dict):
            yield NOTHING
            return
        schema = media.get("schema") or {}
        shown = [one.get("value") for one in (media.get("examples") or {}).values() if isinstance(one, dict)]
        shown = [media["example"]] if "example" in media else [one for one in shown if one is not None]
        for one in shown[:1]:
            yield self.values.fresh(schema, one)
        yield self.values.of(schema)
        yield self.values.of(schema, whole=False)
        yield from shown[:1] or [self.values.of(schema, fresh=False)]

    def _required(self, operation: Operation, place: str) -> Json:
        wanted = [one for one in self._parameters(operation, place) if one.get("required")]
        return {
            one["name"]: one["example"]
            if "example" in one
            else self.values.of(one.get("schema") or {}, one["name"], fresh=False)
            for one in wanted
            if one["name"].lower() not in {"authorization", "accept", "content-type"}
        }

    def _parameters(self, operation: Operation, place: str) -> list[Json]:
        return [one for one in parameters(self.calls.run.document, operation) if one.get("in") == place]

    def _referred(self, name: str) -> Any:
        """The id of a living thing that a member of this name refers to; None where it is of none."""
        thing = referred(name)
        fits = (one for one in self.resources if thing and one.item and thing in {one.thing, f"{one.thing}item"})
        resource = next(fits, None)
        if resource is None:
            return None
        held = self.held(resource) if resource.make is not None else None
        return held.id if held is not None else self._first_listed(resource)

    def _first_listed(self, resource: Resource) -> Any:
        """The id of the first thing that the list has; None where there is none. Asked once."""
        if resource.list is None or "{" in resource.list.path:
            return None
        if resource.item not in self._listed_ids:
            reply = self.calls.call(resource.list, self.user, query=self.query_of(resource.list))
            items = items_of(reply.body) if reply is not None and reply.good else []
            ids = (id_in(item, resource.parameter, resource.thing) for item in items)
            self._listed_ids[resource.item] = next((one for one in ids if one is not None), None)
        return self._listed_ids[resource.item]

    def _thing(self, resource: Resource, path: dict[str, Any], sent: Any, reply: Reply) -> Thing | None:
        if not resource.item:
            return Thing(resource, path, sent, reply, identified=False)
        own = resource.parameter
        answered = id_in(reply.body, own, resource.thing)
        answered = answered if answered is not None else _id_in_location(resource, reply)
        found = answered if answered is not None else id_in(sent, own, "")
        if found is None:
            found = self._listed(resource, path, sent)
        if found is None:
            self.refused = f"{reply.operation.label} answered {reply.status}, and nothing says where the thing is"
            return None
        known = {name: value for name, value in path.items() if name in parameters_of(resource.item)}
        return Thing(resource, {**known, own: found}, sent, reply, identified=answered is not None)

    def _listed(self, resource: Resource, path: dict[str, Any], sent: Any) -> Any:
        """The id of what was made, from the list of all."""
        if resource.list is None or not isinstance(sent, dict):
            return None
        reply = self.calls.call(resource.list, self.user, path=path, query=self.query_of(resource.list))
        texts = {name: value for name, value in sent.items() if isinstance(value, str) and len(value) >= 6}
        for item in reversed(items_of(reply.body) if reply is not None and reply.good else []):
            if texts and any(item.get(name) == value for name, value in texts.items()):
                return id_in(item, resource.parameter, resource.thing)
        return None


def id_in(body: Any, parameter: str, thing: str) -> Any:
    """The value of a path's parameter in an answer or a body; None where there is none."""
    level = [body]
    for _ in range(_LEVELS):
        objects = [one for one in level if isinstance(one, dict)]
        for name in candidates(parameter, thing):
            for one in objects:
                for key, value in one.items():
                    usable = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
                    if plain(key) == name and usable:
                        return value
        level = [value for one in objects for value in one.values()]
    return None


def _id_in_location(resource: Resource, reply: Reply) -> Any:
    location = reply.seen.header("location")
    if not location:
        return None
    fits = expression_of(resource.item).search(urlsplit(location).path)
    return unquote(fits[fits.lastindex or 1]) if fits else None


def items_of(body: Any) -> list[Json]:
    """The objects that a list's answer has: itself a list, or the first list in it."""
    level = [body]
    for _ in range(_LEVELS):
        for one in level:
            if isinstance(one, list) and one and all(isinstance(item, dict) for item in one):
                return one
        level = [value for one in level if isinstance(one, dict) for value in one.values()]
    return []
