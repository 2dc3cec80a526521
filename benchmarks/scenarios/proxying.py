"""`python -m benchmarks.scenarios.proxying`: `cierre proxy` beside a proxy of the same parts that checks nothing.

Behind both stands `cierre mock`, whose answers conform to the document; it shares its core with wrk. Each proxy has the
first core for itself while it is measured.
"""

import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import documents, load, machine, processes, scratch
from benchmarks.load import Load
from benchmarks.plan import Plan
from benchmarks.processes import Command, Server
from benchmarks.rounds import Json, interleave
from benchmarks.scenarios.alone import chosen_plan
from benchmarks.scenarios.mocks import CONNECTIONS, REQUESTS
from benchmarks.tables import table

SCENARIOS = {
    "logout": "POST with a body, answered with a small one",
    "path_parameter": "GET with a path parameter",
    "list": "GET of a list of 40 KB",
}
CHECKED, PLAIN = "cierre proxy", "without checks"


def measure(plan: Plan) -> dict[str, dict[str, list[Json]]]:
    """Return `{scenario: {proxy: [load]}}`."""
    document = documents.contract_and_more()
    cierre = str(Path(sys.executable).parent / "cierre")

    def mock(port: int) -> Command:
        return Command([cierre, "mock", str(document), "--port", str(port), "--verboseLevel", "silent"])

    def checked(upstream: Server, port: int) -> Command:
        return Command([cierre, "proxy", str(document), f"http://127.0.0.1:{upstream.port}", "--port", str(port)])

    def plain(upstream: Server, port: int) -> Command:
        words = ["-m", "benchmarks.plain_proxy", f"http://127.0.0.1:{upstream.port}", str(port)]
        return Command([sys.executable, *words], folder=scratch.ROOT)

    with ExitStack() as stack:
        upstream = stack.enter_context(processes.running("upstream", mock, cores=machine.LOAD_CORES))
        proxies = {
            name: stack.enter_context(processes.running(f"proxy-{number}", partial(command, upstream)))
            for number, (name, command) in enumerate([(CHECKED, checked), (PLAIN, plain)])
        }
        return {name: _rounds(name, proxies, plan) for name in SCENARIOS}


def _rounds(scenario: str, proxies: dict[str, Server], plan: Plan) -> dict[str, list[Json]]:
    print(f"  proxies, {scenario}")

    def once(server: Server) -> Load:
        return load.repeat(
            server.port, REQUESTS[scenario], connections=CONNECTIONS, seconds=plan.seconds, pid=server.pid
        )

    return interleave({name: partial(once, server) for name, server in proxies.items()}, plan.rounds, proxies)


def text(found: dict[str, dict[str, list[Json]]]) -> str:
    """A table: answers a second and CPU of both, and the ratio of the same round."""
    rows = []
    for scenario, words in SCENARIOS.items():
        checked, plain = found[scenario][CHECKED], found[scenario][PLAIN]
        ratio = median(one["rate"] / other["rate"] for one, other in zip(checked, plain, strict=True))
        rows.append((words, _shown(checked), _shown(plain), f"{ratio:.2f}"))
    return table(("", f"{CHECKED}: 1/s, CPU µs", f"{PLAIN}: 1/s, CPU µs", "ratio (median of rounds)"), rows)


def _shown(rounds: list[Json]) -> str:
    return f"{median(one['rate'] for one in rounds):,.0f}, {median(one['cpu_us'] for one in rounds):,.0f}"


def main() -> int:
    """Measure, and print the table."""
    plan = chosen_plan("benchmarks.scenarios.proxying", __doc__)
    print(text(measure(plan)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
