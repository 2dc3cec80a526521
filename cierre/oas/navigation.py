"""Following steps through a document and the references on the way, and what an operation promises."""

from __future__ import annotations

from typing import Any

from cierre.oas import pointers
from cierre.oas.references import UnresolvableReference, lookup, member
from cierre.oas.structure import Operation

Json = dict[str, Any]
Step = str | int


def walk(document: Json, *steps: Step) -> tuple[list[str], Any]:
    """Follow `steps` and every reference on the way.

    Returns the path without references that was reached, and the node there; it stops where the document does.
    """
    walked, node = _dereferenced(document, [], document)
    for step in steps:
        if step == "$ref":
            continue
        try:
            node = member(node, step)
        except UnresolvableReference:
            break
        walked, node = _dereferenced(document, [*walked, str(step)], node)
    return walked, node


def pointer(document: Json, *steps: Step) -> str:
    """The JSON pointer, as a URI fragment without percent-encoding, that `steps` lead to."""
    return "#" + pointers.pointer(*walk(document, *steps)[0])


def find(document: Json, *steps: Step) -> Any:
    """The node that `steps` lead to, or None where the document ends before."""
    _, node = _dereferenced(document, [], document)
    for step in steps:
        try:
            _, node = _dereferenced(document, [], member(node, step))
        except UnresolvableReference:
            return None
    return node


def _dereferenced(document: Json, walked: list[str], node: Any) -> tuple[list[str], Any]:
    seen: set[str] = set()
    while isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"] not in seen:
        ref = node["$ref"]
        seen.add(ref)
        node = lookup(document, ref)
        walked = pointers.tokens(ref[1:])
    return walked, node


def parameters(document: Json, operation: Operation) -> list[Json]:
    """The parameters of the operation, those of its path included, references followed."""
    found: dict[tuple[str, str], Json] = {}
    for base in (("paths", operation.path), operation.steps):
        for index in range(len(find(document, *base, "parameters") or ())):
            parameter = find(document, *base, "parameters", index)
            found[parameter["in"], parameter["name"].lower()] = parameter
    return list(found.values())


def responses(document: Json, operation: Operation) -> dict[str, Json]:
    """Status, as written, → the response object."""
    return {
        str(status): find(document, *operation.steps, "responses", status) or {}
        for status in operation.node.get("responses", {})
    }


def media_types(document: Json, operation: Operation) -> list[str]:
    """Every media type that some answer of the operation is documented with."""
    found = dict.fromkeys(
        media_type for response in responses(document, operation).values() for media_type in response.get("content", {})
    )
    return list(found)


def security(document: Json, operation: Operation) -> list[Json]:
    """The alternatives of credentials; empty where none is needed."""
    declared = operation.node.get("security", document.get("security")) or []
    return [] if any(not alternative for alternative in declared) else list(declared)
