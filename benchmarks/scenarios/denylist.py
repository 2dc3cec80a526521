"""The check of a token beyond its signature: what an entry of the denylist weighs, and how long a look takes."""

import secrets
import time
import tracemalloc
from statistics import median

from benchmarks import progress
from benchmarks.peers.ours import user
from benchmarks.plan import Plan
from benchmarks.rounds import Json
from cierre.revocation.denylist import Denylist

LOOKS = 100_000
USERS = 1000


def steps(plan: Plan) -> int:
    """How many measurements there are."""
    return len(plan.denied)


def measure(plan: Plan) -> Json:
    """Return for each size the bytes of an entry, and the seconds of one look, once a round."""
    print("  the denylist, in process")
    return {str(size): _measure(size, plan.rounds) for size in plan.denied}


def _measure(size: int, rounds: int) -> Json:
    denylist, weight = _weighed(size)
    # Nearly all tokens that are looked at are good ones: the look that finds nothing is what a request pays.
    looked_at = [(secrets.token_hex(12), user(n % USERS), 0) for n in range(LOOKS)]
    seconds = [_looks(denylist, looked_at) for _ in range(rounds)]
    print(f"    {size}: {weight:.0f} bytes an entry, {median(seconds) * 1e9:.0f} ns a look", flush=True)
    progress.step()
    return {"bytes": weight, "seconds": seconds}


def _weighed(size: int) -> tuple[Denylist, float]:
    until = int(time.time() * 1000) + 900_000
    tracemalloc.start()
    denylist = Denylist()
    before, _ = tracemalloc.get_traced_memory()
    for n in range(size):
        # As rows of the database come in: over the quarter of an hour that a token lives.
        denylist.deny_session(secrets.token_hex(12), until + n % 900_000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return denylist, (after - before) / size


def _looks(denylist: Denylist, tokens: list[tuple[str, str, int]]) -> float:
    denies = denylist.denies
    began = time.perf_counter()
    for session_id, user_id, epoch in tokens:
        denies(session_id, user_id, epoch)
    return (time.perf_counter() - began) / len(tokens)
