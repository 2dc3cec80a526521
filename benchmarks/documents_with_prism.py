"""Prism upon public documents: the requests that our mock gets, and the same judge."""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from benchmarks import scratch
from benchmarks.processes import Command, DidNotStart, Server, running
from cierre.mocks.app import MockApp
from tests.support import independent
from tests.support.exercise import Answer, Outcome, Send, exercise

# Of Prism's start with a large document, and of one answer, on a machine that does other things, too.
_START_S, ANSWER_S = 120.0, 30.0


class Seen(NamedTuple):
    """What was seen of one server with one document.

    Attributes:
        seconds: of a core, from the start of the process to its first answer.
        memory: megabytes of the process at most, up to its first answer.
        valid: operations with a valid answer.
        judged: operations whose answer the validator could judge.
    """

    seconds: float
    memory: float
    valid: int
    judged: int

    @property
    def share(self) -> float:
        """Of valid answers among those that were judged, in per cent; rounded down, as 100 % means all of them."""
        return self.valid * 1000 // self.judged / 10 if self.judged else 100.0


def weigh(pid: int) -> tuple[float, float]:
    """Seconds of a core that a process has worked so far, and its megabytes at most.

    A machine that does nothing else would take these seconds.
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    memory = re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(memory) / 1024


def prism(app: MockApp, path: Path, most: int | None) -> Seen | None:
    """Start Prism with a document and send it the requests; None where it does not start.

    Args:
        app: our mock of the same document, which makes the requests.
        path: of the document.
        most: so many operations, evenly spread; None: all of them.
    """
    try:
        with prism_running(path) as server:
            seconds, memory = weigh(server.pid)
            outcomes = asyncio.run(_exercised(app, server.port, most))
    except DidNotStart as problem:
        print(f"    Prism: {problem}")
        return None
    judged = [one for one in outcomes if not any(text.startswith(independent.NOT_JUDGED) for text in one.problems)]
    return Seen(seconds, memory, sum(not one.problems for one in judged), len(judged))


@contextmanager
def prism_running(path: Path) -> Iterator[Server]:
    """Prism with a document, on a free port.

    Raises:
        DidNotStart: it did not start, or not within two minutes.
    """
    binary = str(scratch.NODE_MODULES / ".bin" / "prism")

    def command(port: int) -> Command:
        return Command([binary, "mock", "-v", "silent", "-p", str(port), str(path)])

    with running("prism-documents", command, patience_s=_START_S) as server:
        yield server


async def _exercised(app: MockApp, port: int, most: int | None) -> list[Outcome]:
    async with httpx.AsyncClient(timeout=ANSWER_S, trust_env=False) as client:
        return await exercise(app, independent.problems, send=sender(client, port), most=most)


def sender(client: httpx.AsyncClient, port: int) -> Send:
    """What sends requests to a server of this machine as they are, and gives its answers as they come.

    Args:
        client: its own header fields are taken away.
        port: of the server.
    """
    client.headers.clear()  # our mock gets no Accept of a client's own, either

    async def send(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        target = path.encode("latin-1", "replace") + (b"?" + query.encode("latin-1", "replace") if query else b"")
        url = httpx.URL(scheme="http", host="127.0.0.1", port=port, raw_path=target)
        sent = {name: value for name, value in headers.items() if name != "content-length"}
        try:
            async with client.stream(method, url, headers=sent, content=body) as answer:
                # As it came: Prism repeats a documented `Content-Encoding: gzip` and compresses nothing.
                content = b"".join([part async for part in answer.aiter_raw()])
        except (httpx.HTTPError, ValueError) as problem:
            return 0, {}, f"no answer: {problem!r}".encode()
        return answer.status_code, dict(answer.headers), content

    return send
