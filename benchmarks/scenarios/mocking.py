"""`python -m benchmarks.scenarios.mocking`: `cierre mock` beside bare Starlette, which validates and logs nothing.

Both have the first core in turn, in many short rounds. Bare Starlette makes its small answer of a constant, as it does
in `make bench`, and sends the list as bytes that are ready. Starts are measured by the CPU until the first answer, and
the memory then; the document of GitHub is among them where `make documents` has fetched it.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import documents, load, machine, processes, usage
from benchmarks.goals import Goal
from benchmarks.load import Load, Request
from benchmarks.peers import mocks as peers
from benchmarks.plan import Plan
from benchmarks.processes import Command, Server
from benchmarks.rounds import Json, interleave
from benchmarks.scenarios.alone import chosen_plan
from benchmarks.scenarios.mocks import CONNECTIONS, FIRST, REQUESTS, SESSIONS
from benchmarks.stats import Ratio, ratio
from benchmarks.tables import goal_table, rate, table
from tests.support import public_documents

OURS, SILENT, LIMIT = "cierre mock", "cierre mock, log silent", "bare Starlette"
# Which of them have the same answer of both.
BESIDE = {"logout": REQUESTS["logout"], "list": REQUESTS["list"]}
LABELS = {
    "logout": "logout: bearer, body, validation, log",
    "list": "GET of a list of 40 KB",
    "path_parameter": "GET with a path parameter",
    "dynamic": "a generated answer",
}
GITHUB = Path("@octokit_openapi@23.0.2", "generated", "api.github.com.json")
# Rounds, of a second each.
_ROUNDS = 9
_OF_STARLETTE = 0.9
_DYNAMIC = 3000.0
_START_S, _START_MIB, _LARGE_S = 0.2, 30.0, 0.5


def measure(plan: Plan) -> Json:
    """Return `{"throughput": {scenario: {server: [load]}}, "start": {document: {cost: [value]}}}`."""
    document = documents.contract_and_more()
    with ExitStack() as stack:
        servers = {
            OURS: stack.enter_context(processes.running("mocking", partial(_mock, document))),
            SILENT: stack.enter_context(processes.running("mocking-silent", partial(_silent, document))),
            LIMIT: stack.enter_context(processes.running("mocking-limit", partial(_starlette, document))),
        }
        throughput = {name: _rounds(name, servers, plan) for name in LABELS}
    return {"throughput": throughput, "start": _starts(document, plan)}


def _mock(document: Path, port: int) -> Command:
    return Command([str(Path(sys.executable).parent / "cierre"), "mock", str(document), "--port", str(port)])


def _silent(document: Path, port: int) -> Command:
    return Command([*_mock(document, port).words, "--verbose-level", "silent"])


def _starlette(document: Path, port: int) -> Command:
    words = [sys.executable, "-m", "uvicorn", "limit:app", "--port", str(port), "--no-access-log"]
    options = ["--loop", "uvloop", "--http", "httptools", "--log-level", "warning"]
    return Command([*words, *options], {"DOCUMENT": str(document)}, peers.FOLDER)


def _rounds(scenario: str, servers: dict[str, Server], plan: Plan) -> dict[str, list[Json]]:
    print(f"  {LABELS[scenario]}")

    def once(server: Server, seconds: float = plan.seconds) -> Load:
        request = REQUESTS[scenario]
        return load.repeat(server.port, request, connections=CONNECTIONS, seconds=seconds, pid=server.pid)

    able = [OURS, SILENT, LIMIT] if scenario in BESIDE else [OURS]
    if not plan.quick:
        for name in able:
            once(servers[name], plan.warm_seconds)
    return interleave({name: partial(once, servers[name]) for name in able}, plan.rounds, servers)


def _starts(more: Path, plan: Plan) -> dict[str, dict[str, list[float]]]:
    github = public_documents.scratch() / GITHUB
    papers: dict[str, tuple[Callable[[int], Command], Request | None]] = {
        LIMIT: (partial(_starlette, more), None),
        "our contract": (partial(_mock, documents.contract_alone()), SESSIONS),
    }
    if not plan.quick:
        papers["a document of 13 MB"] = (partial(_mock, documents.of_size(13)), FIRST)
    if not plan.quick and github.exists():
        papers["GitHub's document, 13 MB"] = (partial(_mock, github), None)
    found: dict[str, dict[str, list[float]]] = {name: {"cpu_s": [], "seconds": [], "mib": []} for name in papers}
    for _ in range(plan.start_rounds):
        for name, (command, ready) in papers.items():
            with processes.running("mocking-start", command, ready=ready, patience_s=plan.patience_s) as server:
                found[name]["cpu_s"].append(usage.cpu_seconds(server.pid))
                found[name]["seconds"].append(server.first_answer_s)
                found[name]["mib"].append(server.memory_mib())
    return found


def goals(found: Json) -> list[Goal]:
    """What was wanted, and what was measured beside it."""
    listed = []
    for name in BESIDE:
        ours, limit = found["throughput"][name][OURS], found["throughput"][name][LIMIT]
        for what, measured in (
            ("answers a second", ratio([one["rate"] for one in ours], [one["rate"] for one in limit])),
            ("answers for the same CPU", ratio([one["cpu_us"] for one in limit], [one["cpu_us"] for one in ours])),
        ):
            subject = f"{LABELS[name]}: {what}, to {LIMIT}"
            listed.append(Goal(subject, _OF_STARLETTE, at_least=True, measured=measured))
    dynamic = found["throughput"]["dynamic"][OURS]
    made = Ratio(tuple(one["rate"] for one in dynamic))
    listed.append(Goal(f"{LABELS['dynamic']}: a second", _DYNAMIC, at_least=True, measured=made))
    alone = Ratio(tuple(1e6 / one["cpu_us"] for one in dynamic))
    listed.append(Goal(f"{LABELS['dynamic']}: for a second of CPU", _DYNAMIC, at_least=True, measured=alone))
    for name, seen in found["start"].items():
        if name != LIMIT:
            seconds = _START_S if name == "our contract" else _LARGE_S
            cost = Ratio(tuple(seen["cpu_s"]))
            listed.append(
                Goal(f"start, {name}: CPU to the first answer", seconds, at_least=False, measured=cost, unit="s")
            )
    weight = Ratio(tuple(found["start"]["our contract"]["mib"]))
    listed.append(Goal("start, our contract: memory", _START_MIB, at_least=False, measured=weight, unit="MiB"))
    return listed


def text(found: Json) -> str:
    """The goals, and tables of what was measured."""
    rows = [
        (LABELS[name], server, rate(loads), f"{median(one['cpu_us'] for one in loads):,.0f}")
        for name, servers in found["throughput"].items()
        for server, loads in servers.items()
    ]
    starts = [
        (name, *(f"{median(seen[key]):.{digits}f}" for key, digits in (("cpu_s", 2), ("seconds", 2), ("mib", 0))))
        for name, seen in found["start"].items()
    ]
    return "\n\n".join(
        (
            goal_table(goals(found)),
            table(("", "server", "1/s", "CPU µs"), rows),
            table(("start", "CPU s", "s", "MiB"), starts),
        )
    )


def main() -> int:
    """Measure, and print the tables."""
    plan = chosen_plan("benchmarks.scenarios.mocking", __doc__)
    if not plan.quick:
        plan = replace(plan, rounds=_ROUNDS, seconds=1)
    before = machine.conditions().load_before
    print(f"{text(measure(plan))}\n\n{machine.now()}, load average {before:.1f} before.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
