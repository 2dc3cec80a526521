"""A regular expression of Python's dialect as a function that writes texts which match it.

An expression is read once, as `re` itself reads it; what is drawn are its choices: which alternative, which character
of a class, how many times. Lookaround, anchors and boundaries are passed over: the caller checks.
"""

from __future__ import annotations

import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import string
from collections.abc import Callable, Iterable
from functools import lru_cache
from random import Random
from typing import Any

# The groups so far, by number.
_Groups = dict[int, str]
_Writer = Callable[[Random, _Groups], str]
Writer = Callable[[Random], str]

# What `*` and `+` repeat, at the most.
MOST = 100
# Characters of a range that are drawn from, at the most: all of ASCII is among those of a range that begins in it.
_OF_RANGE = 2048
_WORD = string.ascii_letters + string.digits + "_"
_PRINTABLE = string.printable
_ANY = _PRINTABLE.replace("\n", "")
_CATEGORIES = {
    codes.CATEGORY_DIGIT: string.digits,
    codes.CATEGORY_NOT_DIGIT: string.ascii_letters + string.punctuation,
    codes.CATEGORY_SPACE: string.whitespace,
    codes.CATEGORY_NOT_SPACE: _PRINTABLE.strip(),
    codes.CATEGORY_WORD: _WORD,
    codes.CATEGORY_NOT_WORD: "".join(char for char in _PRINTABLE if char not in _WORD),
}
_SILENT = frozenset({codes.AT, codes.ASSERT, codes.ASSERT_NOT})
_REPEATS = frozenset({codes.MIN_REPEAT, codes.MAX_REPEAT, codes.POSSESSIVE_REPEAT})


@lru_cache(maxsize=2048)
def writer_of(expression: str) -> Writer:
    """A function that writes a text of the expression, at random.

    Raises:
        re.error: it cannot be read.
        ValueError: it has what no text matches, such as a class that no character is in.
        OverflowError: it repeats more often than `re` counts.
        RecursionError: it is nested too deep.
    """
    write = _sequence(parser.parse(expression))
    return lambda rng: write(rng, {})


def _sequence(nodes: Iterable[tuple[Any, Any]]) -> _Writer:
    writers = [_writer(code, value) for code, value in nodes if code not in _SILENT]
    if len(writers) == 1:
        return writers[0]
    return lambda rng, groups: "".join([write(rng, groups) for write in writers])


def _writer(code: Any, value: Any) -> _Writer:
    if code is codes.LITERAL:
        text = chr(value)
        return lambda _rng, _groups: text
    characters = _characters(code, value)
    if characters is not None:
        return lambda rng, _groups: rng.choice(characters)
    return _compound(code, value)


def _compound(code: Any, value: Any) -> _Writer:
    if code in _REPEATS:
        return _repeated(*value)
    if code is codes.BRANCH:
        alternatives = [_sequence(nodes) for nodes in value[1]]
        return lambda rng, groups: rng.choice(alternatives)(rng, groups)
    if code is codes.SUBPATTERN:
        return _group(value[0], _sequence(value[-1]))
    if code is codes.ATOMIC_GROUP:
        return _sequence(value)
    if code is codes.GROUPREF:
        return lambda _rng, groups: groups.get(value, "")
    if code is codes.GROUPREF_EXISTS:
        return _conditional(*value)
    # `(?!)`, which `re` reads as a failure.
    raise ValueError(f"no text is written for {code}")


def _conditional(number: int, there: Iterable[tuple[Any, Any]], not_there: Iterable[tuple[Any, Any]] | None) -> _Writer:
    """`(?(1)there|not there)`: what is written depends on whether a group was."""
    write, otherwise = _sequence(there), _sequence(not_there or ())
    return lambda rng, groups: (write if number in groups else otherwise)(rng, groups)


def _group(number: int | None, write: _Writer) -> _Writer:
    if number is None:
        return write

    def remembered(rng: Random, groups: _Groups) -> str:
        text = groups[number] = write(rng, groups)
        return text

    return remembered


def _repeated(least: int, most: int, nodes: Iterable[tuple[Any, Any]]) -> _Writer:
    most = max(least, min(most, MOST))
    nodes = list(nodes)
    characters = _characters(*nodes[0]) if len(nodes) == 1 else None
    if characters is not None:
        return lambda rng, _groups: "".join(rng.choices(characters, k=rng.randint(least, most)))
    write = _sequence(nodes)
    return lambda rng, groups: "".join([write(rng, groups) for _ in range(rng.randint(least, most))])


def _characters(code: Any, value: Any) -> str | None:
    """Those that one step may write; None where it is no such step."""
    if code is codes.ANY:
        return _ANY
    if code is codes.NOT_LITERAL:
        return _PRINTABLE.replace(chr(value), "")
    if code is not codes.IN:
        return None
    listed = "".join(_members(kind, member) for kind, member in value)
    if value[0][0] is codes.NEGATE:
        listed = "".join(char for char in _PRINTABLE if char not in listed)
    if not listed:
        raise ValueError("a class without a character that is written")
    return listed


def _members(kind: Any, member: Any) -> str:
    if kind is codes.RANGE:
        return "".join(map(chr, range(member[0], min(member[1] + 1, member[0] + _OF_RANGE))))
    if kind is codes.CATEGORY:
        return _CATEGORIES[member]
    return chr(member) if kind is codes.LITERAL else ""
