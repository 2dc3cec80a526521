"""`make bench SCALE=1`: what everything costs with ten million sessions in PostgreSQL, beside a hundred thousand.

Cost is CPU of the server and of PostgreSQL together; what PostgreSQL does in the background (checkpoints) is left out.
Both sizes are measured in each round, while the other's server is stopped. Autovacuum is off: vacuum is measured by
itself, at its pace.
"""

import asyncio
import json
import logging
import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

import structlog

from benchmarks import cluster, database, machine, processes, progress, scratch, stock, tables, usage, wire
from benchmarks.database import Postgres
from benchmarks.goals import Goal
from benchmarks.load import Request
from benchmarks.peers.ours import ISSUER, LOGOUT, Cierre
from benchmarks.plan import Plan
from benchmarks.processes import Server
from benchmarks.rounds import Json
from benchmarks.scenarios import denylist
from benchmarks.scenarios.alone import chosen_plan
from benchmarks.stats import Ratio, ratio
from benchmarks.stock import SESSIONS_A_USER, Stocked
from cierre.clock import now_ms
from cierre.node.sweeper import Sweeper
from cierre.principal import Principal
from cierre.revocation.denylist import Denylist
from cierre.revocation.feed import Feed
from cierre.services import Services, build
from cierre.settings import DAY, HOUR, MINUTE, Settings
from cierre.storage.repositories.leases import LONGEST

GOAL = 1.3
DENYLIST_BYTES, DENYLIST_US = 100.0, 1.0
AT_ONCE = 4
SESSIONS = "/api/v1/auth/sessions"
# Closed within a quarter of an hour where two million people log out 0.7 times a day: what a starting node reads.
UNEXPIRED = 15_000
# What is closed while a vacuum goes on, a second.
PACE = 50.0
ROUNDS = 5
READY = Request("GET", "/health/ready")
# In a full plan and in a quick one.
REQUESTS, FEW_REQUESTS = 400, 10
ENTRIES, FEW_ENTRIES = 10_000_000, 10_000
SIZES, SMALL_SIZES = (100_000, 10_000_000), (2_000, 8_000)

ACTIONS = {
    "logout": "logout",
    "refresh": "refresh",
    "check": "check over HTTP",
    "list": "list of the user's sessions",
    "logout_all": f"logoutAll of up to {SESSIONS_A_USER}",
    "idle_sweep": "a sweep that finds nothing",
    "sweep": "sweep, a session that is closed",
    "purge": "purge, a session with its tokens and revocations",
    "start": "start of a node, to its first answer",
    "feed": "feed after a week away",
}
"""What is measured, by its name: the cost of one of it."""
OF_POSTGRES = ", of PostgreSQL"


@dataclass
class Side:
    """A database of one size, with a server on it."""

    size: int
    store: Postgres
    peer: Cierre
    postmaster: int
    server: Server
    users: Iterator[int]
    """Numbers of users whom nothing was done to yet."""

    def take(self, count: int, device: int = 0) -> list[Stocked]:
        """A session of each of so many users."""
        return [Stocked(next(self.users), device) for _ in range(count)]

    def access(self, one: Stocked) -> str:
        principal = Principal(one.user_id, one.session_id, "EMPLEADO", "cierre", f"device-{one.user}-{one.device}")
        return self.peer.tokens.issue(principal, epoch=0, at=now_ms())

    def request(self, method: str, path: str, one: Stocked, body: str = "") -> bytes:
        headers = {"Authorization": f"Bearer {self.access(one)}", **_HEADERS}
        return Request(method, path, headers, body).raw()

    def check(self, one: Stocked) -> bytes:
        return self.request("GET", f"{SESSIONS}/{one.session_id}", one)

    def logout_all(self, one: Stocked) -> bytes:
        return self.request("POST", LOGOUT, one, '{"logoutAll":true}')


_HEADERS = {"Content-Type": "application/json", "User-Agent": stock.USER_AGENT}


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    stored: tuple[int, int]
    requests: int
    rounds: int
    entries: int
    unexpired: int

    @classmethod
    def of(cls, plan: Plan) -> "Sizes":
        if plan.quick:
            return cls(SMALL_SIZES, FEW_REQUESTS, 1, FEW_ENTRIES, 100)
        return cls(SIZES, REQUESTS, ROUNDS, ENTRIES, UNEXPIRED)


# --- costs


def _postgres_seconds(postmaster: int) -> float:
    """CPU of the backends that run, and of those that have ended."""
    return sum(usage.precise_seconds(pid) for pid in usage.tree(postmaster)[1:] if not _in_background(pid)) + (
        usage.ended_seconds(postmaster)
    )


def _in_background(pid: int) -> bool:
    try:
        name = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode()
    except OSError:
        return False
    return name.startswith(("postgres: checkpointer", "postgres: background", "postgres: walwriter", "postgres: auto"))


