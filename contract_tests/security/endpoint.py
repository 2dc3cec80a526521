"""An address of this machine that notes what is asked for: a server that fetches or runs what it is sent asks there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Collection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"


class Endpoint:
    """Takes HTTP requests from the tested server, as a context manager; it serves nothing.

    Attributes:
        host: the address that this machine has for the server: on the same machine, loopback.
        port: a free one.
    """

    def __init__(self, url: str) -> None:
        self.host = _nearest(url)
        self._asked: set[str] = set()
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer((self.host, 0), _handler(self._note))
        self.port = int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """Host and port, as a URL has them."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _problem: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def was_asked(self, path: str) -> bool:
        """Whether somebody asked for this very path."""
        with self._changed:
            return path in self._asked

    def wait(self, paths: Collection[str], seconds: float) -> set[str]:
        """Those of `paths` that were asked for, once one was, or when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._asked.intersection(paths), timeout=seconds if paths else 0)
            return self._asked.intersection(paths)

    def _note(self, path: str) -> None:
        with self._changed:
            self._asked.add(path)
            self._changed.notify_all()


def _handler(note: Any) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def answer(self) -> None:
            note(self.path.partition("?")[0])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name in http.server
            """Say nothing: the terminal is the run's."""

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        setattr(Handler, f"do_{method}", Handler.answer)
    return Handler


def _nearest(url: str) -> str:
    """The address of this machine from which it reaches the server."""
    parts = urlsplit(url)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.connect((parts.hostname, parts.port or 80))
            return str(way.getsockname()[0])
    except OSError:
        return LOOPBACK
