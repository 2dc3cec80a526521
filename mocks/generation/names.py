"""Members of an object that `properties` does not list: which schemas they have, and likely names for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from cierre.mocks.generation.texts import make_text
from cierre.oas.merged_schema import MergedSchema
from cierre.oas.validation.patterns import matcher

# The schema of what no schema describes.
ANY: dict[str, Any] = {}
_TEXT = {"type": "string"}
# Texts that are made for each pattern.
_OF_PATTERN = 3


def schemas_of_other(merged: MergedSchema, name: str) -> list[Any] | None:
    """The schemas of a member that `properties` does not list; None where none may be.

    Args:
        merged: the schemas of the object.
        name: of the member.
    """
    by_pattern = [schema for pattern, schema in merged.pattern_properties.items() if matcher(pattern)(name)]
    if by_pattern:
        return by_pattern
    if False in merged.additional:
        return None
    return [schema for schema in merged.additional if isinstance(schema, dict)] or [ANY]


def names(merged: MergedSchema, rng: Random, count: int, make: Callable[..., Any]) -> Iterator[str]:
    """About `count` names for members that no property describes: those of a pattern first.

    Args:
        merged: the schemas of the object.
        rng: what texts for a pattern are drawn from.
        count: of names, beside those of patterns.
        make: gives a value of schemas, a varied one for `varied=True`.
    """
    for pattern in merged.pattern_properties:
        for _ in range(_OF_PATTERN):
            if merged.property_names:
                yield str(make([{"type": "string", "pattern": pattern}, *merged.property_names], varied=True))
            else:
                yield make_text(rng, dynamic=True, name="", minimum=0, maximum=None, patterns=(pattern,), formats=())
    if not merged.property_names:
        yield from (f"key{index}" for index in range(1, count + 1))
        return
    schemas = [_TEXT, *merged.property_names]
    for _ in range(count):
        yield str(make(schemas, varied=False))
        yield str(make(schemas, varied=True))
