"""Schemas of two documents that are the same, with all that they reach: nothing of them has to be compared."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any

from cierre.oas.document import Document
from cierre.oas.pointers import pointer
from cierre.oas.references import UnresolvableReference, lookup

_REFERENCES = ("$ref", "$dynamicRef")
_CONTAINERS = (dict, list)


class Sameness:
    """What two documents have in common.

    Args:
        old: one document.
        new: the other one. Where it is of another version of OpenAPI nothing is the same, as it reads differently.
    """

    def __init__(self, old: Document, new: Document) -> None:
        self._old = old
        self._new = new
        # By identity; the node is kept beside, so its id cannot be given to another.
        self._known: dict[int, tuple[Any, frozenset[str]]] = {}

    def holds(self, old: Any, new: Any) -> bool:
        """Whether a schema of the one document and a schema of the other are the same."""
        if self._old.version != self._new.version or old != new:
            return False
        return self._references(old) <= self._unchanged

    @cached_property
    def _unchanged(self) -> frozenset[str]:
        """The references below which all is the same in both documents."""
        sections = self._old.mapping(self._old.root.get("components"))
        pending = ["#" + pointer("components", kind, name) for kind in sections for name in _names(sections[kind])]
        pending += self._references(self._old.root.get("paths"))
        changed: list[str] = []
        holders: defaultdict[str, list[str]] = defaultdict(list)
        seen = set(pending)
        while pending:
            ref = pending.pop()
            if not self._is_alike(ref):
                changed.append(ref)
                continue
            for target in self._references(lookup(self._old.root, ref)):
                holders[target].append(ref)
                if target not in seen:
                    seen.add(target)
                    pending.append(target)
        unchanged = seen
        while changed:
            ref = changed.pop()
            if ref in unchanged:
                unchanged.discard(ref)
                changed += holders[ref]
        return frozenset(unchanged)

    def _is_alike(self, ref: str) -> bool:
        """Whether the same is written where it leads."""
        try:
            return bool(lookup(self._old.root, ref) == lookup(self._new.root, ref))
        except UnresolvableReference:
            return False

    def _references(self, node: Any) -> frozenset[str]:
        """All that is written in a node."""
        known = self._known.get(id(node))
        if known is None:
            known = self._known[id(node)] = node, _references(node)
        return known[1]


def _names(section: Any) -> list[str]:
    return [str(name) for name in section] if isinstance(section, dict) else []


def _references(node: Any) -> frozenset[str]:
    found: set[str] = set()
    pending = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            found.update(one[key] for key in _REFERENCES if isinstance(one.get(key), str))
            pending += [value for value in one.values() if isinstance(value, _CONTAINERS)]
        elif isinstance(one, list):
            pending += [value for value in one if isinstance(value, _CONTAINERS)]
    return frozenset(found)
