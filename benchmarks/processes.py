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

PATIENCE_S = 60.0


class DidNotStart(Exception):
    """A server gave no answer in the time it was allowed, or ended."""


@dataclass(frozen=True)
class Command:
    """How to start a server; the words are its documentation's for production."""

    words: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = scratch.SCRATCH


@dataclass(frozen=True)
class Server:
    """A server that runs and has answered."""

    port: int
    pid: int
    first_answer_s: float

    def memory_mib(self) -> float:
        """Proportional memory of the process and all below it, so that shared pages count once."""
        return sum(map(_pss_kib, tree(self.pid))) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    name: str,
    command: Callable[[int], Command],
    *,
    cores: list[int] = machine.SERVER_CORES,
    patience_s: float = PATIENCE_S,
) -> Iterator[Server]:
    """Run the command that `command` makes of a free port; yield once any answer has come.

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
        _wait_for_answer(process, port, patience_s, log)
        yield Server(port, process.pid, time.perf_counter() - began)
    finally:
        _end(process)


def _wait_for_answer(process: subprocess.Popen[bytes], port: int, patience_s: float, log: Path) -> None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DidNotStart(f"ended with {process.returncode}, see {log}")
        if _answers(port, deadline - time.monotonic()):
            return
        time.sleep(0.005)
    raise DidNotStart(f"no answer in {patience_s:.0f} s, see {log}")


def _answers(port: int, patience_s: float) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=max(patience_s, 0.01))
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group that we started, politely first."""
    for word in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, word)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
            break
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def tree(pid: int) -> list[int]:
    """A process and everything it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    below = children.read_text().split() if children.exists() else []
    return [pid, *(member for child in below for member in tree(int(child)))]


def _pss_kib(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0
