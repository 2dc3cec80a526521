"""A logout while 200 clients at once try wrong passwords, beside one when nothing else happens; on both databases.

Alone: `python -m benchmarks.scenarios.flood`.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from benchmarks import cluster, machine, progress, scratch, tables, wire
from benchmarks.flooding import CLIENTS
from benchmarks.goals import goals
from benchmarks.peers.ours import Cierre, user
from benchmarks.plan import Plan
from benchmarks.rounds import Json
from benchmarks.scenarios.alone import chosen_plan
from benchmarks.scenarios.contest import Contestant, contest
from cierre.domain.passwords import Passwords

LOGOUTS_A_SECOND = 50
AT_ONCE = 4
# Of the flood, before the clock starts: a crowd that is there, not one that comes.
SETTLED_S = 2.0


def steps(plan: Plan) -> int:
    """How many rounds there are."""
    return 2 * plan.rounds


def measure(plan: Plan) -> Json:
    """Return percentiles (ms) of each round for each database, quiet and in the flood, and how logins were answered."""
    found: Json = {}
    for name, sqlite in (("postgresql", False), ("sqlite", True)):
        print(f"  a logout in a flood of logins, {name}")
        with contest([Cierre], workers=1, sqlite=sqlite, suffix="_flood") as (one,):
            hashed = Passwords().hash_now("right")
            one.store.execute(f"UPDATE users SET password_hash = '{hashed}' WHERE id = '{user(0)}'")
            _logouts(one, plan)
            found[name] = _rounds(one, plan)
    return found


def _rounds(one: Contestant, plan: Plan) -> Json:
    found: Json = {"quiet": [], "flood": [], "logins": []}
    for number in range(plan.rounds):
        found["quiet"].append(_logouts(one, plan))
        with _flood(one.server.port) as logins:
            found["flood"].append(_logouts(one, plan))
        found["logins"].append(logins)
        progress.step()
        print(f"    {number + 1}/{plan.rounds} p99 {found['quiet'][-1]['p99_ms']:.1f} ms quiet", end="")
        print(f", {found['flood'][-1]['p99_ms']:.1f} ms in the flood; logins answered: {logins}", flush=True)
    return found


@contextmanager
def _flood(port: int) -> Iterator[Json]:
    """Let the flood come; what it was answered is in the yielded dictionary once it is over."""
    command = machine.pinned(machine.LOAD_CORES, [sys.executable, "-m", "benchmarks.flooding", str(port)])
    logins: Json = {}
    with subprocess.Popen(command, cwd=scratch.ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            time.sleep(SETTLED_S)
            yield logins
        finally:
            process.terminate()
            logins |= json.loads(process.communicate()[0] or "{}")


def _logouts(one: Contestant, plan: Plan) -> Json:
    """Four clients that log out, at a pace that leaves the server idle most of the time."""
    tickets = one.peer.mint(max(100, round(LOGOUTS_A_SECOND * plan.seconds * 4)))
    one.store.settle()
    requests = [ticket.logout.raw() for ticket in tickets]
    answers = asyncio.run(wire.each(one.server.port, requests, at_once=AT_ONCE, pause=AT_ONCE / LOGOUTS_A_SECOND))
    seconds = sorted(answer.seconds for answer in answers)
    return {"p50_ms": median(seconds) * 1e3, "p99_ms": seconds[-1 - len(seconds) // 100] * 1e3, "count": len(seconds)}


def main() -> int:
    """Measure, and print each database's goal."""
    plan = chosen_plan("benchmarks.scenarios.flood", __doc__)
    with cluster.running():
        found = measure(plan)
    for name, rounds in found.items():
        quiet, flood = (median(one["p99_ms"] for one in rounds[part]) for part in ("quiet", "flood"))
        print(f"{name}: p99 {quiet:.1f} ms quiet, {flood:.1f} ms beside {CLIENTS} bad logins at once")
    print(tables.goal_table(goals({"flood": found}, {})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
