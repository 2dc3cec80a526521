"""Two schemas: what the new one allows less, what more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cierre.oas.changes import Difference, Direction, Effect
from cierre.oas.document import Document
from cierre.oas.flattening import LOWER_BOUNDS, TYPES, UPPER_BOUNDS, flat, types_of
from cierre.oas.sameness import Sameness
from cierre.phrases import Phrase

Json = dict[str, Any]
_HIDDEN: dict[Direction, str] = {"request": "readOnly", "response": "writeOnly"}


class SchemaComparison:
    """Compares schemas of two documents, as far as one side of the conversation sees them.

    Args:
        same: what both documents have in common.
    """

    def __init__(self, old: Document, new: Document, direction: Direction, same: Sameness) -> None:
        self.old = old
        self.new = new
        self.same = same
        self.direction = direction
        self.hidden = _HIDDEN[direction]
        # Schemas that refer to themselves are compared once.
        self.open: set[tuple[str, str]] = set()

    def compare(self, old: Any, new: Any, at: str = "") -> Iterator[Difference]:
        """Each difference; `at` is the place in the value, as a JSON pointer."""
        if self.same.holds(old, new):
            return
        pair = (_key(old), _key(new))
        if pair in self.open:
            return
        self.open.add(pair)
        before, after = flat(self.old, old), flat(self.new, new)
        for difference in self._level(before, after):
            yield difference._replace(message=_at(at, difference.message))
        yield from self._properties(before, after, at)
        if "items" in before or "items" in after:
            yield from self.compare(before.get("items", {}), after.get("items", {}), f"{at}/*")
        for keyword in ("oneOf", "anyOf"):
            yield from self._alternatives(before, after, keyword, at)
        self.open.discard(pair)

    def _level(self, old: Json, new: Json) -> Iterator[Difference]:
        """What is said of the value itself, not of what is in it."""
        yield from _types(types_of(old), types_of(new))
        yield from _values(old.get("enum"), new.get("enum"))
        for keyword in (*LOWER_BOUNDS, *UPPER_BOUNDS):
            yield from _bound(keyword, old.get(keyword), new.get(keyword))
        for keyword in ("pattern", "format", "multipleOf", "not"):
            yield from _condition(keyword, old.get(keyword), new.get(keyword))
        if bool(old.get("uniqueItems")) != bool(new.get("uniqueItems")):
            yield Difference(_turn(bool(new.get("uniqueItems"))), Phrase("uniqueItems changed"), minor=True)
        if old.get("default") != new.get("default"):
            yield Difference("unclear", _turned("default", old.get("default"), new.get("default")))

    def _properties(self, old: Json, new: Json, at: str) -> Iterator[Difference]:
        must, must_now = set(old.get("required", [])), set(new.get("required", []))
        alike = self._alike(old, new) - (must ^ must_now)
        before, after = self._seen(self.old, old, alike), self._seen(self.new, new, alike)
        for name in sorted(before.keys() - after.keys()):
            effect = self._effect_of_loss(new, required=name in must)
            yield Difference(effect, _at(at, Phrase("property {name} is gone", name=name)))
        for name in sorted(after.keys() - before.keys()):
            effect = self._effect_of_gain(old, required=name in must_now)
            come = (
                Phrase("property {name} is new and required", name=name)
                if name in must_now
                else Phrase("property {name} is new", name=name)
            )
            yield Difference(effect, _at(at, come), minor=True)
        for name in sorted(before.keys() & after.keys()):
            if (name in must) != (name in must_now):
                now = (
                    Phrase("property {name} is now required", name=name)
                    if name in must_now
                    else Phrase("property {name} is no longer required", name=name)
                )
                yield Difference(_turn(name in must_now), _at(at, now))
            yield from self.compare(before[name], after[name], f"{at}/{name}")
        yield from self._others(old, new, at)

    def _effect_of_loss(self, new: Json, *, required: bool) -> Effect:
        """A reader misses what was always there; a sender is refused where nothing unknown is accepted."""
        if self.direction == "response":
            return "widened" if required else "unclear"
        return "narrowed" if _is_closed(new) else "unclear"

    def _effect_of_gain(self, old: Json, *, required: bool) -> Effect:
        if self.direction == "request":
            return _turn(required)
        return "widened" if _is_closed(old) else "narrowed"

    def _others(self, old: Json, new: Json, at: str) -> Iterator[Difference]:
        """`additionalProperties`."""
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self.compare(before, after, f"{at}/*")
        elif (before is False) != (after is False):
            now = (
                Phrase("further properties are now refused")
                if after is False
                else Phrase("further properties are now allowed")
            )
            yield Difference(_turn(after is False), _at(at, now), minor=True)

    def _alike(self, old: Json, new: Json) -> set[str]:
        """The properties that are the same in both."""
        after = new.get("properties", {})
        return {
            name
            for name, property_ in old.get("properties", {}).items()
            if name in after and self.same.holds(property_, after[name])
        }

    def _seen(self, document: Document, schema: Json, without: set[str]) -> Json:
        """The properties that this side of the conversation has."""
        return {
            name: property_
            for name, property_ in schema.get("properties", {}).items()
            if name not in without and flat(document, property_).get(self.hidden) is not True
        }

    def _alternatives(self, old: Json, new: Json, keyword: str, at: str) -> Iterator[Difference]:
        before = {_key(item): item for item in old.get(keyword, [])}
        after = {_key(item): item for item in new.get(keyword, [])}
        for key in before.keys() & after.keys():
            yield from self.compare(before[key], after[key], at)
        gone, come = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
        if len(gone) == len(come) == 1 and before and after:
            yield from self.compare(before[gone[0]], after[come[0]], at)
            return
        if not before or not after:
            if before != after:
                now = (
                    Phrase("{keyword} is now there", keyword=keyword)
                    if after
                    else Phrase("{keyword} is no longer there", keyword=keyword)
                )
                yield Difference(_turn(bool(after)), _at(at, now))
            return
        for key in gone:
            lost = Phrase("alternative {name} is gone", name=_name(before[key]))
            yield Difference("narrowed", _at(at, lost))
        for key in come:
            won = Phrase("alternative {name} is new", name=_name(after[key]))
            yield Difference("widened", _at(at, won), minor=True)


def _at(at: str, what: Phrase) -> Phrase:
    """With the place in the value, where it is not the whole of it."""
    return Phrase("{at}: {what}", at=at, what=what) if at else what


def _turned(keyword: str, old: Any, new: Any) -> Phrase:
    return Phrase("{keyword} {old} → {new}", keyword=keyword, old=_said(old), new=_said(new))


def _types(old: frozenset[str], new: frozenset[str]) -> Iterator[Difference]:
    if old - new:
        lost = {"types": ", ".join(sorted(old - new)), "allowed": _list(new)}
        yield Difference("narrowed", Phrase("{types} is no longer allowed, {allowed} is", **lost))
    if new - old:
        won = {"types": ", ".join(sorted(new - old)), "allowed": _list(old)}
        yield Difference("widened", Phrase("{types} is now allowed, {allowed} was", **won))


def _list(types: frozenset[str]) -> Phrase:
    return Phrase("anything") if types == TYPES else Phrase.of(", ".join(sorted(types)))


def _values(old: list[Any] | None, new: list[Any] | None) -> Iterator[Difference]:
    if old is None or new is None:
        if old is not new:
            now = Phrase("values are now enumerated") if old is None else Phrase("values are no longer enumerated")
            yield Difference(_turn(old is None), now)
        return
    if gone := [value for value in old if value not in new]:
        yield Difference("narrowed", Phrase("value {values} is gone", values=_all(gone)))
    if come := [value for value in new if value not in old]:
        yield Difference("widened", Phrase("value {values} is new", values=_all(come)), minor=True)


def _bound(keyword: str, old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    if keyword in LOWER_BOUNDS:
        narrowed = old is None or (new is not None and new > old)
    else:
        narrowed = old is None or (new is not None and new < old)
    yield Difference(_turn(narrowed), _turned(keyword, old, new), minor=True)


def _condition(keyword: str, old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    effect: Effect = "unclear" if old is not None and new is not None else _turn(old is None)
    yield Difference(effect, _turned(keyword, old, new), minor=True)


def _turn(narrower: bool) -> Effect:
    return "narrowed" if narrower else "widened"


def _all(values: list[Any]) -> str:
    return ", ".join(json.dumps(value, ensure_ascii=False) for value in values)


def _said(value: Any) -> Phrase:
    return Phrase("none") if value is None else Phrase.of(json.dumps(value, ensure_ascii=False))


def _is_closed(schema: Json) -> bool:
    return schema.get("additionalProperties") is False


def _key(schema: Any) -> str:
    """What makes an alternative the same one: its name, or all of it."""
    return json.dumps(schema, sort_keys=True, default=str)


def _name(schema: Json) -> str:
    reference = schema.get("$ref")
    return reference.rpartition("/")[2] if isinstance(reference, str) else schema.get("title", "without a name")
