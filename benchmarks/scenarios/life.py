"""The whole life of a session: login, refresh, check, introspection, list, and the four ways it ends.

Each peer is measured at what it has natively. Afterwards a sample of what was closed or exchanged is presented again,
and what the successes left in the store is counted.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import cycle, islice
from typing import Any

from benchmarks import database, load, machine, processes
from benchmarks.load import Load, LoadFailed, Request
from benchmarks.peers.base import Peer
from benchmarks.peers.better_auth import BetterAuth
from benchmarks.peers.better_auth.life import BetterAuthLife
from benchmarks.peers.drf import Knox, SimpleJwt
from benchmarks.peers.drf.life import KnoxLife, SimpleJwtLife
from benchmarks.peers.oidc_provider import OidcProviderPrepared
from benchmarks.peers.oidc_provider.life import OidcProviderLife
from benchmarks.peers.operations import OPERATIONS, Attempt, Life, Operation, accepted
from benchmarks.peers.ours import Cierre
from benchmarks.peers.ours.life import CierreLife
from benchmarks.peers.stock import Stock
from benchmarks.peers.stock.life import StockLife
from benchmarks.plan import Plan
from benchmarks.processes import Command, Server
from benchmarks.rounds import Json, interleave
from benchmarks.scenarios.contest import FEW, FIRST_GUESS, HIGHEST_RATE, MANY

LIVES: dict[type[Peer], Callable[[Any], Life[Any]]] = {
    Cierre: CierreLife,
    OidcProviderPrepared: OidcProviderLife,
    BetterAuth: BetterAuthLife,
    Knox: KnoxLife,
    SimpleJwt: SimpleJwtLife,
    Stock: StockLife,
}
HAS = {
    Cierre.name: OPERATIONS,
    OidcProviderPrepared.name: ("login_cheap", "refresh", "check", "introspection", "logout"),
    BetterAuth.name: tuple(name for name in OPERATIONS if name not in {"introspection", "logout_elsewhere"}),
    Knox.name: ("login", "login_cheap", "check", "logout", "logout_all"),
    SimpleJwt.name: ("login", "login_cheap", "refresh", "check", "introspection", "logout"),
    Stock.name: ("check", "logout"),
}
"""What each has natively, by the names of peers and operations."""
AT_ONCE = {"login": 4}
"""Connections, where they are not `FEW`: a login with its hash keeps the core busy for long as it is."""
SAMPLE = 5
# What was exchanged a moment ago may still be answered with its successor (`cierre serve --refresh-grace`).
GRACE_S = 11.0


@dataclass
class Tally:
    """What one operation of one peer came to, over all its runs."""

    successes: int = 0
    failures: int = 0
    counted: int = 0
    audited: int = 0
    sample: list[Attempt] = field(default_factory=list)


class Living:
    """A peer that runs, with a second server where it has a hash to be spared."""

    def __init__(self, life: Life[Any], server: Server, cheap: Server) -> None:
        self.name = life.peer.name
        self.server, self._cheap = server, cheap
        self.tallies: dict[str, Tally] = {}
        self._life = life
        life.port = server.port
        self._operations = life.operations()
        assert tuple(self._operations) == HAS[self.name], f"{self.name} has {', '.join(self._operations)}"
        self._guesses = dict.fromkeys(self._operations, FIRST_GUESS)

    @property
    def servers(self) -> list[Server]:
        return [self.server] if self._cheap is self.server else [self.server, self._cheap]

    def server_of(self, name: str) -> Server:
        return self._cheap if name == "login_cheap" else self.server

    def warm(self, name: str, connections: int, seconds: float) -> None:
        """Give the store a fresh start, and do it for so long, so that it isn't measured cold; 0: neither."""
        if seconds:
            self._life.peer.store.settle()
            self.measure(name, connections, seconds)

    def measure(self, name: str, connections: int, seconds: float) -> Load:
        """Do it for so long; what is needed for it was made before the clock started."""
        operation, server = self._operations[name], self.server_of(name)
        wanted = round(min(self._guesses[name] * 1.5, HIGHEST_RATE) * seconds) + 4 * connections
        attempts = operation.attempts(wanted)
        counted, audited = self._counts(operation)
        requests = (attempt.request.raw() for attempt in islice(cycle(attempts), wanted))
        found = load.once_each(server.port, requests, connections=connections, seconds=seconds, pid=server.pid)
        self._guesses[name] = max(found.rate, self._guesses[name] * 0.5)
        tally = self.tallies.setdefault(name, Tally())
        counted_after, audited_after = self._counts(operation)
        tally.successes += found.successes
        tally.failures += found.failures
        tally.counted += counted_after - counted
        tally.audited += audited_after - audited
        # They were sent in order, so the first ones surely were.
        tally.sample = (attempts[:SAMPLE] + tally.sample)[: 2 * SAMPLE]
        return found

    def proof(self, name: str) -> Json:
        """Whether what was used up is refused, what wasn't is not, and as much was left as there were successes."""
        operation, tally = self._operations[name], self.tallies[name]
        used = [request for attempt in tally.sample for request in attempt.dead]
        good = [] if operation.once else [attempt.request for attempt in tally.sample]
        return {
            "successes": tally.successes,
            "failures": tally.failures,
            "presented_again": len(used),
            "still_accepted": sum(self._accepts(self.server, request) for request in used),
            "asked_again": len(good),
            "answered_well": sum(self._accepts(self.server_of(name), one) for one in good),
            "expected": tally.successes * operation.each if operation.count else None,
            "counted": tally.counted if operation.count else None,
            "audited": tally.audited if operation.audited else None,
            "audit_expected": tally.successes * operation.audited if operation.audited else None,
        }

    def _accepts(self, server: Server, request: Request) -> bool:
        status, body = processes.ask(server.port, request)
        if status >= 500:
            raise LoadFailed(f"{self.name}: {request.method} {request.path}: {status} proves nothing")
        return accepted(status, body)

    def _counts(self, operation: Operation) -> tuple[int, int]:
        """What is counted, and the audit rows; each 0 where it isn't looked at."""
        peer = self._life.peer
        audit = f"SELECT count(*) FROM {peer.audit_table}" if operation.audited else "SELECT 0"
        if not operation.count:
            return 0, 0
        counted, audited = map(int, peer.store.execute(operation.count, audit).split())
        return counted, audited


