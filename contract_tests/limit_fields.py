"""What an answer says of the limits on requests: Retry-After, RateLimit, and the older fields."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any

Field = Callable[[str], str | None]
_PARAMETER = re.compile(r";\s*(\w+)=\s*(\d{1,12})")
_NUMBER = re.compile(r"\d{1,12}")
_OLD = {"limit": "quota", "remaining": "remaining", "reset": "reset"}
# Larger values of X-RateLimit-Reset are seconds since 1970, not seconds from now.
_LONGEST_RESET = 10_000_000


@dataclass(frozen=True)
class LimitState:
    """How the caller stands with one limit, as far as an answer says.

    Attributes:
        quota: requests a window.
        window, reset: seconds: how long it is, and until it moves on.
        remaining: requests that are left.
    """

    name: str
    quota: int | None = None
    window: int | None = None
    remaining: int | None = None
    reset: int | None = None


def seconds(retry_after: str | None) -> float | None:
    """Retry-After: seconds, or a date (RFC 9110, section 10.2.3); None where it is neither."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, IndexError):
        return None


def limit_states(field: Field) -> dict[str, LimitState]:
    """The limits that an answer announces, by name.

    Reads `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers, since its version 8), and
    `RateLimit-Limit`, `-Remaining` and `-Reset` with or without `X-`.

    Args:
        field: a header field of the answer, by name.
    """
    found: dict[str, LimitState] = {}
    for header, meaning in (("RateLimit-Policy", ("quota", "window")), ("RateLimit", ("remaining", "reset"))):
        for name, numbers in _items(field(header) or ""):
            letters = {"quota": "q", "window": "w", "remaining": "r", "reset": "t"}
            known: dict[str, Any] = {what: numbers[letters[what]] for what in meaning if letters[what] in numbers}
            found[name] = replace(found.get(name, LimitState(name)), **known)
    if not found:
        found = _older(field)
    return found


def _items(text: str) -> list[tuple[str, dict[str, int]]]:
    """The strings of a list, each with its parameters that are numbers, by their first letters (RFC 9651)."""
    items: list[tuple[str, dict[str, int]]] = []
    before = ""
    for index, piece in enumerate(text.split('"')):
        if index % 2 == 0:
            before = piece.rstrip()
            if items:
                items[-1][1].update({key[0]: int(value) for key, value in _PARAMETER.findall(piece)})
        elif not before.endswith("="):
            # Otherwise it is a parameter's value.
            items.append((piece, {}))
    return items


def _older(field: Field) -> dict[str, LimitState]:
    for prefix in ("RateLimit-", "X-RateLimit-", "X-Rate-Limit-"):
        texts = {what: (field(f"{prefix}{name.title()}") or "").strip() for name, what in _OLD.items()}
        numbers: dict[str, Any] = {what: int(value) for what, value in texts.items() if _NUMBER.fullmatch(value)}
        if numbers.get("reset", 0) > _LONGEST_RESET:
            numbers["reset"] = max(0, numbers["reset"] - int(time.time()))
        if numbers:
            return {"": replace(LimitState(""), **numbers)}
    return {}
