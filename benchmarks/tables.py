"""Tables of Markdown, and the forms that numbers have in them."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from benchmarks.goals import Goal, rates

Json = dict[str, Any]
Cells = Sequence[str]


def table(header: Cells, rows: Iterable[Cells]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def goal_table(found: Iterable[Goal]) -> str:
    header = ("", "goal", "measured (median of rounds)", "spread", "worst round", "met")
    return table(header, (_goal(goal) for goal in found))


def _goal(goal: Goal) -> Cells:
    sign, unit = ("≥" if goal.at_least else "≤"), f" {goal.unit}" if goal.unit else ""
    target = f"{sign} {goal.target:g}{unit}"
    if goal.measured is None or goal.worst is None:
        return (goal.subject, target, f"— ({goal.note})", "", "", "")
    measured = goal.measured
    spread = f"{short(measured.low)} … {short(measured.high)}"
    verdict = "yes" if goal.met else "**no**"
    return (goal.subject, target, f"{short(measured.median)}{unit}", spread, short(goal.worst), verdict)


def rate(loads: Sequence[Json]) -> str:
    """Median, least and most."""
    found = rates(loads)
    return f"{median(found):,.0f} ({min(found):,.0f} … {max(found):,.0f})"


def latency(loads: Sequence[Json]) -> str:
    p50, p99 = (median(load[name] for load in loads) for name in ("p50_ms", "p99_ms"))
    return f"{short(p50)}, {short(p99)}"


def cpu(loads: Sequence[Json]) -> str:
    """CPU of the server for one answer, in µs."""
    found = [load["cpu_us"] for load in loads if load["cpu_us"] is not None]
    return f"{median(found):,.0f}" if found else ""


def busy(loads: Sequence[Json]) -> str:
    """How busy the server's core was, and the other, in percent."""
    found = [(load["server_core"], load["load_core"]) for load in loads if load["server_core"] is not None]
    return ", ".join(f"{median(one) * 100:.0f}" for one in zip(*found, strict=True))


def short(value: float) -> str:
    """Three digits that matter, and no exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"
