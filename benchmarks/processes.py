"""Start a server, wait for its first answer, weigh it, end it."""

import http.client
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import machine, scratch
from benchmarks.load import Request
from benchmarks.usage import tree

PATIENCE_S = 60.0


class DidNotStart(Exception):
    """A server gave no answer in the time it was allowed, or ended."""


@dataclass(frozen=True)
class Command:
    """How to start a server; the words are its documentation's for production."""

    words: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = scratch.SCRATCH


Starter = Callable[[int], Command]
"""Makes the command of the port to listen on."""


@dataclass(frozen=True)
class Server:
    """A server that runs and has answered."""

    port: int
    pid: int
    first_answer_s: float

    def memory_mib(self) -> float:
        """Proportional memory of the process and all below it, so that shared pages count once."""
        return sum(map(_pss_kib, tree(self.pid))) / 1024

    def pause(self) -> None:
        """Stop it, so that it takes nothing from the one that is measured; it keeps its connections."""
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    name: str,
    command: Starter,
    *,
    cores: list[int] = machine.SERVER_CORES,
    patience_s: float = PATIENCE_S,
    ready: Request | None = None,
) -> Iterator[Server]:
    """Run the command that `command` makes of a free port; yield once it has answered.

    Without `ready` any answer counts; with it, this request must succeed.

    Raises:
        DidNotStart: it ended, or the time ran out; its log is named.
    """
    port = free_port()
    start = command(port)
    log = scratch.LOGS / f"{name}.log"
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            machine.pinned(cores, start.words),
            cwd=start.folder,
            env={**os.environ, **start.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for_answer(process, port, patience_s, log, ready)
        yield Server(port, process.pid, time.perf_counter() - began)
    finally:
        _end(process)


def _wait_for_answer(
    process: subprocess.Popen[bytes], port: int, patience_s: float, log: Path, ready: Request | None
) -> None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DidNotStart(f"ended with {process.returncode}, see {log}")
        status = _status(port, ready or Request("GET", "/"), deadline - time.monotonic())
        if status is not None and (ready is None or status < 400):
            return
        time.sleep(0.005)
    raise DidNotStart(f"no answer in {patience_s:.0f} s, see {log}")


def _status(port: int, request: Request, patience_s: float) -> int | None:
    try:
        return ask(port, request, patience_s=max(patience_s, 0.01))[0]
    except (OSError, http.client.HTTPException):
        return None


def ask(port: int, request: Request, *, patience_s: float = 30) -> tuple[int, bytes]:
    """Send one request by itself. Returns status and body."""
    return timed(port, request, patience_s=patience_s)[:2]


def timed(port: int, request: Request, *, patience_s: float = 60) -> tuple[int, bytes, float]:
    """As `ask`, with the seconds that it took once the connection was open."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience_s)
    try:
        connection.connect()
        began = time.perf_counter()
        connection.request(request.method, request.path, request.body.encode() or None, request.headers)
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, body, time.perf_counter() - began
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group that we started, politely first."""
    for word in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, word)
            os.killpg(process.pid, signal.SIGCONT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
            break
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _pss_kib(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0
