"""The value that a schema itself gives: an example, a default, one of those that it lists, or what x-faker asks for."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from cierre.mocks.generation.faker import fake
from cierre.mocks.generation.kinds import is_kind
from cierre.mocks.generation.strategy import Strategy
from cierre.oas.merged_schema import MergedSchema


class Shown(NamedTuple):
    """Holds the value, as that may be null."""

    value: Any


def shown(merged: MergedSchema, strategy: Strategy, rng: Random) -> Shown | None:
    """A value that the schemas give; None where they give none.

    Args:
        merged: the schemas.
        strategy: whether examples are wanted.
        rng: what one of several is drawn with.
    """
    if strategy.examples and not (strategy.dynamic and merged.values is None):
        for given in _given(merged):
            # An example of null for what is never null stands in many documents for "there is none".
            if given.value is not None or merged.types is None or "null" in merged.types:
                return given
    if strategy.examples and strategy.dynamic:
        wanted = merged.hint("x-faker")
        made = None if wanted is None else fake(wanted, merged.kinds, rng)
        if made is not None:
            return Shown(made)
    if merged.values:
        usable = [value for value in merged.values if is_kind(value, merged.types)] or merged.values
        return Shown(rng.choice(usable) if strategy.dynamic else usable[0])
    return None


def _given(merged: MergedSchema) -> list[Shown]:
    found = []
    for hint in merged.hints[:1]:
        if "example" in hint:
            found.append(Shown(hint["example"]))
        if isinstance(hint.get("examples"), list):
            found += [Shown(example) for example in hint["examples"][:1]]
    return found + [Shown(hint["default"]) for hint in merged.hints if "default" in hint][:1]
