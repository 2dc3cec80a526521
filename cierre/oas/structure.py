"""Where things are in an OpenAPI document: which member of which object holds what.

A walk by this table never takes a `$ref` inside of an example's value for a reference, and knows a schema from a
response without guessing. Source: OpenAPI 3.0.3 and 3.1.0, section 4.7 / 4.8, "Schema" of each object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cierre.oas.pointers import escape, pointer
from cierre.oas.references import resolved

Json = dict[str, Any]

# A member that is data, and yet is written by reference in many documents.
VALUE = "value"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
# Below these stand values, not parts of the document.
VALUES = frozenset({"example", "default", "enum", "const", "value", "dataValue"})

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

# The same of Swagger 2.0, which keeps them at its top.
SWAGGER_2_SECTIONS = {
    "schema": "definitions",
    "parameter": "parameters",
    "response": "responses",
    "securityScheme": "securityDefinitions",
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
_SCHEMA |= dict.fromkeys(("required", "enum", "example", "default", "const", "discriminator", "xml"), VALUE)
_SCHEMA |= dict.fromkeys(("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"), "map:schema")

_CONTENT = {"schema": "schema", "content": "map:mediaType", "example": VALUE, "examples": "map:example"}

# kind of object → its members → what they hold; `map:` and `list:` say in what.
MEMBERS: dict[str, dict[str, str]] = {
    "document": {
        "paths": "map:pathItem",
        "webhooks": "map:pathItem",
        # As Redocly and others have it for documents older than 3.1.
        "x-webhooks": "map:pathItem",
        "components": "components",
        "info": "object",
        "servers": "list:object",
        "tags": "list:object",
        "security": VALUE,
        "externalDocs": "object",
        "x-cierre-unrouted": "map:responses",
    },
    "swagger": {
        "paths": "map:pathItem",
        "info": "object",
        "tags": "list:object",
        "security": VALUE,
        "externalDocs": "object",
        **{section: f"map:{kind}" for kind, section in SWAGGER_2_SECTIONS.items()},
    },
    "components": {section: f"map:{kind}" for kind, section in SECTIONS.items()},
    "pathItem": {
        "parameters": "list:parameter",
        "servers": "list:object",
        "additionalOperations": "map:operation",
        **dict.fromkeys(METHODS, "operation"),
    },
    "operation": {
        "servers": "list:object",
        "externalDocs": "object",
        "security": VALUE,
        "tags": VALUE,
        "parameters": "list:parameter",
        "requestBody": "requestBody",
        "responses": "responses",
        "callbacks": "map:callback",
    },
    "requestBody": {"content": "map:mediaType"},
    # `schema` is Swagger 2.0's.
    "response": {"headers": "map:header", "content": "map:mediaType", "links": "map:link", "schema": "schema"},
    "parameter": _CONTENT,
    "header": _CONTENT,
    "mediaType": {
        "schema": "schema",
        "itemSchema": "schema",
        "example": VALUE,
        "examples": "map:example",
        "encoding": "map:encoding",
    },
    "encoding": {"headers": "map:header"},
    "schema": _SCHEMA,
}
# Below these the keys are names that somebody chose: a property `value`, a response `default`.
NAMES = frozenset(
    {key for members in MEMBERS.values() for key, kind in members.items() if kind.startswith("map:")} | {"responses"}
)
_CONTAINERS = (dict, list)
# Objects all of whose members hold the same.
ALIKE = {"responses": "response", "callback": "pathItem"}


def is_swagger_2(document: Mapping[str, Any]) -> bool:
    """Whether it is Swagger 2.0; in YAML the version may be a number."""
    return "openapi" not in document and document.get("swagger") in {"2.0", "2", 2}


def kind_of_document(document: Mapping[str, Any]) -> str:
    """The kind of the whole document, as `MEMBERS` has it."""
    return "swagger" if is_swagger_2(document) else "document"


class Spot(NamedTuple):
    """One object of a document: what it is, itself, and where (a JSON pointer, RFC 6901)."""

    kind: str
    node: Any
    pointer: str


def kind_of_member(kind: str, key: str) -> str | None:
    """What the member `key` of an object of this kind holds; None where it is data or an extension."""
    if kind in MEMBERS:
        return MEMBERS[kind].get(key)
    if kind in ALIKE:
        return None if key.startswith("x-") else ALIKE[kind]
    container, _, inner = kind.partition(":")
    return inner if container in {"map", "list"} else None


def members(spot: Spot) -> list[Spot]:
    """The objects directly below this one."""
    kind, node, where = spot
    found = []
    if isinstance(node, dict):
        held = MEMBERS.get(kind)
        for key, value in node.items():
            if isinstance(value, _CONTAINERS):
                inner = held.get(key) if held is not None else kind_of_member(kind, key)
                if inner is not None and inner != VALUE:
                    found.append(Spot(inner, value, f"{where}/{escape(key)}"))
    elif isinstance(node, list):
        inner = kind.removeprefix("list:")
        for index, value in enumerate(node):
            if isinstance(value, _CONTAINERS):
                found.append(Spot(inner, value, f"{where}/{index}"))
    return found


def walk(document: Mapping[str, Any]) -> Iterator[Spot]:
    """Every object of the document, parents first; references are met, not followed."""
    waiting = [Spot("document", document, "")]
    while waiting:
        spot = waiting.pop()
        if not spot.kind.startswith(("map:", "list:")):
            yield spot
        waiting += reversed(members(spot))


class Operation(NamedTuple):
    """One operation.

    Attributes:
        path: the key under `paths`.
        method: in lower case.
        node: the operation object.
        path_item: that holds it, references followed.
    """

    path: str
    method: str
    node: Json
    path_item: Json

    @property
    def label(self) -> str:
        """`METHOD /path`."""
        return f"{self.method.upper()} {self.path}"

    @property
    def name(self) -> str:
        """The operationId, or without one the label."""
        return str(self.node.get("operationId", self.label))

    @property
    def steps(self) -> tuple[str, ...]:
        """From the document to the operation, references on the way aside."""
        return ("paths", self.path, self.method)


def path_item_of(document: Mapping[str, Any], written: Any) -> Json:
    """A path item, with what stands beside its `$ref` (OpenAPI 3.1, section 4.8.9.1): the siblings go first."""
    item = _mapping(document, written)
    if not isinstance(written, dict) or item is written:
        return item
    return {**item, **{key: value for key, value in written.items() if key != "$ref"}} if len(written) > 1 else item


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation, in the order of the document; those that 3.2 adds (`query`, `additionalOperations`) as well."""
    for path, written in _mapping(document, document.get("paths")).items():
        if str(path).startswith("x-"):
            continue
        item = path_item_of(document, written)
        for method in METHODS:
            if isinstance(item.get(method), dict):
                yield Operation(str(path), method, item[method], item)
        for method, node in _mapping(document, item.get("additionalOperations")).items():
            if isinstance(node, dict):
                yield Operation(str(path), method.lower(), node, item)


