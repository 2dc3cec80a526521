"""Time as the whole project keeps it: UTC milliseconds since the epoch, an int; RFC 3339 only at the edges."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def boottime() -> float:
    """Seconds of a monotonic clock that goes on while the machine sleeps."""
    return time.clock_gettime(_STEADY)


def rfc3339(ms: int) -> str:
    """`1758814200000` → `2025-09-25T15:30:00.000Z`."""
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


def rfc3339_now() -> str:
    """Now, with microseconds: `2025-09-25T15:30:00.000000Z`."""
    now = time.time_ns() // 1000
    return f"{_second(now // 1_000_000)}.{now % 1_000_000:06d}Z"


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    """Most of what is written happened in the second that was written last."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def from_rfc3339(text: str) -> int:
    """The inverse of `rfc3339`; any offset and precision that RFC 3339 allows.

    Raises:
        ValueError: the text is no RFC 3339 date-time.
    """
    # Its letters may be small (section 5.6), and a leap second ends where the next minute begins (section 5.7).
    upper = text.upper()
    leap = upper[16:19] == ":60"
    moment = datetime.fromisoformat(f"{upper[:17]}59{upper[19:]}" if leap else upper)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset: write it with a trailing Z")
    return int(moment.timestamp() * 1000) + 1000 * leap
