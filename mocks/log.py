"""A line a request: what came, what went, how long it took, and why this answer."""

from __future__ import annotations

import os
import sys
import time
import traceback
from typing import Literal, TextIO

from cierre.mocks.documents import Problem
from cierre.mocks.encoding import dump
from cierre.mocks.exchange import Reply, Request

Level = Literal["silent", "error", "warn", "info"]
_LEVELS = ("silent", "error", "warn", "info")
_COLOURS = {2: "32", 3: "36", 4: "33", 5: "31"}


class Log:
    """Writes to a stream; says nothing below its level.

    Args:
        level: `info` has every request, `warn` those that were refused or let pass with a fault, `error` 5xx only.
        as_json: one JSON object a line, for machines.
        stream: stderr where none is given; coloured where it is a terminal and NO_COLOR is not set.
    """

    def __init__(self, level: Level = "info", *, as_json: bool = False, stream: TextIO | None = None) -> None:
        self._level = _LEVELS.index(level)
        self._json = as_json
        self._stream = stream or sys.stderr
        self._colour = not as_json and self._stream.isatty() and "NO_COLOR" not in os.environ
        self.silent = level == "silent"

    def request(self, request: Request, reply: Reply, seconds: float, operation: str | None) -> None:
        severity = 1 if reply.status >= 500 else 2 if reply.violations or reply.status in {401, 404, 405, 415} else 3
        if severity > self._level:
            return
        if self._json:
            self._write_json(request, reply, seconds, operation)
            return
        status = self._paint(str(reply.status), _COLOURS.get(reply.status // 100, "0"))
        fault = f" [{reply.fault}]" if reply.fault else ""
        target = self._paint(_clean(f"{request.method} {request.path}"), "1")
        why = self._paint(_clean(reply.why), "2")
        self._write(f"{_clock()} {target} → {status}{fault} {seconds * 1000:.1f} ms  {why}")

    def _write_json(self, request: Request, reply: Reply, seconds: float, operation: str | None) -> None:
        # Query strings and bodies may hold credentials: they are not logged.
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "method": request.method,
            "path": request.path,
            "operation": operation,
            "status": reply.status,
            "ms": round(seconds * 1000, 2),
            "why": reply.why,
            "violations": [violation._asdict() for violation in reply.violations],
        }
        if reply.fault:
            line["fault"] = reply.fault
        self._write(_clean(dump(line).decode()))

    def note(self, text: str) -> None:
        """Something that is good to know."""
        self._say("note", text, "36", 3)

    def trouble(self, text: str) -> None:
        self._say("warning", text, "33", 2)

    def crash(self, request: Request, error: Exception) -> None:
        """A fault of the mock itself, with its traceback: somebody will want to report it."""
        lines = "".join(traceback.format_exception(error)).rstrip().splitlines()
        for line in [f"{request.method} {request.path} could not be answered", *lines]:
            self._say("error", line, "31", 1)

    def broken(self, problems: list[Problem]) -> None:
        """An edit that cannot be served."""
        for problem in problems:
            self._say("error", str(problem), "31", 1)

    def _say(self, kind: str, text: str, colour: str, severity: int) -> None:
        if severity > self._level:
            return
        if self._json:
            self._write(_clean(dump({kind: text}).decode()))
        else:
            self._write(f"{_clock()} {self._paint(kind, colour)}: {_clean(text)}")

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()


def _clean(text: str) -> str:
    """Clients choose what stands in a path: no control characters on anybody's terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _clock() -> str:
    return time.strftime("%H:%M:%S")
