"""Time that explodes with the length of an input, as a regular expression that tries every way makes it."""

from __future__ import annotations

from collections.abc import Callable

from cierre.contract_tests import named
from cierre.contract_tests.resources.calls import Reply
from cierre.contract_tests.resources.passwords import is_password
from cierre.contract_tests.security.inputs import Input, try_inputs
from cierre.contract_tests.security.stage import Stage

# What such expressions almost match, by length.
FAMILIES: dict[str, Callable[[int], str]] = {
    "letters": lambda length: "a" * length + "!",
    "digits": lambda length: "1" * length + "!",
    "a domain": lambda length: "a@" + "a." * (length // 2) + "!",
    "words": lambda length: "a-" * (length // 2) + "!",
    "spaces": lambda length: "a" + " " * length + "!",
}
# Lengths at which a time is noticed, long before it is more than a server bears.
_LENGTHS = (14, 22, 30, 300, 4000, 16_000)
# From here on twice as many characters are compared, below two more.
_TWICE = 100
# What a path or a query may be long, in characters.
_LINE = 4000
# Seconds above the usual time: enough to look closer, and enough to report; measurements of which the shortest counts.
_NOTICED, _SLOW, _TIMES = 0.03, 0.25, 3
# What the time must grow by: two characters more double it, twice as many make it three times as long.
_DOUBLES, _MORE_THAN_LINEAR = 1.7, 2.8
Measured = tuple[int, float]


def check(stage: Stage) -> str:
    """Try each text of each operation. Returns why it was not reached; empty where it was."""
    return try_inputs(stage, lambda one: one.harmless and not _is_hashed(one) and _explodes(stage, one))


def _is_hashed(one: Input) -> bool:
    """Whether it is a password of a login: what takes long there takes long on purpose."""
    return is_password(one.member) and one.operation.method == "post"


def _explodes(stage: Stage, one: Input) -> bool:
    """Whether some family of texts makes the time explode; that is reported."""
    stage.calls.start()
    usual = _shortest(one, "a!")
    for family, make in FAMILIES.items() if usual is not None else ():
        found = _growth(one, make, usual[1] if usual is not None else 0.0)
        if found is not None:
            reply, (shorter, before), (longer, after) = found
            sentence = f"{one.operation.label}: the time that it takes explodes with the length of {one.shown}."
            details = f"{family}: {before:.3f} s for {shorter} characters, {after:.3f} s for {longer}"
            stage.broken(named.GROWTH, reply, sentence, trail=[reply.seen], details=details)
            return True
    return False


def _growth(one: Input, make: Callable[[int], str], usual: float) -> tuple[Reply, Measured, Measured] | None:
    """The answer that took long, and two lengths with their times; None where the time does not explode."""
    for length in _LENGTHS:
        if length > _LINE and one.place != "body":
            return None
        reply = one.send(make(length))
        if reply is None:
            return None
        if reply.seen.elapsed >= usual + _NOTICED:
            # Again, since any machine pauses: the shortest of some times is what the input costs.
            again = _shortest(one, make(length))
            if again is None:
                return None
            if again[1] >= usual + _NOTICED:
                return _compared(one, make, usual, (length, again[1]))
    return None


def _compared(
    one: Input, make: Callable[[int], str], usual: float, noticed: Measured
) -> tuple[Reply, Measured, Measured] | None:
    """From a length whose time was noticed to one that is enough."""
    length, before = noticed
    step, factor = (2, _DOUBLES) if length < _TWICE else (0, _MORE_THAN_LINEAR)
    while True:
        longer = length + step if step else length * 2
        if longer > (2 * _LENGTHS[-1] if one.place == "body" else 2 * _LINE):
            return None
        after = _shortest(one, make(longer))
        if after is None or after[1] - usual < factor * (before - usual):
            return None
        if after[1] >= usual + _SLOW:
            return after[0], (length, before), (longer, after[1])
        length, before = longer, after[1]


def _shortest(one: Input, text: str) -> tuple[Reply, float] | None:
    replies = [one.send(text) for _ in range(_TIMES)]
    answered = [reply for reply in replies if reply is not None]
    if len(answered) < _TIMES:
        return None
    shortest = min(answered, key=lambda reply: reply.seen.elapsed)
    return shortest, shortest.seen.elapsed
