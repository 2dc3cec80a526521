"""Where in a body the thing, or the list of things, is: `{"data": {…}}`, `{"books": […], "total": 7}`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cierre.mocks.state.resources import Steps
from cierre.oas.document import Document
from cierre.oas.structure import Operation
from cierre.oas.thing_names import IDS, candidates, plain, singular
from cierre.oas.validation import media
from cierre.oas.validation.coercion import items_of, properties_of, types_of
from cierre.oas.validation.json_schema import marked_names

# Members that hold a thing, or things, whatever these are; the likeliest first.
_ENVELOPES: tuple[str, ...] = (
    "data",
    "result",
    "results",
    "item",
    "items",
    "response",
    "payload",
    "value",
    "values",
    "entries",
)
_ENVELOPES += ("records", "rows", "list", "content", "objects", "elements", "resources", "body", "embedded", "entity")
# Objects within a thing that may hold its id: Kubernetes' metadata, Contentful's sys.
_INNER = ("metadata", "meta", "sys", "attributes", "properties", "summary", "info")
_DEEPEST = 3
_BODIES = ("json", "form", "multipart")


def content_schema(document: Document, holder: Any) -> Any:
    """The schema of a request or response body: of JSON first, then of forms; None where there is none."""
    content = media.declared(document.mapping(document.mapping(holder).get("content")))
    kinds = {key: media.kind_of(media.parse(key).essence) for key in content}
    usable = sorted((key for key in content if kinds[key] in _BODIES), key=lambda key: _BODIES.index(kinds[key]))
    usable = usable or [key for key in content if "*" in key or kinds[key] == "xml"]
    node = document.mapping(content[usable[0]]) if usable else {}
    return node.get("schema")


def answer_schema(document: Document, operation: Operation) -> Any:
    """The schema of the first success with a body; None where no success has one."""
    responses = {str(key): one for key, one in document.mapping(operation.node.get("responses")).items()}
    successes = sorted(key for key in responses if key.startswith("2"))
    for key in [*successes, "default"]:
        schema = content_schema(document, responses[key]) if key in responses else None
        if schema is not None:
            return schema
    return None


def request_schema(document: Document, operation: Operation) -> Any:
    """The schema of what is sent; None where nothing is."""
    return content_schema(document, operation.node.get("requestBody"))


def parameter_nodes(document: Document, operation: Operation) -> list[Mapping[str, Any]]:
    """The parameter objects of an operation, those of its path included."""
    listed = [holder.get("parameters") for holder in (operation.path_item, operation.node)]
    return [document.mapping(one) for each in listed if isinstance(each, list) for one in each]


class Shapes:
    """Looks into the schemas of one document; what was looked up is remembered."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[int, tuple[Any, dict[str, Any]]] = {}

    def members(self, schema: Any) -> dict[str, Any]:
        """The properties of an object schema, those of all its parts and alternatives included."""
        if not isinstance(schema, Mapping):
            return {}
        known = self._known.get(id(schema))
        if known is None:
            known = self._known[id(schema)] = schema, properties_of(schema, self._document.root)
        return known[1]

    def types(self, schema: Any) -> frozenset[str]:
        """The JSON types of a schema."""
        return types_of(schema, self._document.root)

    def is_list(self, schema: Any) -> bool:
        """Whether its values are arrays."""
        return "array" in self.types(schema)

    def items(self, schema: Any) -> Any:
        """The schema of an array's items."""
        return items_of(schema, self._document.root)

    def marked(self, schema: Any, mark: str) -> frozenset[str]:
        """The properties that are `readOnly` or `writeOnly`."""
        return frozenset(marked_names(self._document.resolve(schema), mark, self._document.resolve))

    def at(self, schema: Any, steps: Steps) -> Any:
        """The schema of a member of a member; {} where there is none."""
        for step in steps:
            schema = self.members(schema).get(step, {})
        return schema

    def id_of(self, schema: Any, parameter: str, thing: str, types: frozenset[str] = frozenset()) -> Steps:
        """The member of a thing that a path's parameter names; () where no member is it.

        Args:
            schema: of the thing.
            parameter: of the path; "" for a thing without one.
            thing: what the collection is of: `book`.
            types: that the parameter has, where that is known: `{username}` is a text, and a number is not it.
        """
        own = plain(parameter)
        names = candidates(parameter, thing) if parameter else ["id", f"{thing}id"]
        if own == plain(thing):
            # `{comment}` of comments is their id, and a member `comment` their text.
            names = ["id", f"{own}id", "uuid", *names]
        # `{issue_number}` of issues is `number`.
        stripped = own.removeprefix(plain(thing)) if thing else own
        names += [stripped, "id", "uuid", *IDS, "login", "handle", "sid", "identifier", "arn"]
        members = {plain(name): name for name, inner in self.members(schema).items() if self._is_scalar(inner)}
        likely = {word: name for word, name in members.items() if self._may_be(name, schema, own, types)}
        found = next((known[name] for known in (likely, members) for name in names if name and name in known), None)
        if found is not None and (plain(found) in names[:4] or not self._inner_id(schema, own)):
            return (found,)
        return self._inner_id(schema, own) or ((found,) if found else ())

    def _inner_id(self, schema: Any, own: str) -> Steps:
        for holder in _INNER:
            inner = self.members(self.members(schema).get(holder, {}))
            for name, member in inner.items():
                if plain(name) in {own, "id"} and self._is_scalar(member):
                    return holder, name
        return ()

    def _may_be(self, name: str, schema: Any, own: str, types: frozenset[str]) -> bool:
        """Whether a member is of the types of the parameter, or has its name."""
        shown = self.types(self.members(schema)[name])
        numbers = {"integer", "number"}
        same = not shown or not types or bool(shown & types) or bool(shown & numbers and types & numbers)
        return same or plain(name) == own

    def _is_scalar(self, schema: Any) -> bool:
        types = self.types(schema)
        return not types or bool(types & {"string", "integer", "number"})

    def thing(self, schema: Any, parameter: str, thing: str, depth: int = 0) -> Steps | None:
        """Where in a body one thing is; None where its schema is of no object.

        Args:
            schema: of the body.
            parameter: of the item's path, "" for none.
            thing: what the collection is of: `book`.
        """
        members = self.members(schema)
        if not members:
            return None if depth or not self._is_free(schema) else ()
        if self.id_of(schema, parameter, thing):
            return ()
        for name in self._envelopes(members, thing):
            inner = members[name]
            if depth < _DEEPEST and not self.is_list(inner):
                found = self.thing(inner, parameter, thing, depth + 1)
                if found is not None and self.id_of(self.at(inner, found), parameter, thing):
                    return name, *found
        return () if not depth else None

    def _is_free(self, schema: Any) -> bool:
        """Whether any object will do."""
        return schema is not None and self.types(schema) <= {"object"}

    def things(self, schema: Any, thing: str, depth: int = 0) -> Steps | None:
        """Where in a body the list of things is; None where there is no list of objects.

        Args:
            schema: of the body.
            thing: what the collection is of: `book`.
        """
        if self.is_list(schema):
            return () if depth or self._holds_objects(schema) else None
        members = self.members(schema)
        ordered = list(self._envelopes(members, thing))
        for name in ordered:
            if self.is_list(members[name]) and self._holds_objects(members[name]):
                return (name,)
        for name in ordered if depth < _DEEPEST else ():
            if not self.is_list(members[name]):
                found = self.things(members[name], thing, depth + 1)
                if found:
                    return name, *found
        return None

    def _holds_objects(self, schema: Any) -> bool:
        items = self.items(schema)
        return bool(self.members(items)) or "object" in self.types(items)

    def _envelopes(self, members: Mapping[str, Any], thing: str) -> Iterator[str]:
        """The members that may hold things: those of a likely name, then a single one of the kind."""
        by_name = {plain(name): name for name in members}
        own = [name for name in by_name if thing and thing in {name, singular(name), name.removesuffix("list")}]
        likely = [by_name[name] for name in dict.fromkeys([*own, *_ENVELOPES]) if name in by_name]
        yield from likely
        lists = [name for name, inner in members.items() if self.is_list(inner) and self._holds_objects(inner)]
        objects = [name for name, inner in members.items() if self.members(inner) and name not in lists]
        for alone in (lists, objects):
            if len(alone) == 1 and alone[0] not in likely:
                yield alone[0]

    def sent(self, schema: Any, members: Iterable[str], thing: str) -> Steps:
        """Where in a request's body the thing is.

        Args:
            schema: of the body.
            members: that the thing has in answers.
            thing: what the collection is of: `book`.
        """
        known = set(members)
        written = self.members(schema)
        if known & written.keys():
            return ()
        for name in self._envelopes(written, thing):
            inner = self.members(written[name])
            if inner and (known & inner.keys() or plain(name) == thing):
                return (name,)
        return ()
