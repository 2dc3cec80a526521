"""What a run cost: the CPU of the server's processes, and how busy the two cores were; all from /proc."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import machine

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Usage:
    """Of the time between the beginning and the end of `measured`, filled in at its end.

    Attributes:
        cpu_s: of the server and all that it started, user and system, in seconds.
        seconds: that passed.
        busy: what part of that time each core was busy, whoever with, by its number.
    """

    cpu_s: float = 0.0
    seconds: float = 0.0
    busy: dict[int, float] = field(default_factory=dict)

    @property
    def server_core(self) -> float:
        """How busy the server's core was, 0 to 1."""
        return self.busy[machine.SERVER_CORES[0]]

    @property
    def load_core(self) -> float:
        """How busy the core of wrk and PostgreSQL was, 0 to 1."""
        return self.busy[machine.LOAD_CORES[0]]

    @property
    def server_share(self) -> float:
        """What part of one core the server itself had."""
        return self.cpu_s / self.seconds


@contextmanager
def measured(pid: int) -> Iterator[Usage]:
    """Measure a server, by the id of its first process."""
    usage = Usage()
    cores, cpu, began = _cores(), cpu_seconds(pid), time.perf_counter()
    yield usage
    usage.seconds = time.perf_counter() - began
    usage.cpu_s = cpu_seconds(pid) - cpu
    for number, (busy, total) in _cores().items():
        busy_before, total_before = cores[number]
        usage.busy[number] = (busy - busy_before) / max(1, total - total_before)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all that it started, those that have ended included."""
    return sum(map(_ticks, tree(pid))) / _TICKS


def tree(pid: int) -> list[int]:
    """A process and everything it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    below = children.read_text().split() if children.exists() else []
    return [pid, *(member for child in below for member in tree(int(child)))]


def _ticks(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    # utime, stime, cutime, cstime; the name before them may hold blanks and parentheses.
    return sum(map(int, stat.rpartition(")")[2].split()[11:15]))


def _cores() -> dict[int, tuple[int, int]]:
    """Ticks of each core, busy and in all, since the machine started."""
    found = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *values = line.split()
        if name.startswith("cpu") and name != "cpu":
            # user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user already.
            ticks = list(map(int, values[:8]))
            found[int(name[3:])] = (sum(ticks) - ticks[3] - ticks[4], sum(ticks))
    return found


def precise_seconds(pid: int) -> float:
    """User and system time of one process, its threads that have ended aside; to the nanosecond, unlike ticks."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
    except OSError:
        return 0.0


def ended_seconds(pid: int) -> float:
    """User and system time of what the process started and that has ended."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    return sum(map(int, stat.rpartition(")")[2].split()[13:15])) / _TICKS
