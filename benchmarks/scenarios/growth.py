"""How the cost of a logout grows: with the sessions stored, with those of one user, and with the load."""

from contextlib import ExitStack
from functools import partial

from benchmarks import processes, progress
from benchmarks.database import Store
from benchmarks.load import LoadFailed, Request
from benchmarks.peers.ours import LOGOUT, SESSION_COLUMNS, Cierre, add_users, hexadecimal, user
from benchmarks.plan import Plan
from benchmarks.rounds import Json, interleave
from benchmarks.scenarios.contest import FEW, Contestant, contest

SESSIONS_A_USER = 10
OTHERS = 10_000_000
"""Users from this number on only fill the tables; nobody has their tokens."""
ALL = '{"logoutAll":true}'


def steps(plan: Plan) -> int:
    """How many measurements there are."""
    return plan.rounds * (len(plan.concurrency) + len(plan.stored) + len(plan.of_one_user))


def measure(plan: Plan) -> Json:
    """Return loads by sessions stored and by connections at once, and seconds by sessions of one user."""
    with contest([Cierre], workers=1) as (one,):
        one.measure(FEW, plan.warm_seconds)
        print("  growth with the connections at once")
        by_load = {str(n): partial(one.measure, n, plan.seconds) for n in plan.concurrency}
        concurrency = interleave(by_load, plan.rounds)
        print("  growth with the sessions of one user")
        of_one_user = _of_one_user(one, plan)
    return {"stored": _stored(plan), "concurrency": concurrency, "of_one_user": of_one_user}


def _stored(plan: Plan) -> dict[str, list[Json]]:
    print("  growth with the sessions stored")
    with ExitStack() as stack:
        contestants = {}
        for size in plan.stored:
            (one,) = stack.enter_context(contest([Cierre], workers=1, suffix=f"_{size}"))
            fill(one.store, size)
            one.measure(FEW, plan.warm_seconds)
            contestants[str(size)] = one
        measures = {size: partial(one.measure, FEW, plan.seconds) for size, one in contestants.items()}
        return interleave(measures, plan.rounds, {size: one.server for size, one in contestants.items()})


def _of_one_user(one: Contestant, plan: Plan) -> dict[str, list[float]]:
    """Seconds that one logoutAll takes; each round opens the sessions anew, for a user of its own."""
    found: dict[str, list[float]] = {str(size): [] for size in plan.of_one_user}
    number = OTHERS
    for _ in range(plan.rounds):
        for size in plan.of_one_user:
            number += 1
            found[str(size)].append(_logout_all(one, number, size))
            progress.step()
    return found


def _logout_all(one: Contestant, number: int, sessions: int) -> float:
    assert isinstance(one.peer, Cierre)
    add_users(one.store, number, 1)
    if sessions > 1:
        add_sessions(one.store, number, 1, sessions - 1)
    (opened,) = one.peer.open_sessions([user(number)])
    one.store.settle()
    bearer = {"Authorization": f"Bearer {opened.access_token}", "Content-Type": "application/json"}
    status, body, seconds = processes.timed(one.server.port, Request("POST", LOGOUT, bearer, ALL))
    if status != 200 or f'"sessionsClosed":{sessions},'.encode() not in body.replace(b" ", b""):
        raise LoadFailed(f"logoutAll of {sessions} sessions: {status} {body[:300]!r}")
    return seconds


def fill(store: Store, sessions: int) -> None:
    """Put that many open sessions into the tables, ten a user, each with its refresh token."""
    users = max(1, sessions // SESSIONS_A_USER)
    add_users(store, OTHERS, users)
    add_sessions(store, OTHERS, users, SESSIONS_A_USER)


def add_sessions(store: Store, first: int, users: int, each: int) -> None:
    now = "(extract(epoch FROM now()) * 1000)::bigint"
    series = f"FROM generate_series({first}, {first + users - 1}) n, generate_series(0, {each - 1}) k"
    owner, key = hexadecimal("n"), hexadecimal("n::bigint * 100000 + k")
    store.execute(
        f"INSERT INTO sessions ({', '.join(SESSION_COLUMNS)}) "
        f"SELECT {owner}, {key}, 0, 'device-' || k, 'cierre', 'active', {now}, {now}, {now} + 2592000000 {series}",
        "INSERT INTO refresh_tokens (hash, user_id, session_id, issued_at, expires_at) "
        f"SELECT encode(sha256(({key})::bytea), 'hex'), {owner}, {key}, {now}, {now} + 2592000000 {series}",
    )
