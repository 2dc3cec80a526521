"""Two schemas: what the new one allows less, what more."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from cierre.oas.changes import Difference, Direction, Effect
from cierre.oas.document import Document
from cierre.oas.flattening import LOWER_BOUNDS, TYPES, UPPER_BOUNDS, flat, types_of
from cierre.oas.sameness import Sameness
from cierre.phrases import Phrase

Json = dict[str, Any]
_HIDDEN: dict[Direction, str] = {"request": "readOnly", "response": "writeOnly"}
# Places at which a component is compared, the nearest to the whole value first. Where components refer to each other in
# many ways, the ways to one of them are more than anybody can read, or list.
_PLACES = 3


class _Pair(NamedTuple):
    """Two schemas that are to be compared.

    Attributes:
        at: the place in the value, as a JSON pointer.
        within: the pairs around it; a schema that refers to itself is one of them, and not compared again.
    """

    old: Any
    new: Any
    at: str
    within: frozenset[tuple[str, str]]


class _Compared(NamedTuple):
    """What came of comparing two schemas, wherever they stand.

    Attributes:
        names: what makes them the same two elsewhere.
        differences: of the value itself.
        below: what is in the value and to be compared, with its place there.
    """

    names: tuple[str, str]
    differences: list[Difference]
    below: list[tuple[Any, Any, str]]


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
        # By identity. The schemas are kept beside, so that an id is not given to another; None: they are the same.
        self._known: dict[tuple[int, int], tuple[tuple[Any, Any], _Compared | None]] = {}
        self._below: list[tuple[Any, Any, str]] = []

    def compare(self, old: Any, new: Any) -> Iterator[Difference]:
        """Each difference, with its place in the value; of a component's, the nearest places."""
        pending = deque([_Pair(old, new, "", frozenset())])
        places: Counter[tuple[str, str]] = Counter()
        while pending:
            pair = pending.popleft()
            found = self._compared(pair.old, pair.new)
            if found is None or found.names in pair.within:
                continue
            if _is_component(pair.old, pair.new):
                if places[found.names] == _PLACES:
                    continue
                places[found.names] += 1
            for difference in found.differences:
                yield difference._replace(message=_at(pair.at, difference.message))
            within = pair.within | {found.names}
            pending += [_Pair(before, after, pair.at + at, within) for before, after, at in found.below]

    def _compared(self, old: Any, new: Any) -> _Compared | None:
        """The differences of two schemas; None: they are the same."""
        place = (id(old), id(new))
        if place not in self._known:
            self._known[place] = (old, new), None if self.same.holds(old, new) else self._compare(old, new)
        return self._known[place][1]

    def _compare(self, old: Any, new: Any) -> _Compared:
        self._below = []
        before, after = flat(self.old, old), flat(self.new, new)
        differences = [*self._level(before, after), *self._properties(before, after)]
        if "items" in before or "items" in after:
            self._later(before.get("items", {}), after.get("items", {}), "/*")
        for keyword in ("oneOf", "anyOf"):
            differences += self._alternatives(before, after, keyword)
        return _Compared((_key(old), _key(new)), differences, self._below)

    def _later(self, old: Any, new: Any, at: str = "") -> None:
        """Compare two schemas of the value, too; `at` is their place in it."""
        self._below.append((old, new, at))

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

    def _properties(self, old: Json, new: Json) -> Iterator[Difference]:
        must, must_now = set(old.get("required", [])), set(new.get("required", []))
        alike = self._alike(old, new) - (must ^ must_now)
        before, after = self._seen(self.old, old, alike), self._seen(self.new, new, alike)
        for name in sorted(before.keys() - after.keys()):
            effect = self._effect_of_loss(new, required=name in must)
            yield Difference(effect, Phrase("property {name} is gone", name=name))
        for name in sorted(after.keys() - before.keys()):
            effect = self._effect_of_gain(old, required=name in must_now)
            come = (
                Phrase("property {name} is new and required", name=name)
                if name in must_now
                else Phrase("property {name} is new", name=name)
            )
            yield Difference(effect, come, minor=True)
        for name in sorted(before.keys() & after.keys()):
            if (name in must) != (name in must_now):
                now = (
                    Phrase("property {name} is now required", name=name)
                    if name in must_now
                    else Phrase("property {name} is no longer required", name=name)
                )
                yield Difference(_turn(name in must_now), now)
            self._later(before[name], after[name], f"/{name}")
        yield from self._others(old, new)

    def _effect_of_loss(self, new: Json, *, required: bool) -> Effect:
        """A reader misses what was always there; a sender is refused where nothing unknown is accepted."""
        if self.direction == "response":
            return "widened" if required else "unclear"
        return "narrowed" if _is_closed(new) else "unclear"

    def _effect_of_gain(self, old: Json, *, required: bool) -> Effect:
        if self.direction == "request":
            return _turn(required)
        return "widened" if _is_closed(old) else "narrowed"

    def _others(self, old: Json, new: Json) -> Iterator[Difference]:
        """`additionalProperties`."""
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if isinstance(before, dict) and isinstance(after, dict):
            self._later(before, after, "/*")
        elif (before is False) != (after is False):
            now = (
                Phrase("further properties are now refused")
                if after is False
                else Phrase("further properties are now allowed")
            )
            yield Difference(_turn(after is False), now, minor=True)

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

    def _alternatives(self, old: Json, new: Json, keyword: str) -> Iterator[Difference]:
        before = {_key(item): item for item in old.get(keyword, [])}
        after = {_key(item): item for item in new.get(keyword, [])}
        for key in before.keys() & after.keys():
            self._later(before[key], after[key])
        gone, come = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
        if len(gone) == len(come) == 1 and before and after:
            self._later(before[gone[0]], after[come[0]])
            return
        if not before or not after:
            if before != after:
                now = (
                    Phrase("{keyword} is now there", keyword=keyword)
                    if after
                    else Phrase("{keyword} is no longer there", keyword=keyword)
                )
                yield Difference(_turn(bool(after)), now)
            return
        for key in gone:
            lost = Phrase("alternative {name} is gone", name=_name(before[key]))
            yield Difference("narrowed", lost)
        for key in come:
            won = Phrase("alternative {name} is new", name=_name(after[key]))
            yield Difference("widened", won, minor=True)


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


def _is_component(old: Any, new: Any) -> bool:
    """Whether both are a reference, so that there may be others to the same two schemas."""
    return isinstance(old, dict) and isinstance(new, dict) and "$ref" in old and "$ref" in new


def _key(schema: Any) -> str:
    """What makes an alternative the same one: its name, or all of it."""
    return json.dumps(schema, sort_keys=True, default=str)


def _name(schema: Json) -> str:
    reference = schema.get("$ref")
    return reference.rpartition("/")[2] if isinstance(reference, str) else schema.get("title", "without a name")
