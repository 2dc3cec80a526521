"""A B C A B C: each peer once a round, so that whatever disturbs the machine for a while disturbs all of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks import progress
from benchmarks.load import Load, LoadFailed
from benchmarks.processes import Server

Json = dict[str, Any]


def interleave(
    measures: Mapping[str, Callable[[], Load]],
    rounds: int,
    servers: Mapping[str, Server] | None = None,
    bystanders: Sequence[Server] = (),
) -> dict[str, list[Json]]:
    """Measure everything once a round; only the server that is measured may run meanwhile.

    Args:
        servers: by the names of what is measured.
        bystanders: more servers that are to be stopped; those of `servers` may be among them.

    Raises:
        LoadFailed: which measurement failed is named.
    """
    servers = servers or {}
    found: dict[str, list[Json]] = {name: [] for name in measures}
    everyone = [*servers.values(), *bystanders]
    for server in everyone:
        server.pause()
    try:
        for number in range(rounds):
            for name, measure in measures.items():
                found[name].append(asdict(_alone(name, measure, servers.get(name))))
                print(f"    {number + 1}/{rounds} {name}: {_shown(found[name][-1])}", flush=True)
                progress.step()
    finally:
        for server in everyone:
            server.resume()
    return found


def _shown(load: Json) -> str:
    cpu = "" if load["cpu_us"] is None else f", {load['cpu_us']:.0f} µs of CPU each"
    return f"{load['rate']:.0f}/s{cpu}"


def _alone(name: str, measure: Callable[[], Load], server: Server | None) -> Load:
    if server is not None:
        server.resume()
    try:
        return measure()
    except LoadFailed as failure:
        raise LoadFailed(f"{name}: {failure}") from failure
    finally:
        if server is not None:
            server.pause()
