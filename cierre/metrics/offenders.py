"""Who is behind what the metrics count: the users and addresses with the most of it, in bounded memory.

A label by user or address would make a series for each of them. Here each kind has at most a fixed number of entries,
and what is reported of one is never more than what really was: Misra and Gries, "Finding repeated elements" (1982).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["failed_attempts", "rate_limited", "sessions_closed", "forced_logouts"]
By = Literal["address", "user"]

# Milliseconds that are counted together.
WINDOW = 5 * 60 * 1000
# From so many in a window on it is reported: below is what people do.
NOTICED = 10
_ENTRIES = 1_000


@dataclass(frozen=True, slots=True)
class Offence:
    """What one user or address did in a window.

    Attributes:
        subject: a user id, an IPv4 address, or an IPv6 network with its prefix length.
        count: at least so often.
        last_at: milliseconds: when it was counted last.
        is_new: it was not reported before in this window.
    """

    kind: Kind
    by: By
    subject: str
    count: int
    last_at: int
    is_new: bool


class Heavy:
    """Counts by a key, for the keys that are counted most.

    A count is never too high, and too low by at most the total divided by `entries`.
    """

    def __init__(self, entries: int = _ENTRIES) -> None:
        self._entries = entries
        self.counts: dict[str, int] = {}

    def add(self, key: str, amount: int = 1) -> None:
        """Count a key."""
        counts = self.counts
        if key in counts:
            counts[key] += amount
        elif len(counts) < self._entries:
            counts[key] = amount
        else:
            # Each of these takes away what as many calls have brought, so that one call takes no time on average.
            less = min(amount, *counts.values())
            self.counts = {one: count - less for one, count in counts.items() if count > less}
            if amount > less:
                self.add(key, amount - less)


class Offenders:
    """What users and addresses did in the current window, in this process.

    Attributes:
        name: of this process, among those that share a database.
    """

    def __init__(self, *, entries: int = _ENTRIES) -> None:
        self.name = str(uuid.uuid4())
        self._entries = entries
        self._counted: dict[tuple[Kind, By], Heavy] = {}
        self._reported: dict[tuple[Kind, By, str], int] = {}
        self._last: dict[tuple[Kind, By, str], int] = {}
        self._window = 0

    def count(self, kind: Kind, by: By, subject: str | None, *, at: int, amount: int = 1) -> None:
        """Count what somebody did.

        Args:
            subject: whoever did it; None: not known, and not counted.
            at: when, in milliseconds.
        """
        if subject is None or amount < 1:
            return
        self._turn(at)
        heavy = self._counted.get((kind, by))
        if heavy is None:
            heavy = self._counted[kind, by] = Heavy(self._entries)
        heavy.add(subject, amount)
        if heavy.counts.get(subject, 0) >= NOTICED:
            self._last[kind, by, subject] = at

    @property
    def window(self) -> int:
        """When the current window began, in milliseconds."""
        return self._window

    def noticed(self) -> Iterator[Offence]:
        """Who did something often enough in this window, and has done more of it than was reported before."""
        for (kind, by, subject), last_at in list(self._last.items()):
            count = self._counted[kind, by].counts.get(subject, 0)
            if not count:
                # Others did so much since that it is counted no longer: nothing of it stays in memory.
                del self._last[kind, by, subject]
                self._reported.pop((kind, by, subject), None)
                continue
            reported = self._reported.get((kind, by, subject), 0)
            if count > reported:
                yield Offence(kind, by, subject, count, last_at, is_new=reported == 0)

    def report(self, offence: Offence) -> None:
        """Remember that the offence was reported."""
        self._reported[offence.kind, offence.by, offence.subject] = offence.count

    def _turn(self, at: int) -> None:
        window = at - at % WINDOW
        if window > self._window:
            self._window = window
            self._counted, self._reported, self._last = {}, {}, {}
