"""wrk, pinned away from the server, and what it measured."""

import json
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from benchmarks import machine, scratch, usage
from benchmarks.usage import Usage

ONCE = scratch.HERE / "once.lua"
REPEAT = scratch.HERE / "repeat.lua"
TIMEOUT = "30s"


class LoadFailed(Exception):
    """wrk said nothing that can be used, or the server answered what it should not."""


@dataclass(frozen=True)
class Request:
    """An HTTP request as a client would write it."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body or self.method == "POST":
            lines.append(f"Content-Length: {len(self.body.encode())}")
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode()


@dataclass(frozen=True)
class Load:
    """What one run of the load generator measured. Latencies are wrk's, in milliseconds."""

    rate: float
    successes: int
    failures: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    exhausted: bool = False
    """The requests were used up before the time was."""
    cpu_us: float | None = None
    """CPU of the server for each answer, user and system, in microseconds; None: it was not measured."""
    server_share: float | None = None
    """What part of one core the server itself had, meanwhile."""
    server_core: float | None = None
    """How busy the server's core was, whoever with, 0 to 1."""
    load_core: float | None = None
    """The same of the core that wrk and PostgreSQL have."""


def repeat(
    port: int,
    request: Request,
    *,
    connections: int,
    seconds: float,
    expect_failures: bool = False,
    pid: int | None = None,
) -> Load:
    """Send one request again and again.

    Args:
        pid: of the server, whose CPU is to be measured.

    Raises:
        LoadFailed: an answer was not 2xx or 3xx, or none came.
    """
    headers = [word for name, value in request.headers.items() for word in ("-H", f"{name}: {value}")]
    found, cost = _measured(
        ["-d", f"{max(seconds, 1):.0f}s", *headers, "-s", str(REPEAT)],
        f"http://127.0.0.1:{port}{request.path}",
        [request.method, request.body],
        connections,
        pid,
    )
    failures = found["unsuccessful"] + found["broken"] + found["timeouts"]
    if (failures and not expect_failures) or not found["answered"]:
        raise LoadFailed(f"{request.method} {request.path}: {found}")
    return _load(found, found["answered"] - found["unsuccessful"], failures, cost)


def once_each(
    port: int, requests: Iterable[bytes], *, connections: int, seconds: float, pid: int | None = None
) -> Load:
    """Send each request once, until they or the time are used up; every request sent is answered.

    Args:
        pid: of the server, whose CPU is to be measured.

    Raises:
        LoadFailed: nothing succeeded.
    """
    scratch.TOKENS.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=scratch.TOKENS) as file:
        total = 0
        for request in requests:
            file.write(request + b"\0")
            total += 1
        file.flush()
        patience = f"{seconds + 60:.0f}s"
        options, url = ["-d", patience, "-s", str(ONCE)], f"http://127.0.0.1:{port}"
        found, cost = _measured(options, url, [file.name, str(seconds)], connections, pid)
    successes = sum(count for status, count in found["statuses"].items() if status.startswith("2"))
    if not successes:
        raise LoadFailed(f"no success: {found}")
    failures = found["sent"] - successes
    return _load(found, successes, failures, cost, exhausted=found["sent"] == total)


def _load(found: dict[str, Any], successes: int, failures: int, cost: Usage | None, *, exhausted: bool = False) -> Load:
    measured = {}
    if cost is not None:
        measured = {
            "cpu_us": cost.cpu_s * 1e6 / found["answered"],
            "server_share": cost.server_share,
            "server_core": cost.server_core,
            "load_core": cost.load_core,
        }
    return Load(
        **measured,
        rate=successes / found["seconds"],
        successes=successes,
        failures=failures,
        p50_ms=found["p50_us"] / 1000,
        p99_ms=found["p99_us"] / 1000,
        max_ms=found["max_us"] / 1000,
        exhausted=exhausted,
    )


def _measured(
    options: list[str], url: str, arguments: list[str], connections: int, pid: int | None
) -> tuple[dict[str, Any], Usage | None]:
    if pid is None:
        return _wrk(options, url, arguments, connections), None
    with usage.measured(pid) as cost:
        found = _wrk(options, url, arguments, connections)
    return found, cost


def _wrk(options: list[str], url: str, arguments: list[str], connections: int) -> dict[str, Any]:
    words = ["wrk", "-t1", f"-c{connections}", "--timeout", TIMEOUT, *options, url, "--", *arguments]
    shown = subprocess.run(machine.pinned(machine.LOAD_CORES, words), capture_output=True, text=True, check=False)
    for line in shown.stdout.splitlines():
        if line.startswith("RESULT "):
            return dict(json.loads(line.removeprefix("RESULT ")))
    raise LoadFailed(f"{' '.join(words[:6])}: {shown.stdout[-400:]} {shown.stderr[-400:]}")
