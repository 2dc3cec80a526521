"""`python -m benchmarks.scenarios.profiling`: where the CPU of a logout, a refresh and a check goes, by py-spy.

16 at once on PostgreSQL, as in the life of a session. py-spy is no dependency of ours: `pip install py-spy` anywhere,
and have it on the PATH. Each sample counts for the innermost part of the service that it was in.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import cycle, islice
from pathlib import Path
from threading import Timer

from benchmarks import cluster, database, load, machine, processes, scratch
from benchmarks.peers.operations import Operation
from benchmarks.peers.ours import Cierre
from benchmarks.peers.ours.life import CierreLife
from benchmarks.plan import Plan
from benchmarks.processes import Server
from benchmarks.scenarios.alone import chosen_plan
from benchmarks.scenarios.contest import FEW, FIRST_GUESS
from benchmarks.tables import table

OPERATIONS = {
    "logout": "a logout",
    "logout_elsewhere": "a logout, token of another node",
    "refresh": "a refresh",
    "check": "a check",
}
SAMPLES_A_SECOND = 400
SECONDS = 10
# Until wrk has begun, and before it ends.
MARGIN_S = 1.0

LOOP = "event loop with its system calls, feed, sealing"
PARTS = {
    "signature of the token, verified or made, with its claims": r"cierre/tokens/|/jwt/|^jwt/|cryptography/",
    "statements, connections, transactions": r"cierre/storage/|asyncpg/",
    "log lines": r"structlog/|cierre/cli/logs\.py|_log_request ",
    "metrics": r"prometheus_client/|cierre/metrics/|cierre/http/measuring\.py",
    "validation": r"cierre/oas/|cierre/http/validation\.py",
    "rendering": r"cierre/dialects/|cierre/http/(answers|representation)\.py",
    "Connexion's and Starlette's layers": r"connexion/|starlette/|cierre/http/(routing|security)\.py|cierre/app\.py",
    "the domain: closing, denylist, announcement; exchange": r"cierre/(domain|revocation)/|handlers/",
    "edge, limits by address and user, dispatch, arguments": r"cierre/(http|rate_limits)/|cierre/principal\.py",
    "protocol: uvicorn, httptools, our limits": r"cierre/server/|uvicorn/protocols/",
}
"""What of the service a frame belongs to, by its function and file; the first that fits."""
_PARTS = {part: re.compile(pattern) for part, pattern in PARTS.items()}


class NoProfiler(Exception):
    """There is no py-spy, or it may not look at the server."""


def part_of(stack: str) -> str:
    """The innermost part of a stack as py-spy writes it: `function (file:line);…`, the outermost frame first."""
    for frame in reversed(stack.split(";")):
        for part, pattern in _PARTS.items():
            if pattern.search(frame):
                return part
    return LOOP


def shares(lines: Iterable[str]) -> dict[str, float]:
    """What part of the samples each part has, 0 to 1, of the lines of `py-spy record --format raw`."""
    found: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.strip().rpartition(" ")
        found[part_of(stack)] += int(count)
    return {part: count / found.total() for part, count in found.items()}


def measure(plan: Plan) -> dict[str, dict[str, float]]:
    """The shares of each operation.

    Raises:
        NoProfiler: py-spy is missing, or recorded nothing.
    """
    seconds = 1 if plan.quick else SECONDS
    with cluster.running(), database.postgres("profile") as store:
        peer = Cierre(store)
        peer.prepare()
        life = CierreLife(peer)
        life.prepare()
        with processes.running("profile", lambda port: peer.command(port, 1)) as server:
            life.port = server.port
            operations = life.operations()
            return {name: _profile(operations[name], server, seconds) for name in OPERATIONS}


def _profile(operation: Operation, server: Server, seconds: int) -> dict[str, float]:
    rate = _load(operation, server, FIRST_GUESS, 1.0)
    with tempfile.NamedTemporaryFile("r", suffix=".raw") as raw:
        recording = Timer(MARGIN_S, _record, (server, seconds, Path(raw.name)))
        _load(operation, server, rate, seconds + 2 * MARGIN_S, begin=recording.start)
        recording.join()
        lines = raw.readlines()
    if not lines:
        raise NoProfiler("py-spy recorded nothing: may it look at other processes (ptrace)?")
    return shares(lines)


def _load(
    operation: Operation, server: Server, rate: float, seconds: float, *, begin: Callable[[], None] = lambda: None
) -> float:
    """Do it for so long; `begin` is called when all that is needed was made. Returns how many a second there were."""
    wanted = round(1.5 * rate * seconds) + 4 * FEW
    requests = [one.request.raw() for one in operation.attempts(wanted)]
    begin()
    return load.once_each(server.port, islice(cycle(requests), wanted), connections=FEW, seconds=seconds).rate


def _record(server: Server, seconds: int, raw: Path) -> None:
    options = ["--format", "raw", "--rate", str(SAMPLES_A_SECOND), "--duration", str(seconds), "--output", str(raw)]
    command = machine.pinned(machine.LOAD_CORES, ["py-spy", "record", *options, "--pid", str(server.pid)])
    subprocess.run(command, capture_output=True, check=False)


def text(found: Mapping[str, Mapping[str, float]]) -> str:
    """The table, in per cent."""
    parts = [*PARTS, LOOP]
    first = next(iter(found.values()))
    parts.sort(key=lambda part: -first.get(part, 0.0))
    rows = [(part, *(f"{100 * one.get(part, 0.0):.0f}" for one in found.values())) for part in parts]
    return table(("% of the server's CPU", *(OPERATIONS[name] for name in found)), rows)


def main() -> int:
    """Measure, and print the table."""
    plan = chosen_plan("benchmarks.scenarios.profiling", __doc__)
    if shutil.which("py-spy") is None:
        print("There is no py-spy on the PATH: pip install py-spy", file=sys.stderr)
        return 2
    scratch.TOKENS.mkdir(parents=True, exist_ok=True)
    try:
        found = measure(plan)
    except NoProfiler as missing:
        print(missing, file=sys.stderr)
        return 2
    print(f"{text(found)}\n\n{machine.now()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
