"""Text that matches a regular expression of a document: ECMA's dialect is translated to Python's first."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from random import Random

from cierre.oas.validation.expression_texts import MOST, writer_of

# \p{…} inside and outside of a class, and what else ECMA writes differently.
_UNICODE = {
    "L": "a-zA-Z",
    "Lu": "A-Z",
    "Ll": "a-z",
    "N": "0-9",
    "Nd": "0-9",
    "Letter": "a-zA-Z",
    "Alphabetic": "a-zA-Z",
}
_PROPERTY = re.compile(r"\\[pP]\{(?:\w+=)?(\w+)\}")
_LOOKAROUND = re.compile(r"\(\?<?[=!](?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)")
# An escape, a class, a count, or another character.
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*+(?:\]|\\?\Z)|\{\d*(?:,\d*)?\}|.", re.DOTALL)
_UNBOUNDED = re.compile(r"(?<!\\)([*+]|\{(\d+),\})")


# Characters: a pattern that asks for more gets no text.
_LONGEST = 20_000
_COUNTED = re.compile(r"\{(\d*)(?:,(\d*))?\}")


def matching(pattern: str, rng: Random, minimum: int, maximum: int | None, *, plain: bool = False) -> str:
    """A text that probably matches: the caller checks.

    Args:
        pattern: a regular expression as JSON Schema has it (ECMA-262).
        rng: what is random comes from it.
        minimum: length in characters to aim at.
        maximum: length in characters to aim at, None where there is no limit.
        plain: write a letter or a digit where any character may be.

    Returns:
        The text; "" where the expression cannot be read.
    """
    low, high = min(minimum, _LONGEST), maximum if maximum is not None else minimum + 12
    if plain:
        pattern = "".join("[a-z0-9]" if piece == "." else piece for piece in _PIECE.findall(pattern))
    for candidate in (_translate(pattern, low, high), _translate(pattern, 0, 12), pattern):
        try:
            if not _is_short(candidate):
                continue
            return writer_of(candidate)(rng)
        except (re.error, ValueError, OverflowError, RecursionError):
            continue
    return ""


@lru_cache(maxsize=2048)
def _is_short(pattern: str) -> bool:
    """Whether all texts of a pattern are short: repetitions multiply where they are nested.

    An estimate that errs on the side of long: the counts of all groups that stand inside of each other are multiplied.
    """
    lengths, longest = [0], 0
    for piece in _PIECE.findall(pattern):
        counted = _COUNTED.fullmatch(piece)
        if piece == "(":
            lengths.append(0)
        elif piece == ")" and len(lengths) > 1:
            longest = lengths.pop()
            lengths[-1] += longest
        elif counted or piece in {"*", "+"}:
            most = int(counted[2] or counted[1] or 0) if counted else MOST
            lengths[-1] += longest * max(most - 1, 0)
        else:
            longest = 1
            lengths[-1] += 1
        if lengths[-1] > _LONGEST:
            return False
    return True


@lru_cache(maxsize=2048)
def _translate(pattern: str, low: int, high: int) -> str:
    text = _PROPERTY.sub(_property(pattern), pattern)
    text = _LOOKAROUND.sub("", text)
    text = re.sub(r"\\k<(\w+)>", r"(?P=\1)", text)
    text = text.replace(r"\/", "/").replace("(?<", "(?P<").replace("$", r"\Z") if r"\$" not in text else text
    if len(_UNBOUNDED.findall(text)) == 1:
        # The one repetition without an upper limit decides about the length.
        return _UNBOUNDED.sub(lambda match: _bounded(match, low, high), text)
    return _UNBOUNDED.sub(lambda match: _bounded(match, 0, 4), text)


def _bounded(match: re.Match[str], low: int, high: int) -> str:
    least = {"*": 0, "+": 1}.get(match[1], int(match[2] or 0))
    least = max(least, low)
    return f"{{{least},{max(least, min(high, least + 12))}}}"


def _property(pattern: str) -> Callable[[re.Match[str]], str]:
    def replacement(match: re.Match[str]) -> str:
        characters = _UNICODE.get(match[1], "a-zA-Z0-9")
        before = pattern[: match.start()]
        inside = before.count("[") - before.count(r"\[") > before.count("]") - before.count(r"\]")
        return characters if inside else f"[{characters}]"

    return replacement
