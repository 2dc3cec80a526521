"""Reading an OpenAPI document: find a node by steps, follow references, list what it promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Step = str | int

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def walk(document: Document, *steps: Step) -> tuple[list[str], Any]:
    """Follow `steps` and every reference on the way.

    Returns the path without references that was reached, and the node there; it stops where the document does.
    """
    walked, node = _dereferenced(document, [], document)
    for step in steps:
        if step == "$ref":
            continue
        try:
            node = node[_key(node, step)]
        except (KeyError, IndexError, TypeError):
            break
        walked, node = _dereferenced(document, [*walked, str(step)], node)
    return walked, node


def pointer(document: Document, *steps: Step) -> str:
    """The JSON pointer, as a URI fragment without percent-encoding, that `steps` lead to."""
    return "#" + "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in walk(document, *steps)[0])


def find(document: Document, *steps: Step) -> Any:
    """The node that `steps` lead to, or None where the document ends before."""
    node: Any = document
    for index in range(len(steps) + 1):
        _, node = _dereferenced(document, [], node)
        if index == len(steps):
            break
        try:
            node = node[_key(node, steps[index])]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def _key(node: Any, step: Step) -> Any:
    if isinstance(node, list):
        return int(step)
    return step if step in node or not isinstance(step, str) or not step.isdigit() else int(step)


def _dereferenced(document: Document, walked: list[str], node: Any) -> tuple[list[str], Any]:
    seen: set[str] = set()
    while isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"].startswith("#/"):
        if node["$ref"] in seen:
            break
        seen.add(node["$ref"])
        walked = [part.replace("~1", "/").replace("~0", "~") for part in node["$ref"][2:].split("/")]
        node = document
        for part in walked:
            node = node[_key(node, part)]
    return walked, node


@dataclass(frozen=True)
class Operation:
    """One operation of the document; `steps` lead to it."""

    path: str
    method: str
    definition: Document
    item: Document

    @property
    def label(self) -> str:
        """`METHOD /path`, as schemathesis names it."""
        return f"{self.method.upper()} {self.path}"

    @property
    def name(self) -> str:
        return str(self.definition.get("operationId", self.label))

    @property
    def steps(self) -> tuple[str, ...]:
        return ("paths", self.path, self.method)


def operations(document: Document) -> Iterator[Operation]:
    """Every operation, in the order of the document."""
    for path in document.get("paths", {}):
        item = find(document, "paths", path)
        for method in METHODS:
            if isinstance(item, dict) and method in item:
                yield Operation(path, method, find(document, "paths", path, method), item)


def parameters(document: Document, operation: Operation) -> list[Document]:
    """The parameters of the operation, those of its path included, references followed."""
    found: dict[tuple[str, str], Document] = {}
    for base in (("paths", operation.path), operation.steps):
        for index in range(len(find(document, *base, "parameters") or ())):
            parameter = find(document, *base, "parameters", index)
            found[parameter["in"], parameter["name"].lower()] = parameter
    return list(found.values())


def responses(document: Document, operation: Operation) -> dict[str, Document]:
    """Status, as written, → the response object."""
    return {
        str(status): find(document, *operation.steps, "responses", status) or {}
        for status in operation.definition.get("responses", {})
    }


def media_types(document: Document, operation: Operation) -> list[str]:
    """Every media type that some answer of the operation is documented with."""
    found = dict.fromkeys(
        media_type for response in responses(document, operation).values() for media_type in response.get("content", {})
    )
    return list(found)


def security(document: Document, operation: Operation) -> list[Document]:
    """The alternatives of credentials; empty where none is needed."""
    declared = operation.definition.get("security", document.get("security")) or []
    return [] if any(not alternative for alternative in declared) else list(declared)
