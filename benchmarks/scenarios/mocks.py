"""Mock servers: how many answers a second, how soon the first one, how much memory."""

from contextlib import ExitStack
from functools import partial
from statistics import median

from benchmarks import documents, load, processes, progress
from benchmarks.load import Load, Request
from benchmarks.peers.mocks import PEERS, MockPeer
from benchmarks.plan import Plan
from benchmarks.processes import DidNotStart, Server, Starter
from benchmarks.rounds import Json, interleave

CONNECTIONS = 16
BEARER = {"Authorization": "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"}
JSON = {"Content-Type": "application/json"}
REQUESTS = {
    "logout": Request("POST", "/api/v1/auth/logout", {**BEARER, **JSON}, '{"logoutAll":false}'),
    "path_parameter": Request("GET", "/orders/42"),
    "list": Request("GET", "/orders"),
    "dynamic": Request("GET", "/drafts/42", {"Prefer": "dynamic=true"}),
}
INVALID = Request("POST", "/api/v1/auth/logout", {**BEARER, **JSON}, '{"logoutAll":"no"}')
SESSIONS = Request("GET", "/api/v1/auth/sessions", BEARER)
FIRST = Request("GET", "/resources0/1")


def steps(plan: Plan) -> int:
    """How many measurements there are, where every server starts in time."""
    throughput = sum(len(peer.scenarios) for peer in PEERS)
    starting = sum(not peer.limit for peer in PEERS) * (1 + len(plan.document_sizes))
    return plan.rounds * throughput + plan.start_rounds * starting


def measure(plan: Plan) -> Json:
    """Return `{"throughput": {scenario: {peer: [load]}}, "answers": …, "start": {document: {peer: …}}}`."""
    document = documents.contract_and_more()
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        answers: dict[str, dict[str, int]] = {}
        for peer in PEERS:
            command = partial(peer.command, document)
            servers[peer.name] = stack.enter_context(processes.running(f"mock-{peer.name}", command))
            _check(peer, servers[peer.name])
            answers[peer.name] = _answer_sizes(peer, servers[peer.name])
            if not plan.quick:
                _warm(peer, servers[peer.name], plan.warm_seconds)
            servers[peer.name].pause()
        throughput = {name: _throughput(name, servers, plan) for name in REQUESTS}
        memory = {name: server.memory_mib() for name, server in servers.items()}
    return {"throughput": throughput, "loaded_mib": memory, "answers": answers, "start": _starts(plan)}


def _throughput(scenario: str, servers: dict[str, Server], plan: Plan) -> dict[str, list[Json]]:
    print(f"  mock, {scenario}")
    request = REQUESTS[scenario]

    def once(server: Server) -> Load:
        return load.repeat(server.port, request, connections=CONNECTIONS, seconds=plan.seconds, pid=server.pid)

    able = [peer.name for peer in PEERS if scenario in peer.scenarios]
    return interleave({name: partial(once, servers[name]) for name in able}, plan.rounds, servers)


def _warm(peer: MockPeer, server: Server, seconds: float) -> None:
    for scenario in sorted(peer.scenarios):
        load.repeat(server.port, REQUESTS[scenario], connections=CONNECTIONS, seconds=seconds)


def _check(peer: MockPeer, server: Server) -> None:
    """A mock that says it validates must refuse what the document forbids, and one that doesn't is named so."""
    status, _ = processes.ask(server.port, INVALID)
    assert (400 <= status < 500) == peer.validates, f"{peer.name} answers an invalid body with {status}"


def _answer_sizes(peer: MockPeer, server: Server) -> dict[str, int]:
    return {name: len(processes.ask(server.port, REQUESTS[name])[1]) for name in sorted(peer.scenarios)}


def _starts(plan: Plan) -> dict[str, dict[str, Json]]:
    """The first success after a start, and the memory then, for our contract and for documents of growing size."""
    papers = {"our contract": (documents.contract_alone(), SESSIONS)}
    papers |= {f"{size} MB": (documents.of_size(size), FIRST) for size in plan.document_sizes}
    found: dict[str, dict[str, Json]] = {}
    for name, (path, ready) in papers.items():
        print(f"  mock, start with {name}")
        found[name] = {peer.name: {"seconds": [], "mib": [], "missing": ""} for peer in PEERS if not peer.limit}
        for _ in range(plan.start_rounds):
            for peer in (peer for peer in PEERS if not peer.limit and not found[name][peer.name]["missing"]):
                _start(peer, partial(peer.command, path), ready, found[name][peer.name], plan.patience_s)
        for peer_name, series in found[name].items():
            shown = series["missing"] or f"{median(series['seconds']):.2f} s, {median(series['mib']):.0f} MiB"
            print(f"    {peer_name}: {shown}", flush=True)
    return found


def _start(peer: MockPeer, command: Starter, ready: Request, into: Json, patience_s: float) -> None:
    try:
        with processes.running(f"start-{peer.name}", command, ready=ready, patience_s=patience_s) as server:
            into["seconds"].append(server.first_answer_s)
            into["mib"].append(server.memory_mib())
    except DidNotStart as failure:
        into["missing"] = str(failure).partition(", see")[0]
    progress.step()
