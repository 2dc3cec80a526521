"""Local `$ref`s of a document: resolved when somebody follows them, never ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from cierre.oas.pointers import tokens


class UnresolvableReference(LookupError):
    """A `$ref` that leads nowhere. `ref` is the reference as written."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"$ref {ref} leads nowhere")
        self.ref = ref


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
    for token in tokens(unquote(ref[1:])) if "%" in ref else tokens(ref[1:]):
        node = member(node, token, ref)
    return node


def member(node: Any, token: str | int, ref: str = "") -> Any:
    """The member of a mapping or the item of a list.

    Raises:
        UnresolvableReference: of `ref`; there is no such member.
    """
    if type(node) is dict and token in node:
        return node[token]
    if isinstance(node, Mapping):
        if token in node:
            return node[token]
        # A mapping that did not come from a file may have the number 200 for a key.
        if isinstance(token, str) and token.isdecimal() and int(token) in node:
            return node[int(token)]
    elif isinstance(node, list) and str(token).isdecimal() and int(token) < len(node):
        return node[int(token)]
    raise UnresolvableReference(ref)


def resolve(document: Any, node: Any) -> Any:
    """Follow `$ref`s until something else stands there.

    Raises:
        UnresolvableReference: one of them leads nowhere, or they run in a circle.
    """
    # As nearly every node is; to ask an abstract class for its kind costs many times as much.
    if type(node) is dict and "$ref" not in node:
        return node
    seen: set[str] = set()
    while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
        ref = node["$ref"]
        if ref in seen:
            raise UnresolvableReference(ref)
        seen.add(ref)
        node = lookup(document, ref)
    return node


def resolved(document: Any, node: Any) -> Any:
    """Like `resolve`; {} where a reference leads nowhere."""
    try:
        return resolve(document, node)
    except UnresolvableReference:
        return {}


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
