"""Values that a schema allows, as a client would send them: examples first, and texts that nobody sent before."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

from cierre.oas.document import Document
from cierre.oas.merged_schema import MergedSchema, flatten
from cierre.oas.navigation import Json
from cierre.oas.thing_names import plain, words
from cierre.oas.validation.pattern_texts import matching

# Levels of objects and arrays that are written.
_DEEPEST = 5
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
# Random characters that make a text new.
_NEW = 8
_OF_FORMATS = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T10:30:00Z",
    "time": "10:30:00Z",
    "duration": "P1D",
    "uri": "https://example.com/cierre",
    "url": "https://example.com/cierre",
    "uri-reference": "/cierre",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "Y2llcnJl",
    "binary": "cierre",
    "json-pointer": "/cierre",
    "regex": "cierre",
}
# Of texts without a format, by a word of the name.
_OF_WORDS = {
    "date": "2026-01-15",
    "url": "https://example.com/cierre",
    "phone": "+34600000000",
    "password": "Cierre-2026-xyz",
    "currency": "EUR",
    "country": "ES",
    "language": "es",
    "ip": "192.0.2.1",
}
Reference = Callable[[str], Any]


def _nothing(_name: str) -> Any:
    return None


class Values:
    """Makes values for one document; the same seed gives the same ones.

    Attributes:
        reference: returns the live value of a member that is the id of another thing; None where there is none.
    """

    def __init__(self, document: Json, seed: int) -> None:
        self.document, self.rng = Document(document), Random(seed)
        self.reference: Reference = _nothing

    def new(self) -> str:
        """Letters and digits that nobody sent before."""
        return "".join(self.rng.choice(_LETTERS) for _ in range(_NEW))

    def of(self, schema: Any, name: str = "", *, fresh: bool = True, whole: bool = True, depth: int = 0) -> Any:
        """A value of the schema.

        Args:
            name: of the member or parameter.
            fresh: texts that may be anything are new ones.
            whole: with the members that are not required.
        """
        merged = flatten(self.document, [schema])
        for alternatives, _ in merged.choices:
            merged = flatten(self.document, [schema, alternatives[0]], frozenset({id(alternatives)}))
        live = self.reference(name) if name and merged.values is None else None
        if live is not None and _is_kind(live, merged):
            return live
        if "object" in merged.kinds or merged.properties:
            return self._object(merged, fresh=fresh, whole=whole, depth=depth)
        shown = _shown(merged)
        if isinstance(shown, str) and fresh and merged.values is None:
            return self._text(merged, name, shown)
        return self._plain(merged, name, depth) if shown is None else shown

    def fresh(self, schema: Any, shown: Any) -> Any:
        """A shown object with new texts in the place of those that may be anything."""
        merged = flatten(self.document, [schema])
        if not isinstance(shown, dict):
            return shown
        made: dict[str, Any] = {}
        for name, value in shown.items():
            inner = flatten(self.document, merged.properties.get(name, [{}]))
            live = self.reference(name)
            if live is not None and _is_kind(live, inner):
                made[name] = live
            elif isinstance(value, str) and not _is_shaped(inner):
                made[name] = self._text(inner, name, value)
            else:
                made[name] = value
        return made

    def _object(self, merged: MergedSchema, *, fresh: bool, whole: bool, depth: int) -> Json:
        made: Json = {}
        for name, schemas in merged.properties.items():
            inner = flatten(self.document, schemas)
            needed = name in merged.required
            if inner.hint("readOnly") is True or (depth >= _DEEPEST and not needed) or not (needed or whole):
                continue
            made[name] = self.of({"allOf": schemas}, name, fresh=fresh, whole=whole, depth=depth + 1)
        return made

    def _plain(self, merged: MergedSchema, name: str, depth: int) -> Any:
        kind = next(iter(merged.kinds), "string")
        if kind == "string":
            return self._text(merged, name, "")
        if kind == "array":
            item = {"allOf": merged.items} if merged.items and depth < _DEEPEST else None
            count = int(max(1, merged.bounds.get("minItems", 1))) if item is not None else 0
            return [self.of(item, singular_name(name), depth=depth + 1) for _ in range(min(count, 20))]
        return {"boolean": True, "null": None}.get(kind, self._number(merged, kind) if kind != "object" else {})

    def _number(self, merged: MergedSchema, kind: str) -> float:
        low, high = merged.bounds.get("minimum", -math.inf), merged.bounds.get("maximum", math.inf)
        low = max([low, *(bound + 1 for bound in merged.above)])
        high = min([high, *(bound - 1 for bound in merged.below)])
        value = min(max(1, low), high)
        step = merged.multiples[0] if merged.multiples else 0
        if step:
            value = math.ceil(value / step) * step
        return int(value) if kind == "integer" or float(value).is_integer() else value

    def _text(self, merged: MergedSchema, name: str, shown: str) -> str:
        """A text; a new one where the schema leaves it open."""
        low, high = int(merged.bounds.get("minLength", 0)), merged.bounds.get("maxLength")
        form = next(iter(merged.formats), "")
        if merged.patterns:
            return shown or matching(merged.patterns[0], self.rng, low, None if high is None else int(high), plain=True)
        if form == "email" or (not form and {"email", "mail", "correo"} & set(words(name)) and "@" in (shown or "@")):
            return f"cierre{self.new()}@example.com"
        if form == "uuid":
            return "-".join(f"{self.rng.getrandbits(4 * n):0{n}x}" for n in (8, 4)) + "-4000-8000-" + self.new_hex(12)
        known = _OF_FORMATS.get(form) or next((_OF_WORDS[word] for word in words(name) if word in _OF_WORDS), "")
        if known:
            return shown or known
        text = f"{shown if shown.isalnum() else 'cierre'}{self.new()}"
        text = text if high is None or len(text) <= high else self.new()[: int(high)]
        return text.ljust(low, "x")

    def new_hex(self, digits: int) -> str:
        """Hexadecimal digits."""
        return f"{self.rng.getrandbits(4 * digits):0{digits}x}"


def singular_name(name: str) -> str:
    """The name of one of several: `bookIds` → `bookId`."""
    return name[:-1] if name.endswith("s") and plain(name) != "s" else name


def _shown(merged: MergedSchema) -> Any:
    if merged.values:
        return merged.values[0]
    listed = merged.hint("examples")
    first = listed[0] if isinstance(listed, list) and listed else None
    # An empty list is often what stands for nothing.
    return next(
        (one for one in (merged.hint("example"), first, merged.hint("default")) if one not in (None, [], {})), None
    )


def _is_shaped(merged: MergedSchema) -> bool:
    """Whether a text of the schema is one of a few, or has a form that a new one would not have."""
    return bool(merged.values or merged.patterns or [one for one in merged.formats if one not in {"email", "uuid"}])


def _is_kind(value: Any, merged: MergedSchema) -> bool:
    kinds = merged.kinds
    if isinstance(value, str):
        return not kinds or "string" in kinds
    return not kinds or "integer" in kinds or "number" in kinds
