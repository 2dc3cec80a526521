"""A mock that listens while a block of code runs: for clients that want a URL."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple, Self

import uvicorn

from cierre.mocks.app import MockApp
from cierre.mocks.exchange import Reply, Request
from cierre.mocks.log import Log
from cierre.mocks.serving import address, listen

_PATIENCE = 10.0
_PAUSE = 0.005


class Call(NamedTuple):
    """One request that came, and what it was answered; `operation` is None where the document has none for it."""

    request: Request
    reply: Reply
    operation: str | None


class _Recorder(Log):
    """A log that keeps what it is told instead of writing it."""

    def __init__(self) -> None:
        super().__init__("error")
        self.calls: list[Call] = []

    def request(self, request: Request, reply: Reply, seconds: float, operation: str | None) -> None:  # noqa: ARG002
        self.calls.append(Call(request, reply, operation))


class ThreadedMock:
    """Serves from a thread of this process, on a free port of the loopback.

    Attributes:
        app: the ASGI application, for clients that need no URL.
        url: where it listens, without a trailing slash.
    """

    def __init__(self, app: MockApp) -> None:
        self.app = app
        self._recorder = app.log = _Recorder()
        self._listener = listen("127.0.0.1", 0)
        self.url = address(self._listener)
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, server_header=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)

    @property
    def calls(self) -> list[Call]:
        """What was asked so far, in order."""
        return self._recorder.calls

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        if not self._server.started:
            raise TimeoutError("the mock did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        self._listener.close()