def _mapping(document: Mapping[str, Any], node: Any) -> Json:
    found = resolved(document, node)
    return found if isinstance(found, dict) else {}


def _is_data(key: str, value: Any) -> bool:
    return key in VALUES or key.startswith("x-") or (key == "examples" and isinstance(value, list))


def references(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The pointer of each object that is a reference, and where it leads; references in data are left out."""
    pending: list[tuple[tuple[str | int, ...], Any, bool]] = [((), document, False)]
    while pending:
        where, node, named = pending.pop()
        if isinstance(node, Mapping):
            if isinstance(node.get("$ref"), str):
                yield pointer(*where), node["$ref"]
            pending.extend(
                ((*where, key), child, not named and key in NAMES)
                for key, child in node.items()
                if named or not _is_data(key, child)
            )
        elif isinstance(node, list):
            pending.extend(((*where, index), child, False) for index, child in enumerate(node))


def body_members(document: Mapping[str, Any], operation: Mapping[str, Any]) -> frozenset[str]:
    """The names that the schemas of an operation's body list as properties."""
    content = _mapping(document, operation.get("requestBody")).get("content", {})
    schemas = [_mapping(document, media.get("schema")) for media in content.values()]
    return frozenset(name for schema in schemas for name in schema.get("properties", {}))
