"""Many files as one document: references from file to file become references to components."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from cierre.oas.errors import REFERENCE, Problem
from cierre.oas.files import Files
from cierre.oas.locations import Location, Unreadable
from cierre.oas.pointers import escape, pointer, tokens
from cierre.oas.references import UnresolvableReference, lookup
from cierre.oas.structure import SECTIONS, SWAGGER_2_SECTIONS, VALUE, is_swagger_2, kind_of_document, kind_of_member
from cierre.phrases import Phrase

# A discriminator's mapping holds references, and names of schemas.
_IS_REFERENCE = re.compile(r"[./#]")
# An example in a file: what is read as JSON or YAML.
_IS_DATA = re.compile(r"\A[^:?#]+\.(?:json|ya?ml)\Z")
# What takes the place of its reference; the rest becomes a component.
_IN_PLACE = frozenset({"pathItem", "example"})


class Joiner:
    """Follows references from file to file and collects what they name.

    Attributes:
        origins: from pointers into the joined document to the file, and the pointer in it, that a part came from.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self.origins: dict[str, tuple[Location, str]] = {"": (files.root, "")}
        self._components: dict[str, dict[str, Any]] = {}
        self._placed: dict[tuple[Location, str, str], str] = {}
        self._open: set[tuple[Location, str]] = set()
        # Where components are kept: Swagger 2.0 has its sections at the top.
        is_old = is_swagger_2(files.contents[files.root])
        self._sections, self._prefix = (SWAGGER_2_SECTIONS, "") if is_old else (SECTIONS, "/components")
        # Extensions hold what they refer to in place: tools do not look into them, and would find it unused.
        self._in_extension = False

    def join(self) -> dict[str, Any]:
        """The document as one mapping. What is wrong is noted in `files.problems`, and left out."""
        document = self.files.contents[self.files.root]
        components = document.get("components") if self._prefix else document
        for kind, section in self._sections.items() if isinstance(components, dict) else ():
            self._reserve(kind, section, components.get(section), self.files.root, f"{self._prefix}/{section}")
        joined: dict[str, Any] = self._join(document, kind_of_document(document), self.files.root, "", "")
        if any(self._components.values()):
            kept = joined.setdefault("components", {}) if self._prefix else joined
            for section in sorted(self._components):
                kept[section] = {**dict(sorted(self._components[section].items())), **kept.get(section, {})}
        return joined

    def _reserve(self, kind: str, section: str, entries: Any, file: Location, source: str) -> None:
        """Keep the names of the document's own components; one that is a file of its name holds the file's content."""
        if isinstance(entries, dict) and isinstance(entries.get("$ref"), str):
            found = self._target(entries["$ref"], file, source)
            if found is not None:
                inner = lookup(self.files.contents[found[0]], f"#{found[1]}")
                self._reserve(kind, section, inner, *found)
            return
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            self._components.setdefault(section, {})[name] = None
            if isinstance(entry, dict) and set(entry) == {"$ref"} and isinstance(entry["$ref"], str):
                found = self._target(entry["$ref"], file, f"{source}/{escape(name)}")
                if found is not None and found[0] != self.files.root and _component_name(*found) == name:
                    self._placed.setdefault((*found, kind), name)

    def _target(self, reference: str, file: Location, source: str) -> tuple[Location, str] | None:
        """The file and the pointer that a reference leads to; None where it leads nowhere, which is told later."""
        path, _, fragment = reference.partition("#")
        try:
            other = self.files.join(file, path) if path else file
        except Unreadable:
            return None
        if not self.files.open(other, (file, f"{source}/$ref", reference)):
            return None
        try:
            lookup(self.files.contents[other], f"#{fragment}")
        except UnresolvableReference:
            return None
        return other, unquote(fragment)

    def _join(self, node: Any, kind: str | None, file: Location, source: str, target: str) -> Any:
        """A copy of a node, with the references to files replaced; data (kind None) as it is.

        Args:
            node: of the file.
            kind: what it is, as `structure` names it.
            file: that it is written in.
            source: its pointer in the file.
            target: its pointer in the joined document.
        """
        if kind is None or (kind == VALUE and not isinstance(node, dict)):
            return node
        if isinstance(node, list):
            inner = kind.removeprefix("list:")
            return [
                self._join(item, inner, file, f"{source}/{index}", f"{target}/{index}")
                for index, item in enumerate(node)
            ]
        if not isinstance(node, dict):
            return node
        if kind == VALUE:
            return self._value(node, file, source)
        if isinstance(node.get("$ref"), str):
            return self._follow(node, kind, file, source, target)
        return self._members(node, kind, file, source, target)

    def _members(self, node: dict[str, Any], kind: str, file: Location, source: str, target: str) -> dict[str, Any]:
        copy = {}
        for key, value in node.items():
            inner, token = kind_of_member(kind, key), f"/{escape(key)}"
            was, self._in_extension = self._in_extension, self._in_extension or key.startswith("x-")
            copy[key] = self._join(value, inner, file, source + token, target + token)
            self._in_extension = was
        if kind == "example":
            copy = self._external_value(copy, file, source)
        if kind == "schema" and isinstance(node.get("discriminator"), dict):
            copy["discriminator"] = self._discriminator(node["discriminator"], file, source + "/discriminator")
        return copy

    def _value(self, node: dict[str, Any], file: Location, source: str) -> Any:
        """Data, or what its `$ref` leads to where that is in another file; an example may hold a `$ref` of its own."""
        reference = node.get("$ref")
        if not isinstance(reference, str) or reference.startswith("#") or len(node) > 1:
            return node
        path, _, fragment = reference.partition("#")
        try:
            other = file.join(path)
        except Unreadable:
            return node
        if not self.files.open(other, (file, f"{source}/$ref", reference)):
            return node
        try:
            return lookup(self.files.contents[other], f"#{fragment}")
        except UnresolvableReference:
            return node

    def _external_value(self, node: dict[str, Any], file: Location, source: str) -> dict[str, Any]:
        """An example with the content of the file that it names."""
        named = node.get("externalValue")
        if not isinstance(named, str) or "value" in node or not _IS_DATA.search(named):
            return node
        try:
            other = file.join(named)
        except Unreadable:
            return node
        if not self.files.open(other, (file, f"{source}/externalValue", named)):
            return node
        return {**node, "value": self.files.contents[other]}

    def _discriminator(self, node: dict[str, Any], file: Location, source: str) -> dict[str, Any]:
        mapping = node.get("mapping")
        if not isinstance(mapping, dict) or not mapping:
            return node
        joined = {}
        for value, named in mapping.items():
            joined[value] = named
            if isinstance(named, str) and _IS_REFERENCE.search(named):
                where = f"{source}/mapping/{escape(value)}"
                # Positions fall back to the nearest member that is there: the name in the mapping.
                joined[value] = self._follow({"$ref": named}, "schema", file, where, where).get("$ref", named)
        return {**node, "mapping": joined}

    def _follow(self, node: dict[str, Any], kind: str, file: Location, source: str, target: str) -> Any:
        """What takes the place of a reference: a reference to a component, or the thing itself."""
        reference: str = node["$ref"]
        path, _, fragment = reference.partition("#")
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        beside = self._members(siblings, kind, file, source, target)
        try:
            other = self.files.join(file, path) if path else file
        except Unreadable as reason:
            self._note(Phrase("$ref {reference}: {reason}", reference=reference, reason=reason.why), file, source)
            return beside
        if not self._leads(other, fragment, reference, file, source):
            return beside
        inner = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            # An $anchor, which another file may have as well.
            inner = _pointer_of(self.files.contents[other], lookup(self.files.contents[other], f"#{fragment}"))
        if other == self.files.root and reference != "#" and ":" not in kind:
            return {"$ref": f"#{inner}", **beside}
        own = self._placed.get((other, inner, kind))
        is_own = own is not None and target == f"{self._prefix}/{self._sections.get(kind)}/{escape(own)}"
        if is_own or self._in_extension or kind not in self._sections or kind in _IN_PLACE:
            return self._in_place((other, inner), beside, kind, (file, source, reference), target)
        return {"$ref": self._place(other, inner, kind), **beside}

    def _leads(self, other: Location, fragment: str, reference: str, file: Location, source: str) -> bool:
        if not self.files.open(other, (file, f"{source}/$ref", reference)):
            return False
        try:
            lookup(self.files.contents[other], f"#{fragment}")
        except UnresolvableReference:
            self._note(Phrase("$ref {reference} leads nowhere", reference=reference), file, source)
            return False
        return True

    def _in_place(
        self,
        spot: tuple[Location, str],
        beside: dict[str, Any],
        kind: str,
        named_by: tuple[Location, str, str],
        target: str,
    ) -> Any:
        file, source, reference = named_by
        if spot in self._open:
            self._note(Phrase("$ref {reference} refers to itself", reference=reference), file, source)
            return beside
        self._open.add(spot)
        self.origins[target] = spot
        content = self._join(lookup(self.files.contents[spot[0]], f"#{spot[1]}"), kind, *spot, target)
        self._open.discard(spot)
        return {**content, **beside} if isinstance(content, dict) else content

    def _place(self, other: Location, inner: str, kind: str) -> str:
        """The component that holds the target; made at first sight, so that a schema may refer to itself."""
        section = self._sections[kind]
        spot = (other, inner, kind)
        if spot not in self._placed:
            entries = self._components.setdefault(section, {})
            name = _free_name(_component_name(other, inner), entries)
            self._placed[spot] = name
            entries[name] = None
            target = f"{self._prefix}/{section}/{escape(name)}"
            self.origins[target] = other, inner
            entries[name] = self._join(lookup(self.files.contents[other], f"#{inner}"), kind, other, inner, target)
        return f"#{self._prefix}/{section}/{escape(self._placed[spot])}"

    def _note(self, message: Phrase, file: Location, source: str) -> None:
        self.files.problems.append(Problem(self.files.place(file, f"{source}/$ref"), message, rule=REFERENCE))


def _component_name(file: Location, inner: str) -> str:
    """Named after the file, or `<file>_<last token>`; in a file's own list of schemas the last token is enough."""
    parts = tokens(inner)
    listed = parts[:1] in (["components"], ["definitions"], ["$defs"])
    name = file.stem if not parts else parts[-1] if listed else f"{file.stem}_{parts[-1]}"
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def _free_name(name: str, taken: dict[str, Any]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _pointer_of(content: Any, wanted: Any) -> str:
    """The pointer of a node that is known to be in the content."""
    pending: list[tuple[str, Any]] = [("", content)]
    while pending:
        where, node = pending.pop()
        if node is wanted:
            return where
        if isinstance(node, dict):
            pending.extend((where + pointer(key), child) for key, child in node.items())
        elif isinstance(node, list):
            pending.extend((f"{where}/{index}", child) for index, child in enumerate(node))
    return ""
