"""A B C A B C: each peer once a round, so that whatever disturbs the machine for a while disturbs all of them."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from benchmarks.load import Load, LoadFailed
from benchmarks.processes import Server

Json = dict[str, Any]


def interleave(
    measures: Mapping[str, Callable[[], Load]], rounds: int, servers: Mapping[str, Server] | None = None
) -> dict[str, list[Json]]:
    """Measure everything once a round; only the server that is measured may run meanwhile.

    Raises:
        LoadFailed: which measurement failed is named.
    """
    servers = servers or {}
    found: dict[str, list[Json]] = {name: [] for name in measures}
    for server in servers.values():
        server.pause()
    try:
        for number in range(rounds):
            for name, measure in measures.items():
                found[name].append(asdict(_alone(name, measure, servers.get(name))))
                print(f"    {number + 1}/{rounds} {name}: {found[name][-1]['rate']:.0f}/s", flush=True)
    finally:
        for server in servers.values():
            server.resume()
    return found


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
