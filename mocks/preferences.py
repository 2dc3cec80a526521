"""What a request asks of the mock itself: in the field Prefer (RFC 7240), or in a query such as `?__code=404`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

_ITEM = re.compile(r"""\s*([A-Za-z0-9_.-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^,;\s]*)))?[^,]*(?:,|\Z)""")
_TRUE = frozenset({"true", "1", "yes", ""})


class Preferences(NamedTuple):
    """The preferences of one request; None where it has none.

    Attributes:
        code: the status to answer with.
        example: the name of the example to answer with, or of a situation (`x-cierre-situations`).
        dynamic: generate the body, or not.
        seed: of what is generated.
        delay: seconds, from and to, before the reply.
        fault: one of `faults.FAULTS`.
        validate: `on`, `warn` or `off`: as the option, for this request.
        security: the same for credentials.
        minimal: `return=minimal`: a success without a body, where the document has one.
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
    callback: str | None = None


NONE = Preferences()


@lru_cache(maxsize=1024)
def read_preferences(prefer: str, query: bytes) -> Preferences:
    """The preferences of a request; the field goes before the query. What cannot be read is ignored.

    Args:
        prefer: the Prefer fields, joined by commas; "" for none.
        query: the raw query string.
    """
    given: dict[str, str] = {}
    if b"__" in query:
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
            if name.startswith("__"):
                given[name[2:]] = value
    for match in _ITEM.finditer(prefer):
        value = match[2] if match[2] is not None else match[3] or ""
        given[match[1].lower()] = re.sub(r"\\(.)", r"\1", value)
    if not given:
        return NONE
    code = given.get("code") or given.get("status") or ""
    return Preferences(
        code=int(code) if re.fullmatch(r"[1-5][0-9][0-9]", code) else None,
        example=given.get("example"),
        dynamic=given["dynamic"].lower() in _TRUE if "dynamic" in given else None,
        seed=given.get("seed"),
        delay=read_delay(given["delay"]) if "delay" in given else None,
        fault=given.get("fault"),
        validate=_switch(given.get("validate")),
        security=_switch(given.get("security")),
        minimal=given.get("return") == "minimal",
        callback=given.get("callback"),
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
