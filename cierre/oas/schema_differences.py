"""Two schemas: what the new one allows less, what more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cierre.oas.changes import Difference, Direction, Effect
from cierre.oas.document import Document
from cierre.oas.flattening import LOWER_BOUNDS, TYPES, UPPER_BOUNDS, flat, types_of

Json = dict[str, Any]
_HIDDEN: dict[Direction, str] = {"request": "readOnly", "response": "writeOnly"}


class SchemaComparison:
    """Compares schemas of two documents, as far as one side of the conversation sees them."""

    def __init__(self, old: Document, new: Document, direction: Direction) -> None:
        self.old = old
        self.new = new
        self.direction = direction
        self.hidden = _HIDDEN[direction]
        # Schemas that refer to themselves are compared once.
        self.open: set[tuple[str, str]] = set()

    def compare(self, old: Any, new: Any, at: str = "") -> Iterator[Difference]:
        """Each difference; `at` is the place in the value, as a JSON pointer."""
        pair = (_key(old), _key(new))
        if pair in self.open:
            return
        self.open.add(pair)
        before, after = flat(self.old, old), flat(self.new, new)
        place = f"{at}: " if at else ""
        for difference in self._level(before, after):
            yield difference._replace(message=f"{place}{difference.message}")
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
            yield Difference(_turn(bool(new.get("uniqueItems"))), "uniqueItems changed", minor=True)
        if old.get("default") != new.get("default"):
            yield Difference("unclear", f"default {_said(old.get('default'))} → {_said(new.get('default'))}")

    def _properties(self, old: Json, new: Json, at: str) -> Iterator[Difference]:
        before, after = self._seen(self.old, old), self._seen(self.new, new)
        must, must_now = set(old.get("required", [])), set(new.get("required", []))
        place = f"{at}: " if at else ""
        for name in sorted(before.keys() - after.keys()):
            yield Difference(self._effect_of_loss(new, required=name in must), f"{place}property {name} is gone")
        for name in sorted(after.keys() - before.keys()):
            word = "new and required" if name in must_now else "new"
            effect = self._effect_of_gain(old, required=name in must_now)
            yield Difference(effect, f"{place}property {name} is {word}", minor=True)
        for name in sorted(before.keys() & after.keys()):
            if (name in must) != (name in must_now):
                word = "now" if name in must_now else "no longer"
                yield Difference(_turn(name in must_now), f"{place}property {name} is {word} required")
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
            word = "refused" if after is False else "allowed"
            place = f"{at}: " if at else ""
            yield Difference(_turn(after is False), f"{place}further properties are now {word}", minor=True)

    def _seen(self, document: Document, schema: Json) -> Json:
        """The properties that this side of the conversation has."""
        return {
            name: property_
            for name, property_ in schema.get("properties", {}).items()
            if flat(document, property_).get(self.hidden) is not True
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
        place = f"{at}: " if at else ""
        if not before or not after:
            if before != after:
                word = "now" if after else "no longer"
                yield Difference(_turn(bool(after)), f"{place}{keyword} is {word} there")
            return
        yield from (Difference("narrowed", f"{place}alternative {_name(before[key])} is gone") for key in gone)
        yield from (Difference("widened", f"{place}alternative {_name(after[key])} is new", minor=True) for key in come)


def _types(old: frozenset[str], new: frozenset[str]) -> Iterator[Difference]:
    if old - new:
        yield Difference("narrowed", f"{', '.join(sorted(old - new))} is no longer allowed, {_list(new)} is")
    if new - old:
        yield Difference("widened", f"{', '.join(sorted(new - old))} is now allowed, {_list(old)} was")


def _list(types: frozenset[str]) -> str:
    return "anything" if types == TYPES else ", ".join(sorted(types))


def _values(old: list[Any] | None, new: list[Any] | None) -> Iterator[Difference]:
    if old is None or new is None:
        if old is not new:
            word = "now" if old is None else "no longer"
            yield Difference(_turn(old is None), f"values are {word} enumerated")
        return
    if gone := [value for value in old if value not in new]:
        yield Difference("narrowed", f"value {', '.join(map(_said, gone))} is gone")
    if come := [value for value in new if value not in old]:
        yield Difference("widened", f"value {', '.join(map(_said, come))} is new", minor=True)


def _bound(keyword: str, old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    if keyword in LOWER_BOUNDS:
        narrowed = old is None or (new is not None and new > old)
    else:
        narrowed = old is None or (new is not None and new < old)
    yield Difference(_turn(narrowed), f"{keyword} {_said(old)} → {_said(new)}", minor=True)


def _condition(keyword: str, old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    effect: Effect = "unclear" if old is not None and new is not None else _turn(old is None)
    yield Difference(effect, f"{keyword} {_said(old)} → {_said(new)}", minor=True)


def _turn(narrower: bool) -> Effect:
    return "narrowed" if narrower else "widened"


def _said(value: Any) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def _is_closed(schema: Json) -> bool:
    return schema.get("additionalProperties") is False


def _key(schema: Any) -> str:
    """What makes an alternative the same one: its name, or all of it."""
    return json.dumps(schema, sort_keys=True, default=str)


def _name(schema: Json) -> str:
    reference = schema.get("$ref")
    return reference.rpartition("/")[2] if isinstance(reference, str) else schema.get("title", "without a name")
