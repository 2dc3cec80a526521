"""Logout: one session closed in full, each token used once; then whether it is really closed, and audited once."""

from collections.abc import Sequence
from functools import partial

from benchmarks import database, machine
from benchmarks.load import Load
from benchmarks.peers.base import Peer
from benchmarks.peers.better_auth import BetterAuth
from benchmarks.peers.drf import Knox, SimpleJwt
from benchmarks.peers.oidc_provider import OidcProvider, OidcProviderPrepared
from benchmarks.peers.ours import Cierre, CierreMinimal
from benchmarks.peers.pgbench import Pgbench
from benchmarks.peers.stock import Lean, Stock
from benchmarks.plan import Plan
from benchmarks.rounds import Json, interleave
from benchmarks.scenarios.contest import FEW, HIGHEST_RATE, MANY, Contestant, contest

ON_POSTGRESQL: tuple[type[Peer], ...] = (
    Cierre,
    CierreMinimal,
    Stock,
    Knox,
    BetterAuth,
    SimpleJwt,
    OidcProvider,
    OidcProviderPrepared,
)
ON_SQLITE: tuple[type[Peer], ...] = (Cierre, Lean, Stock)


def steps(plan: Plan) -> int:
    """How many measurements there are, without those that only warm up."""
    return plan.rounds * (2 * (len(ON_POSTGRESQL) + 1) + len(_several(plan)) + len(ON_SQLITE))


def measure(plan: Plan) -> Json:
    """Return loads and proofs for PostgreSQL with one worker and two, for SQLite, and for pgbench."""
    found: Json = {}
    with contest(ON_POSTGRESQL, workers=1) as contestants, database.postgres("pgbench") as store:
        limit = Pgbench(store)
        limit.prepare()
        _warm(contestants, plan)
        for connections in (FEW, MANY):
            print(f"  logout on PostgreSQL, 1 worker, {connections} at once")
            extra = {limit.name: partial(_limit, limit, connections, plan.seconds)}
            found[f"postgresql-1-{connections}"] = _rounds(contestants, connections, plan, extra)
        found["proofs-postgresql"] = {one.peer.name: one.proof() for one in contestants}
    with contest(_several(plan), workers=2, cores=machine.CORES) as contestants:
        _warm(contestants, plan)
        print(f"  logout on PostgreSQL, 2 workers, {FEW} at once")
        found[f"postgresql-2-{FEW}"] = _rounds(contestants, FEW, plan, {})
    with contest(ON_SQLITE, workers=1, sqlite=True) as contestants:
        _warm(contestants, plan)
        print(f"  logout on SQLite, 1 worker, {FEW} at once")
        found[f"sqlite-1-{FEW}"] = _rounds(contestants, FEW, plan, {})
        found["proofs-sqlite"] = {one.peer.name: one.proof() for one in contestants}
    return found


def _several(plan: Plan) -> tuple[type[Peer], ...]:
    """Those that are measured with two workers."""
    return ON_POSTGRESQL[:1] if plan.quick else ON_POSTGRESQL


def _warm(contestants: Sequence[Contestant], plan: Plan) -> None:
    for one in contestants:
        one.check_open()
        for connections in (FEW, MANY):
            one.measure(connections, plan.warm_seconds)


def _rounds(
    contestants: Sequence[Contestant], connections: int, plan: Plan, extra: dict[str, partial[Load]]
) -> dict[str, list[Json]]:
    measures = {one.peer.name: partial(one.measure, connections, plan.seconds) for one in contestants}
    return interleave({**measures, **extra}, plan.rounds, {one.peer.name: one.server for one in contestants})


def _limit(limit: Pgbench, clients: int, seconds: float) -> Load:
    return limit.run(clients=clients, seconds=seconds, sessions=round(HIGHEST_RATE * max(seconds, 1) / clients))
