"""What is done to the sessions of `stock`, and what it costs: CPU of the server and of PostgreSQL."""

import asyncio
import json
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import processes, stock, usage, wire
from benchmarks.database import Postgres
from benchmarks.load import Request
from benchmarks.peers.ours import ISSUER, LOGOUT, Cierre
from benchmarks.plan import Plan
from benchmarks.processes import Server
from benchmarks.rounds import Json
from benchmarks.stock import SESSIONS_A_USER, Stocked
from cierre.clock import now_ms
from cierre.node.sweeper import Sweeper
from cierre.principal import Principal
from cierre.revocation.denylist import Denylist
from cierre.revocation.feed import Feed
from cierre.services import Services, build
from cierre.settings import DAY, HOUR, MINUTE, Settings
from cierre.storage.repositories.leases import LONGEST

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


@dataclass
class Cost:
    """Seconds of CPU: of whoever is measured and of PostgreSQL, and what PostgreSQL had of them."""

    whole: float = 0.0
    of_postgres: float = 0.0


@contextmanager
def _cost(side: Side, own: Callable[[], float]) -> Iterator[Cost]:
    """What the block costs, once it has ended; `own` is the CPU of whoever is measured, in seconds."""
    found = Cost()
    mine, theirs = own(), _postgres_seconds(side.postmaster)
    yield found
    found.of_postgres = _postgres_seconds(side.postmaster) - theirs
    found.whole = own() - mine + found.of_postgres


def _of_requests(side: Side, name: str, requests: Sequence[bytes]) -> dict[str, float]:
    """Seconds of CPU for each of the requests, which must all succeed; and what PostgreSQL had of them."""
    with _cost(side, partial(_seconds_of_tree, side.server.pid)) as cost:
        asyncio.run(wire.each(side.server.port, requests, at_once=AT_ONCE))
    return {name: cost.whole / len(requests), name + OF_POSTGRES: cost.of_postgres / len(requests)}


def _seconds_of_tree(pid: int) -> float:
    return sum(map(usage.precise_seconds, usage.tree(pid)))


async def _with_services(side: Side, action: Callable[[Services], Awaitable[None]]) -> None:
    services = build(Settings(database_url=side.store.url, data_dir=side.peer.data, issuer=ISSUER))
    await services.database.open()
    try:
        await action(services)
    finally:
        await services.database.close()


async def _sweep_twice(side: Side, found: list[Cost]) -> None:
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
        hold_the_lease(side.store)


def hold_the_lease(store: Postgres) -> None:
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
    found: list[Cost] = []
    asyncio.run(_sweep_twice(side, found))
    return [cost.whole for cost in found]


def actions(sizes: Sizes) -> list[Callable[[Side], dict[str, float]]]:
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
    with processes.running(f"scale-start-{side.size}", partial(node_command, side.peer), ready=READY) as node:
        spent = _seconds_of_tree(node.pid) + _postgres_seconds(side.postmaster) - before
    return {"start": spent}


def node_command(peer: Cierre, port: int) -> processes.Command:
    return peer.command(port, 1)


def feed_after_a_week(side: Side) -> float:
    """Seconds of CPU of a node's first look, which finds a week of revocations that nobody has deleted."""
    found: list[Cost] = []

    async def look(services: Services) -> None:
        feed = Feed(services.database, Denylist(), poll_interval=HOUR)
        await feed.start()
        await feed.stop()

    async def twice(services: Services) -> None:
        # Statements are compiled at the first use.
        await look(services)
        with _cost(side, time.process_time) as cost:
            await look(services)
        found.append(cost)

    asyncio.run(_with_services(side, twice))
    return found[0].whole


def leave_for_a_week(side: Side, sizes: Sizes) -> None:
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


def vacuumed(side: Side, sizes: Sizes) -> Json:
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
    answers = asyncio.run(wire.each(side.server.port, requests, at_once=AT_ONCE, pause=AT_ONCE / PACE))
    return [one.seconds for one in answers]


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[-1 - len(seconds) // 100] * 1e3
