"""Logs: one line an event, coloured on a terminal, JSON elsewhere. Never a secret, a query or a body."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal

import orjson
import structlog

from cierre.clock import rfc3339_now
from cierre.server.printable import printable, printable_json

LogFormat = Literal["auto", "json", "console"]


def configure(log_format: LogFormat, *, traced: bool = False) -> None:
    """Set up structlog, once a process; other libraries' warnings come the same way.

    Args:
        traced: lines have the ids of their span and trace.
    """
    console = log_format == "console" or (log_format == "auto" and sys.stdout.isatty())
    ids = []
    if traced:
        from cierre.tracing.provider import add_ids

        ids.append(add_ids)
    if console:
        structlog.configure(
            processors=[
                *ids,
                structlog.processors.add_log_level,
                _stamp,
                structlog.processors.format_exc_info,
                _escape,
                structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            cache_logger_on_first_use=True,
        )
    else:
        structlog.configure(
            processors=[
                *ids,
                structlog.processors.add_log_level,
                _stamp,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(serializer=_json),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=structlog.BytesLoggerFactory(file=sys.stdout.buffer),
            cache_logger_on_first_use=True,
        )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


@contextmanager
def on_stderr() -> Iterator[None]:
    """Log to standard error, for the block: standard output is for the result of a command."""
    before = structlog.get_config()
    # Which stream that is may change meanwhile.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    try:
        yield
    finally:
        structlog.configure(**before)


def _stamp(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["timestamp"] = rfc3339_now()
    return event


def _json(event: Any, **more: Any) -> bytes:
    return printable_json(orjson.dumps(event, **more).decode()).encode()


class _Formatter(logging.Formatter):
    """Python's, for what other libraries log: they may quote a client."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record), keep="\n")


def _escape(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Clients choose paths, user agents and more, and a terminal would carry out what it reads in them."""
    for name, value in event.items():
        if isinstance(value, str):
            # A traceback has lines.
            event[name] = printable(value, keep="\n" if name == "exception" else "")
    return event
