"""The log: a line for each request with its reply, the time taken, and the reason for this very reply."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
import traceback
from collections import deque
from typing import Literal, TextIO

from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import MockReply, MockRequest
from cierre.oas.errors import Problem
from cierre.phrases import Phrase, translated
from cierre.server.paths import loggable

Level = Literal["silent", "error", "warn", "info"]
_LEVELS = ("silent", "error", "warn", "info")
# What a message is; in JSON, its name.
_NOTE, _WARNING, _ERROR = Phrase("note"), Phrase("warning"), Phrase("error")
_COLOURS = {2: "32", 3: "36", 4: "33", 5: "31"}


class Log:
    """Writes to a stream what its level has.

    Args:
        level: `info` has every request, `warn` those that were refused or break the document, `error` 5xx only,
            `silent` nothing.
        as_json: one JSON object a line, for machines.
        stream: stderr where none is given; coloured where it is a terminal and NO_COLOR is not set.
    """

    def __init__(self, level: Level = "info", *, as_json: bool = False, stream: TextIO | None = None) -> None:
        self._level = _LEVELS.index(level)
        self._json = as_json
        self._stream = stream or sys.stderr
        self._colour = not as_json and self._stream.isatty() and "NO_COLOR" not in os.environ
        # Lines of requests that are answered in one turn of the event loop are written together, at the end of it.
        self._waits = stream is None
        self._is_due = False
        # The clock, and the second that it shows.
        self._time, self._second = "", -1
        self._lines: deque[str] = deque()
        self.silent = level == "silent"

    def add_request(self, request: MockRequest, reply: MockReply, seconds: float, operation: str | None) -> None:
        """Write the line of one request.

        Args:
            request: received.
            reply: to be sent.
            seconds: from the request to the reply.
            operation: its operationId, or method and path; None for an unrouted request.
        """
        severity = 1 if reply.status >= 500 else 2 if reply.violations or reply.status in {401, 404, 405, 415} else 3
        if severity > self._level:
            return
        if self._json:
            self._write_json(request, reply, seconds, operation)
            return
        fault = f" [{reply.fault}]" if reply.fault else ""
        status, target = str(reply.status), _clean(f"{request.method} {loggable(request.path)}")
        why = _clean(_why(request, reply))
        if self._colour:
            status = self._paint(status, _COLOURS.get(reply.status // 100, "0"))
            target, why = self._paint(target, "1"), self._paint(why, "2")
        self._write(f"{self._clock()} {target} → {status}{fault} {seconds * 1000:.1f} ms  {why}")

    def _write_json(self, request: MockRequest, reply: MockReply, seconds: float, operation: str | None) -> None:
        # Query strings and bodies may hold credentials: they are not logged.
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "method": request.method,
            "path": loggable(request.path),
            "operation": operation,
            "status": reply.status,
            "ms": round(seconds * 1000, 2),
            "why": _why(request, reply),
            "violations": [violation._asdict() for violation in reply.violations],
        }
        if reply.fault:
            line["fault"] = reply.fault
        self._write(_clean(write_json(line).decode()))

    def add_note(self, text: Phrase) -> None:
        """Write something that is no problem, such as the address of the mock."""
        self._message(_NOTE, text, "36", 3)

    def add_warning(self, text: Phrase) -> None:
        """Write a problem that the mock goes on with, such as a broken example."""
        self._message(_WARNING, text, "33", 2)

    def add_crash(self, request: MockRequest, error: Exception) -> None:
        """Write an error of the mock itself, with the traceback that a report of it needs."""
        lines = "".join(traceback.format_exception(error)).rstrip().splitlines()
        target = f"{request.method} {loggable(request.path)}"
        for line in [Phrase("{request} could not be answered", request=target), *lines]:
            self._message(_ERROR, line, "31", 1)

    def add_problems(self, problems: list[Problem]) -> None:
        """Write the problems of a document that cannot be served."""
        for problem in problems:
            self._message(_ERROR, problem.as_phrase(), "31", 1)

    def _message(self, kind: Phrase, text: str, colour: str, severity: int) -> None:
        if severity > self._level:
            return
        if self._json:
            self._write(_clean(write_json({kind: text}).decode()))
        else:
            self._write(f"{self._clock()} {self._paint(kind.translated(), colour)}: {_clean(translated(text))}")

    def _clock(self) -> str:
        second = int(time.time())
        if second != self._second:
            self._time, self._second = time.strftime("%H:%M:%S", time.localtime(second)), second
        return self._time

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text

    def _write(self, line: str) -> None:
        self._lines.append(f"{line}\n")
        loop = _running_loop() if self._waits else None
        if loop is None:
            self._write_lines()
        elif not self._is_due:
            self._is_due = True
            loop.call_soon(self._write_due)

    def _write_due(self) -> None:
        # Before the lines are taken: one that another turn adds makes the next writing due.
        self._is_due = False
        self._write_lines()

    def _write_lines(self) -> None:
        """Write what there is; threads may do so at once, and no line is written twice."""
        lines = []
        with contextlib.suppress(IndexError):
            while True:
                lines.append(self._lines.popleft())
        self._stream.write("".join(lines))
        self._stream.flush()


def _why(request: MockRequest, reply: MockReply) -> str:
    """The reason for a reply, which may name the path."""
    path = loggable(request.path)
    return reply.why if path == request.path else reply.why.replace(request.path, path)


def _clean(text: str) -> str:
    """The text without control characters: clients choose paths, and a terminal would carry them out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop of this thread, None where none runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
