"""The plots of docs/performance.md."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Literal

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from benchmarks.stats import exponent

mpl.use("Agg")

Json = dict[str, Any]

PLOTS = ("logout", "mocks", "growth")
OURS, PEER, LIMIT = "#1b6e53", "#9aa5b1", "#d9c58a"
LIMITS = frozenset({"pgbench", "starlette", "node_http"})


def draw(
    results: Json, labels: dict[str, str], curves: Sequence[tuple[str, list[float], list[float], str]], to: Path
) -> None:
    """Write `logout.png`, `mocks.png` and `growth.png` into the folder."""
    to.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 130})
    _logout(results["logout"], labels, to / "logout.png")
    _mocks(results["mocks"], labels, to / "mocks.png")
    _growth(curves, to / "growth.png")


def _logout(logout: Json, labels: dict[str, str], path: Path) -> None:
    figure, (rate, latency) = plt.subplots(1, 2, figsize=(12, 3.8), width_ratios=(3, 2))
    few = logout["postgresql-1-16"]
    _bars(rate, {name: [load["rate"] for load in loads] for name, loads in few.items()}, labels)
    rate.set_title("logouts a second on PostgreSQL, 16 at once (bar: median, line: all rounds)")
    many = {name: loads for name, loads in logout["postgresql-1-64"].items() if name != "pgbench"}
    names = sorted(many, key=lambda name: -median(load["p99_ms"] for load in many[name]))
    for row, name in enumerate(names):
        p50, p99 = (median(load[field] for load in many[name]) for field in ("p50_ms", "p99_ms"))
        latency.plot([p50, p99], [row, row], color=_colour(name), linewidth=5, solid_capstyle="butt")
        latency.annotate(f"{p50:.0f} to {p99:.0f}", (p99, row), xytext=(5, -3), textcoords="offset points")
    latency.set_yticks(range(len(names)), [labels[name] for name in names])
    _log(latency, "x")
    latency.set_xlim(right=3.5 * max(load["p99_ms"] for loads in many.values() for load in loads))
    latency.set_title("p50 to p99 at 64 at once, ms")
    _save(figure, path)


def _mocks(mocks: Json, labels: dict[str, str], path: Path) -> None:
    figure, (rate, start, memory) = plt.subplots(1, 3, figsize=(13, 3.8), width_ratios=(3, 2, 2))
    logout = mocks["throughput"]["logout"]
    _bars(rate, {name: [load["rate"] for load in loads] for name, loads in logout.items()}, labels)
    _log(rate, "x")
    rate.set_xlim(right=3 * max(load["rate"] for loads in logout.values() for load in loads))
    rate.set_title("mocked logouts a second, 16 at once (log)")
    documents = list(mocks["start"])
    for axes, field, title in (
        (start, "seconds", "start to first success, s"),
        (memory, "mib", "memory then, MiB"),
    ):
        for name, marker in zip(mocks["start"][documents[0]], "osD^vP*", strict=False):
            found = [(n, mocks["start"][document][name][field]) for n, document in enumerate(documents)]
            points = [(n, median(series)) for n, series in found if series]
            style = {"color": OURS, "linewidth": 2.5} if name == "cierre" else {"linewidth": 1}
            axes.plot(*zip(*points, strict=True), marker=marker, label=labels[name], **style)
        axes.set_xticks(range(len(documents)), documents)
        _log(axes, "y")
        axes.set_title(title)
    memory.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.02, 0.5))
    _save(figure, path)


def _growth(curves: Sequence[tuple[str, list[float], list[float], str]], path: Path) -> None:
    figure, grid = plt.subplots(1, len(curves), figsize=(3.2 * len(curves), 3.4))
    for axes, (title, sizes, costs, unit) in zip(grid, curves, strict=True):
        axes.plot(sizes, costs, marker="o", color=OURS)
        axes.set_xscale("log")
        _log(axes, "y")
        axes.set_ylim(min(costs) / 3, max(costs) * 3)
        axes.set_title(f"{title}\n{unit}, ~ size^{exponent(sizes, costs):.2f}", fontsize=8)
    _save(figure, path)


def _log(axes: Axes, direction: Literal["x", "y"]) -> None:
    """Make an axis logarithmic, its ticks plain numbers: 1, 3, 10, 30."""
    axis = axes.xaxis if direction == "x" else axes.yaxis
    (axes.set_xscale if direction == "x" else axes.set_yscale)("log")
    axis.set_major_locator(LogLocator(subs=(1, 3)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def _bars(axes: Axes, series: dict[str, list[float]], labels: dict[str, str]) -> None:
    names = sorted(series, key=lambda name: median(series[name]))
    for row, name in enumerate(names):
        values = series[name]
        axes.barh(row, median(values), color=_colour(name), height=0.65)
        axes.plot([min(values), max(values)], [row, row], color="black", linewidth=1)
        axes.annotate(f"{median(values):,.0f}", (max(values), row), xytext=(5, -3), textcoords="offset points")
    axes.set_yticks(range(len(names)), [labels[name] for name in names])
    axes.margins(x=0.15)


def _colour(name: str) -> str:
    return OURS if name.startswith("cierre") else LIMIT if name in LIMITS else PEER


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
