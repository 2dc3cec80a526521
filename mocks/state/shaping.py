"""A thing as one answer shows it: the members that its schema has, the server's among them, valid by the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from cierre.mocks.generation.budget import AnswerLimits, Budget
from cierre.mocks.generation.repair import repair
from cierre.mocks.state.resources import Steps
from cierre.mocks.state.shapes import Shapes
from cierre.oas.document import Document
from cierre.oas.merged_schema import flatten
from cierre.oas.references import UnresolvableReference
from cierre.oas.validation import SchemaCompiler


class _Facts(NamedTuple):
    """What is looked up in a schema once."""

    schema: Any
    members: Mapping[str, Any]
    required: frozenset[str]
    read_only: frozenset[str]
    write_only: frozenset[str]
    is_open: bool


class Shaper:
    """Shapes things for the answers of one document.

    Args:
        document: that schemas are of.
        shapes: of the same document.
        limits: of what is generated where a value has to be repaired.
    """

    def __init__(self, document: Document, shapes: Shapes, limits: AnswerLimits) -> None:
        self._document = document
        self.shapes = shapes
        self._limits = limits
        self._known: dict[int, _Facts] = {}

    def shaped(self, schema: Any, base: Any, value: Any, writable: frozenset[str]) -> Any:
        """The thing with the members that the schema has; it is not judged yet.

        Args:
            schema: of the thing in this answer.
            base: a valid value of it, for what the server says.
            value: what is kept of the thing.
            writable: members that are a client's to say: those that it did not say are left out.
        """
        if not isinstance(value, Mapping):
            return value if value is not None else base
        facts = self._facts(schema)
        base = base if isinstance(base, Mapping) else {}
        shown = {}
        for name in facts.members:
            if name in facts.write_only:
                continue
            if name in value:
                shown[name] = value[name]
            elif name in base and (name in facts.required or name in facts.read_only or name not in writable):
                shown[name] = deepcopy(base[name])
        if facts.is_open:
            shown |= {name: one for name, one in value.items() if name not in facts.members}
        return shown

    def _facts(self, schema: Any) -> _Facts:
        known = self._known.get(id(schema))
        if known is None:
            merged = flatten(self._document, [schema])
            members = self.shapes.members(schema)
            described = [one for one in merged.additional if one is not False]
            known = self._known[id(schema)] = _Facts(
                schema,
                members,
                frozenset(merged.required),
                self.shapes.marked(schema, "readOnly"),
                self.shapes.marked(schema, "writeOnly"),
                False not in merged.additional and (bool(described) or not members),
            )
        return known

    def hidden(self, schema: Any) -> frozenset[str]:
        """The members that are `readOnly`: a client may send them, and they are not kept."""
        return self._facts(schema).read_only

    def defaults(self, schema: Any) -> Iterator[tuple[str, Any]]:
        """Name and default of each member that has one."""
        for name, inner in self._facts(schema).members.items():
            merged = flatten(self._document, [inner])
            default = merged.hint("default")
            if default is not None:
                yield name, default

    def form(self, schema: Any) -> tuple[frozenset[str], str]:
        """The types of a schema, and its `format`."""
        merged = flatten(self._document, [schema])
        return self.shapes.types(schema), next(iter(merged.formats), "")

    def fits(self, schema: Any, value: Any, compiler: SchemaCompiler | None = None) -> bool:
        """Whether a schema accepts a value, by the letter; True where the schema itself cannot be read."""
        try:
            return (compiler or self._document.answers).compile(schema).is_valid(value)
        except (UnresolvableReference, ValueError):
            return True

    def conforming(self, schema: Any, value: Any, seed: str) -> tuple[Any, bool]:
        """The value, changed as little as makes the schema accept it, and whether it does.

        Args:
            schema: of an answer's whole body, or of a part of it.
            value: it is not changed itself.
            seed: of what is generated.
        """
        if self.fits(schema, value):
            return value, True
        found = value
        for compiler in (self._document.answers, self._document.responses):
            if self.fits(schema, value, compiler):
                return value, True
            for keep in (False, True):
                found = self._repaired(compiler, schema, value, seed, keep=keep)
                if self.fits(schema, found, compiler):
                    return found, True
        return found, False

    def _repaired(self, compiler: SchemaCompiler, schema: Any, value: Any, seed: str, *, keep: bool) -> Any:
        try:
            return repair(self._document, compiler, schema, value, seed=seed, budget=Budget(self._limits), keep=keep)
        except (UnresolvableReference, ValueError):
            return value


def placed(whole: Any, steps: Steps, value: Any) -> Any:
    """A copy of a body in which a part is another value.

    Args:
        whole: the body.
        steps: where the part is; () for all of it.
        value: of the part.
    """
    if not steps:
        return value
    changed = dict(whole) if isinstance(whole, Mapping) else {}
    changed[steps[0]] = placed(changed.get(steps[0]), steps[1:], value)
    return changed
