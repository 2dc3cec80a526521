"""The files that one document is made of: each read once, within the limits, with its lines at hand for problems."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from cierre.oas.errors import REFERENCE, BrokenDocument, Problem
from cierre.oas.limits import DocumentLimits
from cierre.oas.locations import Location, Unreadable
from cierre.oas.positions import Positions
from cierre.oas.structure import references
from cierre.oas.syntax import parse
from cierre.phrases import Phrase

# Only where there is an `$id` have schemas addresses.
_IDENTIFIED = re.compile(rb"""\$(?:id|self)["']?\s*:""")

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


class Files:
    """Reads files for one document and keeps what they hold.

    Args:
        root: the document itself.
        allow_refs: folders, and beginnings of addresses, that it may refer to beside its own folder.
        limits: of each file, and of their number.

    Attributes:
        contents: of each file that could be read.
        raw: the text of each.
        problems: of those that could not.
    """

    def __init__(self, root: Location, allow_refs: Collection[str], limits: DocumentLimits) -> None:
        self.root = root
        self.contents: dict[Location, Any] = {}
        self.raw: dict[Location, bytes] = {}
        self.problems: list[Problem] = []
        self._allow_refs = allow_refs
        self._limits = limits
        self._positions: dict[Location, Positions] = {}
        self._failed: set[Location] = set()
        # To resolve a path takes system calls, and a document repeats its references.
        self._joined: dict[tuple[Location, str], Location] = {}
        # The files that have an address of their own, by it.
        self._identified: dict[str, Location] = {}
        self._has_looked = False

    def open(self, location: Location, named_by: tuple[Location, str, str] | None = None) -> bool:
        """Read a file, at its first mention. Returns whether it could be read; if not, the problem is noted.

        Args:
            location: of the file.
            named_by: the file and the pointer of the `$ref` that names it, and the `$ref`; None: it is the document.
        """
        if location in self.contents:
            return True
        if location in self._failed:
            return False
        try:
            self._check(location)
            raw = location.read(self._limits)
        except Unreadable as reason:
            self._failed.add(location)
            if named_by is None:
                self.problems.append(Problem(str(location), reason.why))
            else:
                file, pointer, reference = named_by
                message = Phrase("$ref {reference}: {reason}", reference=reference, reason=reason.why)
                self.problems.append(Problem(self.place(file, pointer), message, rule=REFERENCE))
            return False
        try:
            content = parse(raw, str(location), self._limits)
        except BrokenDocument as broken:
            self._failed.add(location)
            self.problems += broken.problems
            return False
        if _IDENTIFIED.search(raw):
            from cierre.oas.identifiers import make_local  # noqa: PLC0415 - few documents have any

            make_local(content)
        self.contents[location], self.raw[location] = content, raw
        own = content.get("$id") if isinstance(content, dict) else None
        if isinstance(own, str):
            self._identified.setdefault(own.partition("#")[0], location)
        return True

    def join(self, file: Location, path: str) -> Location:
        """Where a reference of `file` leads: to the file whose `$id` it names, else where its path leads.

        Raises:
            Unreadable: to a scheme that is not read.
        """
        if _ADDRESS.match(path):
            if path not in self._identified and not self._has_looked:
                self._has_looked = True
                self._read_all()
            if path in self._identified:
                return self._identified[path]
        joined = self._joined.get((file, path))
        if joined is None:
            joined = self._joined[file, path] = file.join(path)
        return joined

    def _read_all(self) -> None:
        """Read what the files that were read refer to by a path, as one of them may have the `$id` that is looked for.

        What cannot be read is told where it is followed.
        """
        pending = list(self.contents)
        while pending:
            file = pending.pop()
            for _, reference in references(self.contents[file]):
                path = reference.partition("#")[0]
                if path and not _ADDRESS.match(path) and self._opens_quietly(file.join(path)):
                    pending.append(file.join(path))

    def _opens_quietly(self, location: Location) -> bool:
        """Whether it was read just now."""
        if location in self.contents:
            return False
        problems, failed = list(self.problems), set(self._failed)
        if self.open(location):
            return True
        self.problems[:], self._failed = problems, failed
        return False

    def _check(self, location: Location) -> None:
        if not self.root.allows(location, self._allow_refs):
            raise Unreadable(Phrase("is outside of the document's folder; --allow-refs allows it"))
        if len(self.contents) >= self._limits.files:
            raise Unreadable(Phrase("the document is made of more than {count} files", count=self._limits.files))

    def place(self, location: Location, pointer: str) -> str:
        """`openapi.yaml:41:9`: where a member of a file is written."""
        if location not in self.raw:
            return str(location)
        if location not in self._positions:
            self._positions[location] = Positions(self.raw[location])
        line, column = self._positions[location].find(pointer)
        return f"{location}:{line}:{column}"
