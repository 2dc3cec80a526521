"""Where a document says what a request breaks: file, line and column of the schema or the parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cierre.oas.document import Document
from cierre.oas.pointers import escape, pointer, tokens
from cierre.oas.structure import Operation
from cierre.oas.validation import Violation, media

# References that lead to references, and schemas inside of schemas.
_DEEP = 40


def place_of(document: Document, operation: Operation, violation: Violation, content_type: str = "") -> str:
    """`openapi.yaml:41:9`, as a terminal opens it; of a document without files a pointer into it.

    Args:
        document: that the operation is of.
        operation: that the request was for.
        violation: of the request.
        content_type: of the request's body.
    """
    walk = _Walk(document, ["paths", operation.path, operation.method])
    if violation.location == "body":
        _to_body(walk, content_type)
        for token in tokens(violation.pointer):
            if not walk.into_value(token):
                break
        walk.enter(violation.rule)
    else:
        _to_parameter(document, walk, operation, violation)
    return document.place(walk.where)


class _Walk:
    """A place in the document that moves inwards and follows references."""

    def __init__(self, document: Document, start: list[str]) -> None:
        self.where = ""
        self._root = document.root
        self.node: Any = document.root
        for token in start:
            self.enter(token)

    def enter(self, token: str) -> bool:
        """Go to a member or an item; False, and stay, where there is none."""
        self._follow()
        if isinstance(self.node, Mapping) and token in self.node:
            self.node = self.node[token]
        elif isinstance(self.node, list) and token.isdigit() and int(token) < len(self.node):
            self.node = self.node[int(token)]
        else:
            return False
        self.where += f"/{escape(token)}"
        return True

    def _follow(self) -> None:
        for _ in range(_DEEP):
            target = self.node.get("$ref") if isinstance(self.node, Mapping) else None
            if not isinstance(target, str) or not target.startswith("#"):
                return
            node: Any = self._root
            for token in tokens(target[1:]):
                node = node.get(token) if isinstance(node, Mapping) else None
            if node is None:
                return
            self.node, self.where = node, target[1:]

    def into_value(self, token: str, depth: int = 0) -> bool:
        """Go from the schema of a value to that of its member or item."""
        node, where = self.node, self.where
        if self.enter("properties") and self.enter(token):
            return True
        self.node, self.where = node, where
        if token.isdigit() and self.enter("items"):
            return True
        for keyword in ("allOf", "anyOf", "oneOf") if depth < _DEEP else ():
            self.node, self.where = node, where
            if not self.enter(keyword):
                continue
            inner, place = self.node, self.where
            for index in range(len(inner) if isinstance(inner, list) else 0):
                self.node, self.where = inner, place
                if self.enter(str(index)) and self.into_value(token, depth + 1):
                    return True
        self.node, self.where = node, where
        return False


def _to_body(walk: _Walk, content_type: str) -> None:
    if not (walk.enter("requestBody") and walk.enter("content")):
        return
    keys = [str(key) for key in walk.node] if isinstance(walk.node, Mapping) else []
    essence = media.parse(content_type).essence
    same = [key for key in keys if media.parse(key).essence == essence] or keys
    if same and walk.enter(same[0]):
        walk.enter("schema")


def _to_parameter(document: Document, walk: _Walk, operation: Operation, violation: Violation) -> None:
    name = next(iter(tokens(violation.pointer)), "")
    for holder, start in (
        (operation.node, pointer("paths", operation.path, operation.method)),
        (operation.path_item, pointer("paths", operation.path)),
    ):
        listed = holder.get("parameters")
        for index, written in enumerate(listed if isinstance(listed, list) else ()):
            node = document.mapping(written)
            if node.get("in") != violation.location or str(node.get("name", "")).lower() != name.lower():
                continue
            found = _Walk(document, [*tokens(start), "parameters", str(index)])
            found.enter("schema")
            walk.node, walk.where = found.node, found.where
            return
