"""Local `$ref`s of a document: resolved when somebody follows them, never ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from cierre.oas.validation.violations import UnresolvableReference


def lookup(document: Any, ref: str) -> Any:
    """The node that a local reference names: `#/components/schemas/User`, or an `$anchor` of JSON Schema: `#user`.

    Raises:
        UnresolvableReference: it leads nowhere, or out of the document.
    """
    if not ref.startswith("#"):
        raise UnresolvableReference(ref)
    if ref != "#" and not ref.startswith("#/"):
        return _anchored(document, ref)
    node = document
    for raw in ref[1:].split("/")[1:]:
        token = unquote(raw).replace("~1", "/").replace("~0", "~")
        node = _step(node, token, ref)
    return node


def _anchored(document: Any, ref: str) -> Any:
    name, pending = ref[1:], [document]
    while pending:
        node = pending.pop()
        if isinstance(node, Mapping):
            if name in {node.get("$anchor"), node.get("$dynamicAnchor")}:
                return node
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    raise UnresolvableReference(ref)


def _step(node: Any, token: str, ref: str) -> Any:
    if isinstance(node, Mapping):
        if token in node:
            return node[token]
        # YAML reads an unquoted `200:` as a number.
        if token.isdigit() and int(token) in node:
            return node[int(token)]
    elif isinstance(node, list) and token.isdigit() and int(token) < len(node):
        return node[int(token)]
    raise UnresolvableReference(ref)


def resolve(document: Any, node: Any) -> Any:
    """Follow `$ref`s until something else stands there.

    Raises:
        UnresolvableReference: one of them leads nowhere, or they run in a circle.
    """
    seen: set[str] = set()
    while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
        ref = node["$ref"]
        if ref in seen:
            raise UnresolvableReference(ref)
        seen.add(ref)
        node = lookup(document, ref)
    return node
