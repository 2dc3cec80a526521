"""Medians, ratios of interleaved rounds, and how a cost grows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Ratio:
    """Ours to theirs, round by round: what a round did to both cancels out."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.rounds)

    @property
    def low(self) -> float:
        return min(self.rounds)

    @property
    def high(self) -> float:
        return max(self.rounds)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Compare two series of the same interleaved rounds.

    Raises:
        ValueError: they are not of the same rounds, or there are none.
    """
    if not ours:
        raise ValueError("no rounds")
    return Ratio(tuple(mine / other for mine, other in zip(ours, theirs, strict=True)))


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The b of cost = a·size^b, by least squares on logarithms: 0 is constant, 1 is linear.

    Raises:
        ValueError: fewer than two sizes, or a size or cost that is not positive.
    """
    if len(set(sizes)) < 2:
        raise ValueError("one size shows no growth")
    xs, ys = [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    covariance = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return covariance / sum((x - middle_x) ** 2 for x in xs)
