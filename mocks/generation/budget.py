"""How large a generated value may be, and how much work goes into it: a schema can ask for more than there is."""

from __future__ import annotations

from typing import Any, NamedTuple

# Attempts of full size that one value may cost.
_ATTEMPTS = 3


class AnswerLimits(NamedTuple):
    """Of one generated value.

    Attributes:
        nodes: objects, arrays and plain values in it.
        size: bytes of all its texts.
        depth: levels of nesting; what is deeper is null.
        fill: put in a member that only additionalProperties or patternProperties describe.
    """

    nodes: int = 20_000
    size: int = 1_000_000
    depth: int = 40
    fill: bool = True


DEFAULT_LIMITS = AnswerLimits()


class Budget:
    """What is left for all attempts at one value.

    Attributes:
        limits: of each attempt.
        was_short: this attempt had to leave out what its schema asks for.
    """

    def __init__(self, limits: AnswerLimits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.was_short = False
        self._work = limits.nodes * _ATTEMPTS
        self._nodes = self._size = 0
        self.begin()

    def begin(self) -> None:
        """Begin another attempt."""
        self.was_short = False
        self._nodes, self._size = self.limits.nodes, self.limits.size

    @property
    def spent(self) -> bool:
        """Whether there is nothing left to begin another attempt with."""
        return self._work <= 0

    @property
    def empty(self) -> bool:
        """Whether this attempt may make no further node."""
        return self._nodes <= 0 or self._work <= 0

    def node(self) -> bool:
        """Take one node; False where there is none left."""
        self._nodes -= 1
        self._work -= 1
        if self.empty:
            self.was_short = True
            return False
        return True

    def work(self, steps: int = 1) -> None:
        """Take steps that make no node, such as reading a schema."""
        self._work -= steps

    def items(self, wanted: float) -> int:
        """How many of `wanted` items, or members, there can be."""
        return self._least(wanted, self._nodes)

    def characters(self, wanted: float) -> int:
        """How many of `wanted` characters there can be."""
        return self._least(wanted, self._size)

    def text(self, text: str) -> str:
        """Take a text; what does not fit is cut off."""
        if len(text) > self._size:
            self.was_short = True
            text = text[: max(self._size, 0)]
        self._size -= len(text)
        return text

    def _least(self, wanted: float, left: int) -> int:
        if wanted > left:
            self.was_short = True
            return max(left, 0)
        return max(int(wanted), 0)


def finite(value: Any, default: int) -> int:
    """A count of a schema; the default where it is none, such as `.inf` of YAML."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return default
