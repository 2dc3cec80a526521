"""The check of a token beyond its signature: what an entry of the denylist weighs, and how long a look takes."""

import os
import secrets
import time
import tracemalloc
from pathlib import Path
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
    """Return for each size the bytes of an entry, and the seconds of CPU of one look, once a round."""
    print("  the denylist, in process")
    return {str(size): _measure(size, plan.rounds) for size in plan.denied}


def _measure(size: int, rounds: int) -> Json:
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    denylist = _filled(size)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found = _looked_at(denylist, (after - before) / size, rounds)
    print(
        f"    {size}: {found['bytes']:.0f} bytes an entry, {median(found['seconds']) * 1e9:.0f} ns a look", flush=True
    )
    progress.step()
    return found


def resident(size: int, rounds: int) -> Json:
    """As `measure`, of one size, weighed by what the process has of the machine's memory: for a process of its own."""
    before = _resident_bytes()
    denylist = _filled(size)
    return _looked_at(denylist, (_resident_bytes() - before) / size, rounds)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _filled(size: int) -> Denylist:
    until = int(time.time() * 1000) + 900_000
    denylist = Denylist()
    for n in range(size):
        # As rows of the database come in: over the quarter of an hour that a token lives.
        denylist.deny_session(secrets.token_hex(12), until + n % 900_000)
    return denylist


def _looked_at(denylist: Denylist, weight: float, rounds: int) -> Json:
    # Nearly all tokens that are looked at are good ones: the look that finds nothing is what a request pays.
    looked_at = [(secrets.token_hex(12), user(n % USERS), 0) for n in range(LOOKS)]
    return {"bytes": weight, "seconds": [_looks(denylist, looked_at) for _ in range(rounds)]}


def _looks(denylist: Denylist, tokens: list[tuple[str, str, int]]) -> float:
    denies = denylist.denies
    began = time.process_time()
    for session_id, user_id, epoch in tokens:
        denies(session_id, user_id, epoch)
    return (time.process_time() - began) / len(tokens)
