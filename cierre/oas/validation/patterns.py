"""Regular expressions of a document, matched in a time that no text can make long.

jsonschema-rs reads nearly all of them, and matches them in linear time (those with lookaround with a limit on steps).
What only Python's `re` reads is matched by it as long as it cannot backtrack without end; `re` has no time-out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jsonschema_rs

# Steps that Python's `re` may need for one text, at the most.
_STEPS = 10_000_000
_KNOWN = 4096
# An anchor after the slash, or before it, tells a literal from an expression that begins and ends with slashes.
_LITERAL = re.compile(r"/(?P<pattern>\^.*|.*\$)/(?P<flags>[a-zA-Z]*)", re.DOTALL)
_FLAGS = frozenset("ims")
# One piece of an expression: an escape, a class, a quantifier, or another character.
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*+(?:\]|\\?\Z)|[*+?]|\{\d*(?:,\d*)?\}|.", re.DOTALL)


@lru_cache(maxsize=_KNOWN)
def pattern_keyword(pattern: str) -> dict[str, Any]:
    """The keyword that checks a pattern: `pattern` where jsonschema-rs reads it, Python's `re` where only that does.

    A pattern that nobody can read, or that `re` could need forever for, checks nothing.
    """
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except jsonschema_rs.ValidationError:
        translated = _for_python(pattern)
        return {"x-python-pattern": translated} if translated and degree_of(translated) is not None else {}
    return {"pattern": pattern}


def is_readable(pattern: str) -> bool:
    """Whether jsonschema-rs or Python's `re` reads a pattern."""
    return bool(pattern_keyword(pattern)) or _for_python(pattern) is not None


def _for_python(pattern: str) -> str | None:
    """The pattern as Python's `re` reads it, None where it does not."""
    translated = re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern)
    translated = re.sub(r"\\k<(\w+)>", r"(?P=\1)", translated)
    try:
        re.compile(translated)
    except (re.error, RecursionError, OverflowError):
        return None
    return translated


def without_slashes(pattern: str) -> str:
    """The expression of a literal of another language, `/^[a-z]+$/i`, which as it is written no text can match."""
    literal = _LITERAL.fullmatch(pattern)
    if literal is None:
        return pattern
    flags = "".join(sorted({*literal["flags"]} & _FLAGS))
    return f"(?{flags}){literal['pattern']}" if flags else literal["pattern"]


def degree_of(pattern: str) -> int | None:
    """The power of a text's length that `re` may need steps for; None where no power is enough.

    `^a*b*$` has 2. A repetition of something that is itself of several lengths, or of alternatives, has none.
    """
    degree, open_groups = 0, [False]
    closed: bool | None = None
    for piece in _PIECE.findall(pattern):
        repeats = piece in {"*", "+"} or (len(piece) > 2 and piece[0] == "{" and piece != "{1}")
        if piece == "(":
            open_groups.append(False)
        elif piece == ")" and len(open_groups) > 1:
            closed = open_groups.pop()
            open_groups[-1] = open_groups[-1] or closed
            continue
        elif piece == "|" or (piece == "?" and closed is None):
            open_groups[-1] = True
        elif repeats:
            if closed:
                return None
            open_groups[-1] = True
            degree += 1
        closed = None
    return max(degree, 1)


class PythonPattern:
    """The keyword `x-python-pattern`, as jsonschema-rs asks for it. The message of its error is the pattern."""

    def __init__(self, _parent: dict[str, Any], value: Any, _path: list[str | int]) -> None:
        self._expression = re.compile(value)
        self._degree = degree_of(value)

    def validate(self, instance: Any) -> None:
        if isinstance(instance, str) and not self.matches(instance):
            # The text may be a secret: what is said of it is for those who know.
            raise ValueError(self._expression.pattern)

    def matches(self, text: str) -> bool:
        """Whether the text matches; True for one that is too long to be looked at."""
        if self._degree is None or len(text) ** self._degree > _STEPS:
            return True
        return self._expression.search(text) is not None


@lru_cache(maxsize=_KNOWN)
def matcher(pattern: str) -> Callable[[str], bool]:
    """A function that says whether a text matches; for a pattern that cannot be read none does."""
    keyword = pattern_keyword(pattern)
    if "pattern" in keyword:
        return jsonschema_rs.Draft202012Validator(keyword).is_valid
    if keyword:
        return PythonPattern({}, keyword["x-python-pattern"], []).matches
    return lambda _: False
