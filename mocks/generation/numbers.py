"""Numbers for the generator: within their limits, and multiples of what they must be multiples of."""

from __future__ import annotations

import math
from random import Random

from cierre.mocks.generation.merged_schema import Flat


def number(merged: Flat, rng: Random, *, dynamic: bool, whole: bool) -> float | int:
    """A number that the limits allow; the nearest to it where they contradict each other.

    Args:
        merged: the schema with the limits.
        rng: what a dynamic number is drawn from.
        dynamic: vary at random; otherwise the first that the limits allow.
        whole: an integer.
    """
    step = _step(merged, whole=whole)
    low = max([merged.bounds.get("minimum", -math.inf), *merged.above])
    high = min([merged.bounds.get("maximum", math.inf), *merged.below])
    floor = 1.0 if low == -math.inf and high >= 1 else low
    if floor == -math.inf:
        floor = high - 10 * step
    first = math.ceil(floor / step) * step if step else floor
    while first in merged.above or first < low:
        first += step
    if dynamic:
        room = min(high if high != math.inf else first + 1000 * step, first + 1000 * step)
        first += rng.randint(0, max(0, int((room - first) / step))) * step
        while first in merged.below or first > high:
            first -= step
    elif first > high or first in merged.below:
        first = (low + high) / 2
    if whole or float(first).is_integer():
        return int(first)
    return round(first, 10)


def _step(merged: Flat, *, whole: bool) -> float:
    steps = [step for step in merged.multiples if step]
    if not steps:
        return 1
    if all(float(step).is_integer() for step in steps):
        return math.lcm(*(int(step) for step in steps))
    return steps[0] if not whole else float(math.ceil(steps[0]))