@contextmanager
def _cost(side: Side, own: Callable[[], float]) -> Iterator[list[float]]:
    """Put into the list that is yielded the seconds that were spent by `own` and by PostgreSQL."""
    found: list[float] = []
    before = own() + _postgres_seconds(side.postmaster)
    yield found
    found.append(own() + _postgres_seconds(side.postmaster) - before)


def _of_requests(side: Side, name: str, requests: Sequence[bytes]) -> dict[str, float]:
    """Seconds of CPU for each of the requests, which must all succeed; and what PostgreSQL had of them."""
    before = _postgres_seconds(side.postmaster)
    with _cost(side, partial(_seconds_of_tree, side.server.pid)) as found:
        asyncio.run(wire.each(side.server.port, requests, at_once=AT_ONCE))
    of_postgres = _postgres_seconds(side.postmaster) - before
    return {name: found[0] / len(requests), name + OF_POSTGRES: of_postgres / len(requests)}


def _seconds_of_tree(pid: int) -> float:
    return sum(map(usage.precise_seconds, usage.tree(pid)))


# --- what is measured


async def _with_services(side: Side, action: Callable[[Services], Awaitable[None]]) -> None:
    services = build(Settings(database_url=side.store.url, data_dir=side.peer.data, issuer=ISSUER))
    await services.database.open()
    try:
        await action(services)
    finally:
        await services.database.close()


async def _sweep_twice(side: Side, found: list[list[float]]) -> None:
    """What the first sweep costs, which finds what is due, and the second one, which finds nothing."""

    async def sweep(services: Services) -> None:
        sweeper = Sweeper(services)
        for _ in range(2):
            with _cost(side, time.process_time) as cost:
                await sweeper.sweep()
            found.append(cost)

    side.store.execute("DELETE FROM leases")
    try:
        await _with_services(side, sweep)
    finally:
        _hold_the_lease(side.store)


def _hold_the_lease(store: Postgres) -> None:
    """Nobody sweeps but who is measured at it."""
    until = now_ms() + LONGEST - MINUTE
    store.execute(
        f"INSERT INTO leases (name, holder, until) VALUES ('sweeper', 'benchmark', {until}) "
        f"ON CONFLICT (name) DO UPDATE SET holder = 'benchmark', until = {until}"
    )


def _swept(side: Side, sizes: Sizes) -> dict[str, float]:
    """What a sweep costs that finds nothing, closes sessions, or deletes them with all that is theirs."""
    idle = now_ms() - 15 * DAY
    due = side.take(sizes.requests)
    _change(side, due, f"last_seen_at = {idle}")
    closing = _two_sweeps(side)
    ended = now_ms() - 3 * DAY
    _change(side, side.take(sizes.requests), f"status = 'closed', closed_at = {ended}, expires_at = {ended}")
    side.store.execute(f"UPDATE revocations SET expires_at = {now_ms() - 2 * HOUR}")
    deleting = _two_sweeps(side)
    nothing = median([closing[1], deleting[1]])
    return {
        "idle_sweep": nothing,
        "sweep": (closing[0] - nothing) / sizes.requests,
        "purge": (deleting[0] - nothing) / sizes.requests,
    }


def _change(side: Side, sessions: Sequence[Stocked], values: str) -> None:
    rows = ", ".join(f"('{one.user_id}', '{one.session_id}')" for one in sessions)
    side.store.execute(f"UPDATE sessions SET {values} WHERE (user_id, id) IN ({rows})")


def _two_sweeps(side: Side) -> list[float]:
    found: list[list[float]] = []
    asyncio.run(_sweep_twice(side, found))
    return [seconds for cost in found for seconds in cost]


def _actions(sizes: Sizes) -> list[Callable[[Side], dict[str, float]]]:
    """What is measured one after the other; each returns costs by the name of the action."""
    count = sizes.requests

    def requested(name: str, make: Callable[[Side], Sequence[bytes]]) -> Callable[[Side], dict[str, float]]:
        return lambda side: _of_requests(side, name, make(side))

    return [
        requested("logout", lambda side: [side.request("POST", LOGOUT, one, "{}") for one in side.take(count)]),
        requested("refresh", lambda side: [_refresh(one) for one in side.take(count, 1)]),
        requested("check", lambda side: [side.check(one) for one in side.take(count, 2)]),
        requested("list", lambda side: [side.request("GET", SESSIONS, one) for one in side.take(count, 2)]),
        requested("logout_all", lambda side: [side.logout_all(one) for one in side.take(count, 3)]),
        partial(_swept, sizes=sizes),
        _started,
    ]


def _refresh(one: Stocked) -> bytes:
    body = json.dumps({"refreshToken": one.refresh_token})
    return Request("POST", "/api/v1/auth/refresh", _HEADERS, body).raw()


def _started(side: Side) -> dict[str, float]:
    """Seconds of CPU until another node answers that it is ready."""
    before = _postgres_seconds(side.postmaster)
    with processes.running(f"scale-start-{side.size}", partial(_command, side.peer), ready=READY) as node:
        spent = _seconds_of_tree(node.pid) + _postgres_seconds(side.postmaster) - before
    return {"start": spent}


