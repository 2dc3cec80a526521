"""References where OpenAPI foresees none, replaced by what they lead to.

`get: {$ref: …}`, `content: {$ref: …}`, `security: {$ref: …}` and the like stand in many documents. Once they are
replaced, the code that reads the document expects references where the standard does, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cierre.oas.pointers import pointer
from cierre.oas.references import UnresolvableReference, resolve
from cierre.oas.structure import SECTIONS, VALUE, VALUES, kind_of_document, kind_of_member

# Where a reference is foreseen: of these kinds are components.
_FORESEEN = frozenset(SECTIONS) | {"schema"}
_CONTAINERS = (dict, list)
# A member of one of these names, or a media type, whose value begins with a `$ref`.
_NAMES = frozenset(
    name.encode()
    for name in (
        *("get", "put", "post", "delete", "options", "head", "patch", "trace", "query", "additionalOperations"),
        *("paths", "webhooks", "x-webhooks", "components", "info", "servers", "tags", "security", "variables"),
        *("externalDocs", "content", "example", "encoding", "externalValue", "required", "enum", "const", "xml"),
        *("discriminator", "properties", "patternProperties", "dependentSchemas", "$defs", "definitions"),
        *("allOf", "anyOf", "oneOf", "prefixItems", *SECTIONS.values()),
    )
)
_MEDIA_TYPE = re.compile(rb"[\w.*+-]{1,100}/[\w.*+-]{1,100}")
_REFERENCE = b"$ref"
# Bytes before a reference that its name is looked for in: white space of deep nesting, and the name.
_BEFORE = 400
_OPENING, _QUOTES = b" \t\r\n{\"'", b"\"'"
# What is before a name without quotes.
_BREAK = re.compile(rb"[\s{,]")
_EXAMPLE = re.compile(r"#/components/examples/[^/]+\Z")


def may_hold_any(raw: bytes) -> bool:
    """Whether a walk is worth its time: some reference stands right below a name where none is foreseen."""
    if _REFERENCE not in raw:
        return False
    *pieces, _ = raw.split(_REFERENCE)
    return any(name in _NAMES or _MEDIA_TYPE.fullmatch(name) for name in map(_name_before, pieces))


def _name_before(piece: bytes) -> bytes:
    """The name whose value begins where the piece ends; nothing where a list's item begins there."""
    before = piece[-_BEFORE:].rstrip(_OPENING)
    if not before.endswith(b":"):
        return b""
    before = before[:-1].rstrip()
    quote = before[-1:]
    if quote and quote in _QUOTES:
        return before[:-1].rpartition(quote)[2]
    return _BREAK.split(before)[-1]


def replace_unforeseen(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Replace the references in place. Yields the pointer and the `$ref` of each that leads nowhere, and is removed."""
    pending: list[tuple[str, Any, tuple[str | int, ...]]] = [(kind_of_document(document), document, ())]
    # What is referred to is shared: each part is looked through once.
    seen: set[int] = set()
    while pending:
        kind, node, where = pending.pop()
        if id(node) in seen or not isinstance(node, dict | list):
            continue
        seen.add(id(node))
        of_list = kind.removeprefix("list:")
        for key, child in list(enumerate(node) if isinstance(node, list) else node.items()):
            if not isinstance(child, _CONTAINERS):
                continue
            inner = of_list if isinstance(node, list) else kind_of_member(kind, key)
            if inner is None:
                continue
            if isinstance(child, dict) and isinstance(child.get("$ref"), str) and inner not in _FORESEEN:
                yield from _replace(document, node, key, inner, (*where, key))
            if inner != VALUE:
                pending.append((inner, node[key], (*where, key)))


def _replace(
    document: dict[str, Any], holder: Any, key: str | int, kind: str, where: tuple[str | int, ...]
) -> Iterator[tuple[str, str]]:
    node = holder[key]
    try:
        found = resolve(document, node)
    except UnresolvableReference:
        if where[-1] in VALUES:
            # An example may well be an object with a member `$ref`.
            return
        yield pointer(*where), node["$ref"]
        found = {}
    if kind == VALUE and where[-1] == "example" and isinstance(found, dict) and _EXAMPLE.match(node["$ref"]):
        found = found.get("value", found)
    siblings = {name: value for name, value in node.items() if name != "$ref"}
    holder[key] = {**found, **siblings} if isinstance(found, dict) and siblings else found
