"""`make bench SCALE=1`: what everything costs with ten million sessions in PostgreSQL, beside a hundred thousand.

Cost is CPU of the server and of PostgreSQL together; what PostgreSQL does in the background (checkpoints) is left out.
Both sizes are measured in each round, while the other's server is stopped. Autovacuum is off: vacuum is measured by
itself, at its pace.
"""

import json
import logging
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

import structlog

from benchmarks import cluster, database, machine, processes, progress, scratch, stock
from benchmarks.database import Postgres
from benchmarks.peers.ours import Cierre
from benchmarks.report_scale import text
from benchmarks.rounds import Json
from benchmarks.scenarios import denylist
from benchmarks.scenarios.alone import chosen_plan
from benchmarks.stock import SESSIONS_A_USER
from benchmarks.stock_actions import (
    AT_ONCE,
    Side,
    Sizes,
    actions,
    feed_after_a_week,
    hold_the_lease,
    leave_for_a_week,
    node_command,
    vacuumed,
)


def steps(sizes: Sizes) -> dict[str, int]:
    """How many steps each part has."""
    pairs = 2 * sizes.rounds
    return {"fill": 2, "actions": pairs * len(actions(sizes)), "vacuum": 2, "week": 2, "feed": pairs, "denylist": 1}


def step_seconds(sizes: Sizes) -> dict[str, float]:
    """What a step takes, about."""
    million = max(sizes.stored) / 1e6
    return {
        "fill": 1 + 17 * million,
        "actions": 1 + sizes.requests / 250,
        "vacuum": 1 + 2 * million,
        "week": 1 + 4 * million,
        "feed": 2,
        "denylist": 1 + sizes.entries / 2e5,
    }


def measure(sizes: Sizes, postmaster: int) -> Json:
    """Return costs by action and size, bytes of a session, vacuum, and what the denylist needs."""
    with ExitStack() as stack:
        stores = {size: stack.enter_context(database.postgres(f"scale_{size}")) for size in sizes.stored}
        progress.begin("fill")
        peers = {size: _filled(store, size, postmaster) for size, store in stores.items()}
        disk = {str(size): _bytes(store, size) for size, store in stores.items()}
        found: Json = {"disk": disk, "costs": {}}
        with ExitStack() as servers:
            sides = [servers.enter_context(_side(peer, size, postmaster, sizes)) for size, peer in peers.items()]
            progress.begin("actions")
            _in_turn(sides, sizes, found)
            progress.begin("vacuum")
            found["vacuum"] = {}
            for side in sides:
                found["vacuum"][str(side.size)] = _alone(side, partial(vacuumed, side, sizes))
                progress.step()
        progress.begin("week")
        for side in sides:
            leave_for_a_week(side, sizes)
            progress.step()
        progress.begin("feed")
        found["costs"]["feed"] = {str(size): [] for size in sizes.stored}
        for _ in range(sizes.rounds):
            for side in sides:
                found["costs"]["feed"][str(side.size)].append(feed_after_a_week(side))
                progress.step()
    progress.begin("denylist")
    with multiprocessing.get_context("spawn").Pool(1) as apart:
        found["denylist"] = apart.apply(denylist.resident, (sizes.entries, sizes.rounds))
    progress.step()
    return found


def _in_turn(sides: Sequence[Side], sizes: Sizes, found: Json) -> None:
    """Each action on both sides, right after each other; who comes first changes with each round."""
    for number in range(sizes.rounds):
        for action in actions(sizes):
            for side in reversed(sides) if number % 2 else sides:
                for name, seconds in _alone(side, partial(action, side)).items():
                    of_each = found["costs"].setdefault(name, {str(size): [] for size in sizes.stored})
                    of_each[str(side.size)].append(seconds)
                progress.step()
        print(f"    {number + 1}/{sizes.rounds} µs of CPU: {_last(found['costs'])}", flush=True)


def _last(costs: Json) -> str:
    """What the last round cost, the smaller size first."""
    shown = {name: [f"{rounds[-1] * 1e6:,.0f}" for rounds in of.values() if rounds] for name, of in costs.items()}
    return "; ".join(f"{name} {', '.join(both)}" for name, both in shown.items() if both)


def _alone(side: Side, action: Callable[[], Json]) -> Json:
    side.server.resume()
    try:
        return action()
    finally:
        side.server.pause()


def _filled(store: Postgres, size: int, postmaster: int) -> Cierre:
    peer = Cierre(store)
    peer.prepare()
    began = time.perf_counter()
    # What fills it may use all cores, and write its log without a checkpoint in between.
    os.sched_setaffinity(postmaster, machine.CORES)
    store.execute(
        "ALTER SYSTEM SET max_wal_size = '16GB'", "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()"
    )
    stock.fill(store, size)
    store.settle()
    store.execute("ALTER SYSTEM RESET max_wal_size", "SELECT pg_reload_conf()")
    os.sched_setaffinity(postmaster, machine.LOAD_CORES)
    hold_the_lease(store)
    print(f"  {size} sessions: filled in {time.perf_counter() - began:.0f} s", flush=True)
    progress.step()
    return peer


@contextmanager
def _side(peer: Cierre, size: int, postmaster: int, sizes: Sizes) -> Iterator[Side]:
    assert isinstance(peer.store, Postgres)
    users = iter(random.Random(size).sample(range(size // SESSIONS_A_USER), size // SESSIONS_A_USER))
    with processes.running(f"scale-{size}", partial(node_command, peer)) as server:
        side = Side(size, peer.store, peer, postmaster, server, users)
        # Statements are prepared, and connections made, before the clock runs.
        for action in actions(replace(sizes, requests=2 * AT_ONCE))[:-2]:
            action(side)
        server.pause()
        yield side
        server.resume()


def _bytes(store: Postgres, size: int) -> dict[str, float]:
    """Bytes on disk for each session, its indexes with it; of the user's row, for each user."""
    found = store.rows(
        "SELECT coalesce(parent.relname, one.relname), sum(pg_total_relation_size(one.oid)), "
        "sum(pg_indexes_size(one.oid)) FROM pg_class one LEFT JOIN pg_inherits ON inhrelid = one.oid "
        "LEFT JOIN pg_class parent ON parent.oid = inhparent WHERE one.relkind = 'r' GROUP BY 1"
    )
    sizes = {name: (int(whole), int(indexes)) for name, whole, indexes in found}
    users = size / SESSIONS_A_USER
    return {
        "session": sizes["sessions"][0] / size,
        "session_indexes": sizes["sessions"][1] / size,
        "refresh_token": sizes["refresh_tokens"][0] / size,
        "refresh_token_indexes": sizes["refresh_tokens"][1] / size,
        "user": sizes["users"][0] / users,
    }


def main() -> int:
    """Measure, and print the tables."""
    plan = chosen_plan("benchmarks.scenarios.scale", __doc__)
    # A line for each session that a sweep closes is the server's to write.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    sizes = Sizes.of(plan)
    began = time.monotonic()
    with cluster.running() as postmaster, progress.showing(steps(sizes), step_seconds(sizes)):
        found = measure(sizes, postmaster)
    (scratch.SCRATCH / ("scale-quick.json" if plan.quick else "scale.json")).write_text(json.dumps(found))
    print(text(found))
    print(f"\n{machine.now()}, {time.monotonic() - began:.0f} s, load average {os.getloadavg()[2]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
