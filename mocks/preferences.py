"""What a request asks of the mock itself: `Prefer:` (RFC 7240), or the query's `__code` and its kind."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

_ITEM = re.compile(r"""\s*([A-Za-z0-9_.-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^,;\s]*)))?[^,]*(?:,|\Z)""")
_TRUE = frozenset({"true", "1", "yes", ""})


class Preferences(NamedTuple):
    """One request's wishes; None where it has none.

    Attributes:
        code: the status to answer with.
        example: the name of the example, or situation.
        dynamic: generate the body.
        seed: of the generation.
        delay: seconds, or a range of seconds.
        fault: one of `faults.FAULTS`.
        validate: `on`, `warn` or `off`, for this request.
        security: the same.
        minimal: `return=minimal`.
        lenient: `handling=lenient`.
        callback: the name of the example that callbacks carry.
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
    lenient: bool = False
    callback: str | None = None


NONE = Preferences()


@lru_cache(maxsize=1024)
def read_preferences(prefer: str, query: bytes) -> Preferences:
    """From the Prefer field (all of them joined by commas) and the raw query; the field wins."""
    wishes: dict[str, str] = {}
    if b"__" in query:
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
            if name.startswith("__"):
                wishes[name[2:]] = value
    for match in _ITEM.finditer(prefer):
        value = match[2] if match[2] is not None else match[3] or ""
        wishes[match[1].lower()] = re.sub(r"\\(.)", r"\1", value)
    if not wishes:
        return NONE
    code = wishes.get("code") or wishes.get("status") or ""
    return Preferences(
        code=int(code) if re.fullmatch(r"[1-5][0-9][0-9]", code) else None,
        example=wishes.get("example"),
        dynamic=wishes["dynamic"].lower() in _TRUE if "dynamic" in wishes else None,
        seed=wishes.get("seed"),
        delay=read_delay(wishes["delay"]) if "delay" in wishes else None,
        fault=wishes.get("fault"),
        validate=_switch(wishes.get("validate")),
        security=_switch(wishes.get("security")),
        minimal=wishes.get("return") == "minimal",
        lenient=wishes.get("handling") == "lenient",
        callback=wishes.get("callback"),
    )


def _switch(value: str | None) -> str | None:
    return value if value in {"on", "warn", "off"} else None


_NUMBER = r"([0-9]+(?:\.[0-9]+)?)(ms|s)?"
_DELAY = re.compile(rf"{_NUMBER}(?:(?:\.\.|-){_NUMBER})?\Z")


def read_delay(text: str) -> tuple[float, float] | None:
    """`200..800ms`, `1s`, `250` (milliseconds) → seconds, from and to; None where it cannot be read."""
    match = _DELAY.match(text.strip())
    if not match:
        return None
    low, low_unit, high, high_unit = match.groups()
    unit = high_unit or low_unit or "ms"
    first = float(low) * _UNITS[low_unit or unit]
    return first, max(first, float(high) * _UNITS[unit]) if high else first


_UNITS = {"ms": 0.001, "s": 1.0}