def steps(plan: Plan) -> int:
    """How many measurements there are."""
    return plan.life_rounds * sum(len(_having(name)) for name, _ in _runs())


def measure(plan: Plan) -> Json:
    """Return loads by operation and peer, those of a logout at 64 at once, proofs, and the machine's load meanwhile."""
    found: Json = {"operations": {}, "proofs": {}, "when": machine.now(), "load_average": [os.getloadavg()[0]]}
    with _all_running() as living:
        for name, connections in _runs():
            print(f"  {name}, {connections} at once", flush=True)
            able = [living[peer] for peer in _having(name)]
            loads = _rounds(name, connections, able, list(living.values()), plan)
            found["operations"][name if connections != MANY else f"{name}_{MANY}"] = loads
            found["load_average"].append(os.getloadavg()[0])
            if name != "refresh":
                # Soon, so that no token is refused because it has expired.
                found["proofs"][name] = {one.name: one.proof(name) for one in able}
        time.sleep(GRACE_S)
        found["proofs"]["refresh"] = {peer: living[peer].proof("refresh") for peer in _having("refresh")}
    return found


def _runs() -> list[tuple[str, int]]:
    return [(name, AT_ONCE.get(name, FEW)) for name in OPERATIONS] + [("logout", MANY)]


def _having(name: str) -> list[str]:
    return [peer for peer, operations in HAS.items() if name in operations]


def _rounds(
    name: str, connections: int, able: Sequence[Living], everyone: Sequence[Living], plan: Plan
) -> dict[str, list[Json]]:
    """Warm those up that have the operation, then measure them in turn, while all other servers are stopped."""
    for one in able:
        one.warm(name, connections, plan.life_warm_seconds)
    measures = {one.name: partial(one.measure, name, connections, plan.seconds) for one in able}
    servers = {one.name: one.server_of(name) for one in able}
    return interleave(measures, plan.life_rounds, servers, [server for one in everyone for server in one.servers])


@contextmanager
def _all_running() -> Iterator[dict[str, Living]]:
    """All peers side by side, each on a store of its own."""
    with ExitStack() as stack:
        found = {}
        for make, make_life in LIVES.items():
            peer = make(stack.enter_context(database.postgres(f"{make.name}_life")))
            peer.prepare()
            life = make_life(peer)
            life.prepare()
            server = stack.enter_context(_running(peer, {}))
            cheap = stack.enter_context(_running(peer, life.cheap_hash)) if life.cheap_hash else server
            found[peer.name] = Living(life, server, cheap)
        yield found


def _running(peer: Peer, environment: Mapping[str, str]) -> AbstractContextManager[Server]:
    def command(port: int) -> Command:
        usual = peer.command(port, 1)
        return replace(usual, environment={**usual.environment, **environment})

    return processes.running(f"life-{peer.name}{'-cheap' if environment else ''}", command)
