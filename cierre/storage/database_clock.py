"""The time that decides what has expired: the database's, which all nodes share.

A node whose clock is wrong must neither close sessions that the others keep open nor write times that stop the others,
so it counts in the database's time, and says how far its own clock is from it.
"""

from __future__ import annotations

from typing import Protocol

from cierre.clock import boottime, now_ms

# PostgreSQL's own time, in milliseconds since the epoch.
SERVER_TIME = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
# Seconds that an answer may take to be worth comparing with: what stalls the answer makes the comparison wrong.
_QUICK = 2.0
# Seconds after which a clock that was set is believed.
_SETTLED = 600.0


class DatabaseClock(Protocol):
    """The time of a database as one process knows it."""

    def now(self) -> int:
        """The database's time, in milliseconds since the epoch."""
        ...

    def ahead(self) -> int:
        """By how many milliseconds this node's own clock is ahead of the database's; negative: behind."""
        ...

    def is_steady(self, tolerance: int) -> bool:
        """Whether something may be closed or deleted by this time.

        Args:
            tolerance: milliseconds that two clocks may differ by.
        """
        ...

    def compare(self, theirs: int, *, took: float) -> None:
        """Set it by the database's answer.

        Args:
            theirs: the database's time, in milliseconds since the epoch.
            took: seconds between the question and the answer.
        """
        ...


class ServerClock:
    """The clock of a database server: asked now and then, and counted on from there by a monotonic clock.

    Before the first comparison it is this node's own.
    """

    def __init__(self) -> None:
        self._base: tuple[float, float] | None = None

    def now(self) -> int:
        if self._base is None:
            return now_ms()
        theirs, at = self._base
        return int(theirs + (boottime() - at) * 1000)

    def ahead(self) -> int:
        return now_ms() - self.now()

    def is_steady(self, tolerance: int) -> bool:
        """Whether both clocks agree: where they don't, nobody can say which one is wrong."""
        return abs(self.ahead()) <= tolerance

    def compare(self, theirs: int, *, took: float) -> None:
        if took <= _QUICK or self._base is None:
            self._base = (theirs + took * 500, boottime())


class HostClock:
    """The clock of the one host that has the file: SQLite has none of its own."""

    def __init__(self) -> None:
        self._set_at = float("-inf")
        self._looked_at = now_ms() / 1000, boottime()

    def now(self) -> int:
        return now_ms()

    def ahead(self) -> int:
        return 0

    def is_steady(self, tolerance: int) -> bool:
        """Whether the clock has not been set lately: a wrong clock that is put right soon closes nobody's sessions."""
        clock, steady = self._looked_at
        self._looked_at = now_ms() / 1000, boottime()
        passed, really = self._looked_at[0] - clock, self._looked_at[1] - steady
        if abs(passed - really) * 1000 > tolerance:
            self._set_at = boottime()
        return boottime() - self._set_at > _SETTLED

    def compare(self, theirs: int, *, took: float) -> None:
        """Nothing: there is no other clock to compare with."""
