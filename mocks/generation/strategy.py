"""How a value is made: the strategies that are tried one after the other until the validator accepts a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_RANDOM_TRIES = 12


class Strategy(NamedTuple):
    """How to make a value.

    Attributes:
        dynamic: vary at random.
        examples: prefer examples and defaults of the schemas.
        optional: put in the properties that are not required.
        careful: check each alternative of a oneOf or anyOf before it is used.
        any_type: try other types, too, for a schema that names none.
    """

    dynamic: bool = False
    examples: bool = True
    optional: bool = True
    careful: bool = False
    any_type: bool = False


def strategies(*, dynamic: bool) -> Iterator[tuple[int, Strategy]]:
    """Each strategy with the number that its seed ends in.

    The first ones make the values that read best, the last ones those that are most likely to be valid.
    """
    first = Strategy(dynamic=dynamic)
    yield 0, first
    yield 0, first._replace(examples=False)
    yield 0, first._replace(careful=True)
    yield 0, first._replace(examples=False, careful=True)
    yield 0, Strategy(optional=False)
    yield 0, Strategy(optional=False, examples=False, careful=True)
    for attempt in range(1, _RANDOM_TRIES):
        yield attempt, Strategy(dynamic=True, examples=False, optional=attempt % 2 == 0, careful=True, any_type=True)
