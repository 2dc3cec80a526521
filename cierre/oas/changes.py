"""What a change means to the clients that are there already."""

from __future__ import annotations

from typing import Literal, NamedTuple

from cierre.phrases import Phrase

Level = Literal["breaking", "risky", "harmless"]
LEVELS: tuple[Level, ...] = ("breaking", "risky", "harmless")
Direction = Literal["request", "response"]
# What happens to the set of allowed values.
Effect = Literal["narrowed", "widened", "unclear"]


class Change(NamedTuple):
    """One difference between two contracts.

    Attributes:
        level: `breaking`: a client that was right before is wrong now. `risky`: one that relied on more than it
            should may be. `harmless`: none is.
        operation: `POST /logout`; empty for the document as a whole.
        message: what changed, with its place.
    """

    level: Level
    operation: str
    message: Phrase


class Difference(NamedTuple):
    """One difference between two schemas, before it is known who sends and who reads.

    Attributes:
        minor: in an answer, a well-made client does not depend on it: the upper bound of a number, a further
            value of an enumeration, a further property.
    """

    effect: Effect
    message: Phrase
    minor: bool = False


def level_of(difference: Difference, direction: Direction) -> Level:
    """A request may allow more, an answer may allow less; the reverse breaks somebody."""
    if difference.effect == "unclear":
        return "risky"
    worse = "narrowed" if direction == "request" else "widened"
    if difference.effect != worse:
        return "harmless"
    return "risky" if direction == "response" and difference.minor else "breaking"
