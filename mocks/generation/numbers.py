"""Numbers for the generator: within their limits, and multiples of what they must be multiples of."""

from __future__ import annotations

import math
from random import Random
from typing import NamedTuple

from cierre.oas.merged_schema import MergedSchema


def number(merged: MergedSchema, rng: Random, *, dynamic: bool, whole: bool) -> float | int:
    """A number that the limits allow; the nearest to it where they contradict each other.

    Args:
        merged: the schema with the limits.
        rng: what a dynamic number is drawn from.
        dynamic: vary at random; otherwise the first that the limits allow.
        whole: an integer.
    """
    try:
        return _number(merged, rng, dynamic=dynamic, whole=whole)
    except (OverflowError, ValueError):
        # Beyond what a number of JSON can tell apart: the limit itself is as near as can be.
        limits = [*merged.bounds.values(), *merged.above, *merged.below]
        near = next((limit for limit in limits if math.isfinite(limit)), 0)
        return int(near) if whole else near


class _Steps(NamedTuple):
    """The numbers to draw from: `first`, and what follows it in up to `most` steps."""

    first: float
    step: float
    most: int
    low: float
    high: float


def _number(merged: MergedSchema, rng: Random, *, dynamic: bool, whole: bool) -> float | int:
    steps = merged.kept.get((_Steps, dynamic, whole))
    if steps is None:
        steps = merged.kept[_Steps, dynamic, whole] = _steps(merged, dynamic=dynamic, whole=whole)
    first, step, most, low, high = steps
    if dynamic:
        first += rng.randint(0, most) * step
        if first > high or merged.below:
            first = -_raised(-first, -high, step, [-limit for limit in merged.below])
    elif first > high or first in merged.below:
        first = (low + high) / 2
    if whole or float(first).is_integer():
        return int(first)
    return round(first, 10)


def _steps(merged: MergedSchema, *, dynamic: bool, whole: bool) -> _Steps:
    step = _step(merged, whole=whole)
    low = max([merged.bounds.get("minimum", -math.inf), *merged.above])
    high = min([merged.bounds.get("maximum", math.inf), *merged.below])
    floor = 0 if low == -math.inf and high >= 0 and 0 not in merged.below else low
    if floor == -math.inf:
        floor = _below(high, step, merged.below) - (10 * step if dynamic else 0)
    first = math.ceil(floor / step) * step
    first = _raised(first, low, step, merged.above)
    room = min(high if high != math.inf else first + 1000 * step, first + 1000 * step)
    return _Steps(first, step, max(0, int((room - first) / step)), low, high)


def _below(high: float, step: float, below: list[float]) -> float:
    """The greatest multiple of a step up to `high` that is none of `below`."""
    last = math.floor(high / step) * step
    return last - step if last in below else last


def _raised(first: float, low: float, step: float, above: list[float]) -> float:
    """The first number from `first` on, in steps, that is at least `low` and none of `above`.

    Raises:
        ValueError: there is none that a float tells apart.
    """
    if first < low:
        first += math.ceil((low - first) / step) * step
    for _ in range(len(above) + 2):
        if first >= low and first not in above:
            return first
        first += step
    raise ValueError("no number follows")


def _step(merged: MergedSchema, *, whole: bool) -> float:
    steps = [step for step in merged.multiples if step]
    if not steps:
        return 1
    if all(float(step).is_integer() for step in steps):
        return math.lcm(*(int(step) for step in steps))
    return steps[0] if not whole else float(math.ceil(steps[0]))
