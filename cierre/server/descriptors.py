"""File descriptors: how many connections a process can hold beside what else it opens."""

from __future__ import annotations

import sys
from typing import NamedTuple

# What a process needs for itself: libraries, logs, database, Redis, pages.
_RESERVE = 64
# Of what is left, this part answers connections for which there is no room: each needs a descriptor to be told so.
_FOR_REFUSALS = 4
_MOST_REFUSALS = 256


class Room(NamedTuple):
    """How many connections are served at once, and how many more are told at once that there is no room."""

    served: int
    refused: int


def raise_limit() -> None:
    """Raise the soft limit of descriptors to the hard one; where the system refuses, it stays."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):
        # macOS has a lower limit than the one that it tells.
        return


def room(most: int) -> Room:
    """The room for connections, by the soft limit of descriptors.

    Args:
        most: connections that are served at once, however many descriptors there are.
    """
    free = _soft_limit()
    if free is None:
        return Room(most, _MOST_REFUSALS)
    free = max(2, free - _RESERVE)
    refused = max(1, min(_MOST_REFUSALS, free // _FOR_REFUSALS))
    return Room(max(1, min(most, free - refused)), refused)


def _soft_limit() -> int | None:
    """None: there is none."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - not on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
