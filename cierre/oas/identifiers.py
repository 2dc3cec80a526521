"""`$id` (JSON Schema 2020-12, section 8.2.1): schemas that have an address, and references that are relative to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag, urljoin

from cierre.oas.pointers import pointer
from cierre.oas.references import UnresolvableReference, lookup
from cierre.oas.structure import NAMES, VALUES


def make_local(root: Any) -> None:
    """Write every reference to such a schema, or inside of one, as a pointer from the top of the file."""
    _Identifiers(root).make_local()


class _Identifiers:
    """The addresses of one file's schemas."""

    def __init__(self, root: Any) -> None:
        self._root = root
        # From an address to the pointer of its schema.
        self._places: dict[str, str] = {}

    def make_local(self) -> None:
        # All addresses must be known before the first reference is changed.
        for node, address, place in list(self._walk(self._root)):
            node["$ref"] = self._local(node["$ref"], address, place)

    def _walk(self, top: Any) -> Iterator[tuple[dict[str, Any], str, str]]:
        """Each node with a `$ref`, and the address and the pointer of the schema that it is relative to."""
        # The document's own address, of OpenAPI 3.2.
        own = top.get("$self") if isinstance(top, dict) else None
        base = urldefrag(own)[0] if isinstance(own, str) else ""
        if base:
            self._places[base] = ""
        pending: list[tuple[Any, bool, str, str, str]] = [(top, False, "", base, "")]
        while pending:
            node, named, where, address, place = pending.pop()
            if isinstance(node, list):
                pending.extend((child, False, where + pointer(n), address, place) for n, child in enumerate(node))
            elif isinstance(node, dict):
                if isinstance(node.get("$id"), str) and not named:
                    address, place = urldefrag(urljoin(address, node["$id"]))[0], where
                    self._places.setdefault(address, place)
                if isinstance(node.get("$ref"), str):
                    yield node, address, place
                pending.extend(
                    (child, not named and key in NAMES, where + pointer(key), address, place)
                    for key, child in node.items()
                    if named or key not in VALUES
                )

    def _local(self, ref: str, address: str, place: str) -> str:
        target, fragment = urldefrag(urljoin(address, ref))
        if ref.startswith("#"):
            fragment = ref[1:]
        elif target in self._places:
            place = self._places[target]
        else:
            return ref
        if fragment and not fragment.startswith("/"):
            return f"#{fragment}"
        inner = f"#{place}{fragment}"
        # Many write `#/components/…` below an `$id`, and mean the document.
        return inner if self._leads_somewhere(inner) else ref

    def _leads_somewhere(self, ref: str) -> bool:
        try:
            lookup(self._root, ref)
        except UnresolvableReference:
            return False
        return True
