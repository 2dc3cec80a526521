"""What a resource begins with: the document's examples, or the rows of a data file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cierre.mocks.answering.examples import examples_of
from cierre.mocks.state.lists import member_at
from cierre.mocks.state.resources import Part, Resource, Role, StateModel
from cierre.mocks.state.shapes import Shapes, answer_schema
from cierre.oas.document import Document
from cierre.oas.merged_schema import flatten
from cierre.oas.validation import media

# Of one resource.
_MOST = 100
# Whose examples show whole things; a list may show a part of each.
_ROLES: tuple[Role, ...] = ("read", "create", "replace", "change", "list")


def examples_for(document: Document, model: StateModel, resource: Resource, shapes: Shapes) -> list[Mapping[str, Any]]:
    """The things that the document's examples of a resource show, each id once.

    Args:
        document: that has them.
        model: of the document.
        resource: whose things are looked for.
        shapes: of the document.
    """
    found: dict[str, Mapping[str, Any]] = {}
    parts = [part for role in _ROLES for part in model.parts_of(resource) if part.role == role]
    for part in parts:
        for value in _shown(document, part):
            things = value if part.role == "list" else [value]
            for thing in things if isinstance(things, list) else ():
                own = member_at(thing, resource.id)
                if isinstance(thing, Mapping) and own is not None and len(found) < _MOST:
                    found.setdefault(str(own), thing)
    return list(found.values()) or list(_of_schemas(document, parts, shapes, resource))


def _shown(document: Document, part: Part) -> Iterator[Any]:
    """The thing, or the list of things, in each example of a success."""
    if part.shown is None:
        return
    for key, written in document.mapping(part.operation.node.get("responses")).items():
        if not str(key).startswith("2"):
            continue
        for kind, node in media.declared(document.mapping(document.mapping(written).get("content"))).items():
            if media.kind_of(media.parse(kind).essence) == "json":
                for value in examples_of(document, node).values():
                    yield member_at(value, part.shown)


def _of_schemas(
    document: Document, parts: list[Part], shapes: Shapes, resource: Resource
) -> Iterator[Mapping[str, Any]]:
    """The example that the schema of a thing has itself."""
    for part in parts:
        schema = answer_schema(document, part.operation)
        if part.shown is None or schema is None:
            continue
        schema = shapes.at(schema, part.shown)
        schema = shapes.items(schema) if part.role == "list" else schema
        example = flatten(document, [schema]).hint("example")
        if isinstance(example, Mapping) and member_at(example, resource.id) is not None:
            yield example
            return