def _command(peer: Cierre, port: int) -> processes.Command:
    return peer.command(port, 1)


def _feed(side: Side) -> float:
    """Seconds of CPU of a node's first look, which finds a week of revocations that nobody has deleted."""
    found: list[float] = []

    async def look(services: Services) -> None:
        feed = Feed(services.database, Denylist(), poll_interval=HOUR)
        await feed.start()
        await feed.stop()

    async def twice(services: Services) -> None:
        # Statements are compiled at the first use.
        await look(services)
        with _cost(side, time.process_time) as cost:
            await look(services)
        found.extend(cost)

    asyncio.run(_with_services(side, twice))
    return found[0]


def _leave_for_a_week(side: Side, sizes: Sizes) -> None:
    """A week's closings, as many as there are sessions; the newest have not expired."""
    side.store.execute("TRUNCATE revocations")
    with stock.without_indexes(side.store, ["revocations"]):
        side.store.execute(
            *stock.HASTE,
            "INSERT INTO revocations (transaction_id, user_id, session_id, expires_at, revoked_at) "
            f"SELECT n, left(md5('user' || n), 24), left(md5('closed' || n), 24), "
            f"CASE WHEN n > {side.size - sizes.unexpired} THEN {now_ms() + HOUR} "
            f"ELSE {now_ms() - 7 * DAY} + n::bigint * {7 * DAY} / {side.size} END, 0 "
            f"FROM generate_series(1, {side.size}) n",
        )
    side.store.execute("VACUUM ANALYZE revocations")


# --- vacuum


def _vacuumed(side: Side, sizes: Sizes) -> Json:
    """Seconds of a vacuum at autovacuum's pace, and the p99 (ms) of logouts before and meanwhile."""
    quiet = _paced(side, sizes.requests)
    words = ["psql", "-X", "-q", "-d", side.store.name, "-c", "SET vacuum_cost_delay = '2ms'"]
    words += [word for table in ("sessions", "refresh_tokens") for word in ("-c", f"VACUUM {table}")]
    began = time.perf_counter()
    meanwhile: list[float] = []
    with subprocess.Popen(words) as vacuum:
        while vacuum.poll() is None:
            meanwhile += _paced(side, round(PACE))
        ended = vacuum.returncode
    if ended:
        raise RuntimeError(f"VACUUM of {side.store.name} failed")
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "quiet_p99_ms": _p99(quiet), "p99_ms": _p99(meanwhile), "logouts": len(meanwhile)}


def _paced(side: Side, count: int) -> list[float]:
    requests = [side.request("POST", LOGOUT, one, "{}") for one in side.take(count)]
    return asyncio.run(wire.each(side.server.port, requests, at_once=AT_ONCE, pause=AT_ONCE / PACE))


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[-1 - len(seconds) // 100] * 1e3


# --- the run


def steps(sizes: Sizes) -> dict[str, int]:
    """How many steps each part has."""
    pairs = 2 * sizes.rounds
    return {"fill": 2, "actions": pairs * len(_actions(sizes)), "vacuum": 2, "week": 2, "feed": pairs, "denylist": 1}


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
                found["vacuum"][str(side.size)] = _alone(side, partial(_vacuumed, side, sizes))
                progress.step()
        progress.begin("week")
        for side in sides:
            _leave_for_a_week(side, sizes)
            progress.step()
        progress.begin("feed")
        found["costs"]["feed"] = {str(size): [] for size in sizes.stored}
        for _ in range(sizes.rounds):
            for side in sides:
                found["costs"]["feed"][str(side.size)].append(_feed(side))
                progress.step()
    progress.begin("denylist")
    with multiprocessing.get_context("spawn").Pool(1) as apart:
        found["denylist"] = apart.apply(denylist.resident, (sizes.entries, sizes.rounds))
    progress.step()
    return found


def _in_turn(sides: Sequence[Side], sizes: Sizes, found: Json) -> None:
    """Each action on both sides, right after each other; who comes first changes with each round."""
    for number in range(sizes.rounds):
        for action in _actions(sizes):
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
    _hold_the_lease(store)
    print(f"  {size} sessions: filled in {time.perf_counter() - began:.0f} s", flush=True)
    progress.step()
    return peer


@contextmanager
def _side(peer: Cierre, size: int, postmaster: int, sizes: Sizes) -> Iterator[Side]:
    assert isinstance(peer.store, Postgres)
    users = iter(random.Random(size).sample(range(size // SESSIONS_A_USER), size // SESSIONS_A_USER))
    with processes.running(f"scale-{size}", partial(_command, peer)) as server:
        side = Side(size, peer.store, peer, postmaster, server, users)
        # Statements are prepared, and connections made, before the clock runs.
        for action in _actions(replace(sizes, requests=2 * AT_ONCE))[:-2]:
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


# --- what is told


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
