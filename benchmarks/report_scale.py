"""The tables of `make bench SCALE=1`, as docs/performance.md has them, and its goals."""

from statistics import median

from benchmarks import tables
from benchmarks.goals import Goal
from benchmarks.rounds import Json
from benchmarks.stats import Ratio, ratio
from benchmarks.stock_actions import ACTIONS, OF_POSTGRES

GOAL = 1.3
DENYLIST_BYTES, DENYLIST_US = 100.0, 1.0


def goals(found: Json) -> list[Goal]:
    """Each action's cost at the larger size, to that at the smaller one in the same round; and the denylist's."""
    small, large = found["disk"]
    of = [(words, found["costs"][name]) for name, words in ACTIONS.items()]
    told = [Goal(words, GOAL, at_least=False, measured=ratio(costs[large], costs[small])) for words, costs in of]
    memory = found["denylist"]
    return [
        *told,
        Goal("denylist, an entry", DENYLIST_BYTES, at_least=False, measured=Ratio((memory["bytes"],)), unit="bytes"),
        Goal(
            "denylist, a look",
            DENYLIST_US,
            at_least=False,
            measured=Ratio(tuple(seconds * 1e6 for seconds in memory["seconds"])),
            unit="µs",
        ),
    ]


def text(found: Json) -> str:
    """The tables, as docs/performance.md has them."""
    small, large = found["disk"]
    costs = (
        (words, *(_micros(found, name, size) for size in (small, large)), _micros(found, name + OF_POSTGRES, large))
        for name, words in ACTIONS.items()
    )
    heads = [f"{int(size):,} sessions" for size in (small, large)]
    disk = (
        (name.replace("_", " "), *(f"{found['disk'][size][name]:,.0f}" for size in (small, large)))
        for name in found["disk"][small]
    )
    vacuum = (
        (
            f"{int(size):,}",
            f"{one['seconds']:.1f}",
            f"{one['quiet_p99_ms']:.1f}",
            f"{one['p99_ms']:.1f}",
            str(one["logouts"]),
        )
        for size, one in found["vacuum"].items()
    )
    return "\n\n".join(
        [
            tables.goal_table(goals(found)),
            tables.table(("CPU of server and PostgreSQL, µs", *heads, "of it PostgreSQL's"), costs),
            tables.table(("bytes on disk of one", *heads), disk),
            tables.table(("sessions", "vacuum, s", "p99 of a logout before, ms", "meanwhile, ms", "logouts"), vacuum),
        ]
    )


def _micros(found: Json, name: str, size: str) -> str:
    return f"{median(found['costs'][name][size]) * 1e6:,.0f}" if name in found["costs"] else ""
