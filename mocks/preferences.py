"""What a request asks of the mock itself: in the field Prefer (RFC 7240), or in a query such as `?__code=404`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from cierre.phrases import Phrase
from cierre.server.prefer import read_prefer

_TRUE = frozenset({"true", "1", "yes", ""})
_FALSE = frozenset({"false", "0", "no"})
# What `Prefer: fault=` can ask for.
FAULTS = ("error", "rate-limit", "drop", "truncate", "slow", "timeout")
_SWITCH = ("on", "warn", "off")
_NAMES = (
    "code",
    "status",
    "example",
    "dynamic",
    "seed",
    "delay",
    "fault",
    "validate",
    "security",
    "return",
    "callback",
)
# RFC 7240, section 4, and what else is registered: not for the mock, and no mistake.
_OTHERS = frozenset({"respond-async", "wait", "handling", "depth-noroot", "safe", "count", "tx", "resolution"})


class Preferences(NamedTuple):
    """The preferences of one request; None where it has none.

    Attributes:
        code: the status to answer with.
        example: the name of the example to answer with, or of a situation (`x-cierre-situations`).
        dynamic: generate the body, or not.
        seed: of what is generated.
        delay: seconds, from and to, before the reply.
        fault: one of `FAULTS`.
        validate: `on`, `warn` or `off`: as the option, for this request.
        security: the same for credentials.
        minimal: `return=minimal`: a success without a body, where the document has one.
        callback: the name of the example that callbacks carry.
        mistakes: what was not understood, each with what could have been meant.
    """

    code: int | None = None
    example: str | None = None
    dynamic: bool | None = None
    seed: str | None = None
    delay: tuple[float, float] | None = None
    fault: str | None = None
    validate: str | None = None
    security: str | None = None
    minimal: bool = False
    callback: str | None = None
    mistakes: tuple[str, ...] = ()


NONE = Preferences()


@lru_cache(maxsize=1024)
def read_preferences(prefer: str, query: bytes) -> Preferences:
    """The preferences of a request; the field goes before the query. What cannot be read stands in `mistakes`.

    Args:
        prefer: the Prefer fields, joined by commas; "" for none.
        query: the raw query string.
    """
    given = _of_query(query) | _of_field(prefer)
    if not given:
        return NONE
    code = given.get("code") or given.get("status") or ""
    delay = read_delay(given["delay"]) if "delay" in given else None
    return Preferences(
        code=int(code) if _CODE.fullmatch(code) else None,
        example=given.get("example"),
        dynamic=_truth(given.get("dynamic")),
        seed=given.get("seed"),
        delay=delay,
        fault=_one_of(given.get("fault"), FAULTS),
        validate=_one_of(given.get("validate"), _SWITCH),
        security=_one_of(given.get("security"), _SWITCH),
        minimal=given.get("return") == "minimal",
        callback=given.get("callback"),
        mistakes=tuple(_mistakes(given)),
    )


_CODE = re.compile(r"[1-5][0-9][0-9]")


def _of_query(query: bytes) -> dict[str, str]:
    if b"__" not in query:
        return {}
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    found = {name[2:]: value for name, value in pairs if name.startswith("__")}
    # An API may have such parameters of its own: only what looks like a preference is one.
    return {name: value for name, value in found.items() if name in _NAMES or get_close_matches(name, _NAMES, 1)}


def _of_field(prefer: str) -> dict[str, str]:
    given = dict(read_prefer(prefer))
    return {name: value for name, value in given.items() if name not in _OTHERS and "." not in name}


def _mistakes(given: Mapping[str, str]) -> Iterator[str]:
    """What of the preferences was not understood, in the order given."""
    readable: dict[str, Callable[[str], bool]] = {
        "code": lambda value: _CODE.fullmatch(value) is not None,
        "status": lambda value: _CODE.fullmatch(value) is not None,
        "dynamic": lambda value: _truth(value) is not None,
        "delay": lambda value: read_delay(value) is not None,
        "fault": FAULTS.__contains__,
        "validate": _SWITCH.__contains__,
        "security": _SWITCH.__contains__,
        "return": ("minimal", "representation").__contains__,
    }
    wanted = {
        "code": "a status such as 404",
        "status": "a status such as 404",
        "dynamic": "true or false",
        "delay": "200ms, 1s or 200..800ms, an hour at the most",
        "return": "minimal or representation",
    }
    for name, value in given.items():
        shown = f"{name}={value}"[:80]
        if name not in _NAMES:
            yield f"{shown} ({nearest(name, _NAMES)})"
        elif name in readable and not readable[name](value):
            choices = FAULTS if name == "fault" else _SWITCH
            yield f"{shown} ({wanted.get(name) or nearest(value, choices)})"


def nearest(written: str, known: Iterable[str]) -> Phrase:
    """What may have been meant: the nearest name, or all of them."""
    names = list(known)
    found = get_close_matches(written, names, 1, 0.5)
    return (
        Phrase("did you mean {name}?", name=found[0]) if found else Phrase("there are {names}", names=", ".join(names))
    )


def _truth(value: str | None) -> bool | None:
    if value is None:
        return None
    return True if value.lower() in _TRUE else False if value.lower() in _FALSE else None


def _one_of(value: str | None, choices: Collection[str | None]) -> str | None:
    return value if value in choices else None


_NUMBER = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s)?"
_DELAY = re.compile(rf"{_NUMBER}(?:(?:\.\.|-){_NUMBER})?\Z")


def read_delay(text: str) -> tuple[float, float] | None:
    """`200..800ms`, `1s`, `250` (milliseconds) → seconds, from and to; None where it is no delay or over an hour."""
    match = _DELAY.match(text.strip())
    if not match:
        return None
    low, low_unit, high, high_unit = match.groups()
    unit = high_unit or low_unit or "ms"
    first = float(low) * _UNITS[low_unit or unit]
    last = max(first, float(high) * _UNITS[unit]) if high else first
    return (first, last) if last <= _LONGEST_DELAY else None


# Seconds: a client has given up long before.
_LONGEST_DELAY = 3600.0
_UNITS = {"ms": 0.001, "s": 1.0}
