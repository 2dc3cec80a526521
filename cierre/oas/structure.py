"""Where things are in an OpenAPI document: which member of which object holds what.

A walk by this table never takes a `$ref` inside of an example's value for a reference, and knows a schema from a
response without guessing. Source: OpenAPI 3.0.3 and 3.1.0, section 4.7 / 4.8, "Schema" of each object.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# The section of `components` where a thing of this kind is kept.
SECTIONS = {
    "schema": "schemas",
    "response": "responses",
    "parameter": "parameters",
    "example": "examples",
    "requestBody": "requestBodies",
    "header": "headers",
    "securityScheme": "securitySchemes",
    "link": "links",
    "callback": "callbacks",
    "pathItem": "pathItems",
}

_SCHEMA = dict.fromkeys(
    (
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    ),
    "schema",
)
_SCHEMA |= dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), "list:schema")
_SCHEMA |= dict.fromkeys(("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"), "map:schema")

_CONTENT = {"schema": "schema", "content": "map:mediaType", "examples": "map:example"}

# kind of object → its members → what they hold; `map:` and `list:` say in what.
MEMBERS: dict[str, dict[str, str]] = {
    "document": {
        "paths": "map:pathItem",
        "webhooks": "map:pathItem",
        "components": "components",
        "x-cierre-unrouted": "map:responses",
    },
    "components": {section: f"map:{kind}" for kind, section in SECTIONS.items()},
    "pathItem": {"parameters": "list:parameter", **dict.fromkeys(METHODS, "operation")},
    "operation": {
        "parameters": "list:parameter",
        "requestBody": "requestBody",
        "responses": "responses",
        "callbacks": "map:callback",
    },
    "requestBody": {"content": "map:mediaType"},
    "response": {"headers": "map:header", "content": "map:mediaType", "links": "map:link"},
    "parameter": _CONTENT,
    "header": _CONTENT,
    "mediaType": {"schema": "schema", "examples": "map:example", "encoding": "map:encoding"},
    "encoding": {"headers": "map:header"},
    "schema": _SCHEMA,
}
# Objects all of whose members hold the same.
ALIKE = {"responses": "response", "callback": "pathItem"}


class Spot(NamedTuple):
    """One object of a document: what it is, itself, and where (a JSON pointer, RFC 6901)."""

    kind: str
    node: Any
    pointer: str


def kind_of_member(kind: str, key: str) -> str | None:
    """What the member `key` of an object of this kind holds; None where it is data or an extension."""
    if kind in ALIKE:
        return None if key.startswith("x-") else ALIKE[kind]
    container, _, inner = kind.partition(":")
    if container in {"map", "list"}:
        return inner
    return MEMBERS.get(kind, {}).get(key)


def escape(token: str) -> str:
    """A member's name as a token of a JSON pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def members(spot: Spot) -> Iterator[Spot]:
    """The objects directly below this one."""
    if isinstance(spot.node, dict):
        for key, value in spot.node.items():
            kind = kind_of_member(spot.kind, key)
            if kind is not None and isinstance(value, dict | list):
                yield Spot(kind, value, f"{spot.pointer}/{escape(key)}")
    elif isinstance(spot.node, list):
        inner = spot.kind.removeprefix("list:")
        for index, value in enumerate(spot.node):
            if isinstance(value, dict | list):
                yield Spot(inner, value, f"{spot.pointer}/{index}")


def walk(document: dict[str, Any]) -> Iterator[Spot]:
    """Every object of the document, parents first; references are met, not followed."""
    waiting = [Spot("document", document, "")]
    while waiting:
        spot = waiting.pop()
        if not spot.kind.startswith(("map:", "list:")):
            yield spot
        waiting.extend(reversed(list(members(spot))))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation with its path and method, in the document's order."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if isinstance(item, dict) and isinstance(item.get(method), dict):
                yield path, method, item[method]


def find(document: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901), percent-decoded, leads to. Raises KeyError where that is nothing."""
    node = document
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and name.isdigit() and int(name) < len(node):
            node = node[int(name)]
        elif isinstance(node, dict) and name in node:
            node = node[name]
        else:
            raise KeyError(pointer)
    return node


def resolved(document: dict[str, Any], node: Any) -> Any:
    """The object itself where `node` is a reference into the document, otherwise `node`."""
    seen: set[str] = set()
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        reference = node["$ref"]
        if reference in seen or not reference.startswith("#"):
            return {}
        seen.add(reference)
        node = find(document, reference[1:])
    return node
