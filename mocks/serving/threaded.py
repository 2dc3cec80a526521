"""A mock that listens while a block of code runs: for clients that need a URL."""

from __future__ import annotations

import threading
import time
from functools import cached_property
from typing import NamedTuple, Self

import uvicorn

from cierre.mocks.app import MockApp
from cierre.mocks.client import MockClient
from cierre.mocks.control import CONTROL
from cierre.mocks.log import Log
from cierre.mocks.messages import MockReply, MockRequest
from cierre.mocks.serving.server import address, connection_limits, listen
from cierre.server.config import server_config
from cierre.server.sockets import bind

_START_TIMEOUT = 10.0
_POLL_INTERVAL = 0.005


class Call(NamedTuple):
    """One request and its reply; `operation` is its operationId, or method and path; None for an unrouted request."""

    request: MockRequest
    reply: MockReply
    operation: str | None


class _Recorder(Log):
    """A log that keeps the requests instead of writing lines."""

    def __init__(self) -> None:
        super().__init__("error")
        self.calls: list[Call] = []

    def add_request(self, request: MockRequest, reply: MockReply, seconds: float, operation: str | None) -> None:  # noqa: ARG002
        # What a test asks of the mock itself is no request of what it tests.
        if operation is not None or not request.path.startswith(CONTROL):
            self.calls.append(Call(request, reply, operation))


class ThreadedMock:
    """Serves from a thread of this process, on a free port of 127.0.0.1, inside of a `with` block.

    Attributes:
        app: the ASGI application, for clients that need no URL.
        url: where it listens, without a trailing slash.
    """

    def __init__(self, app: MockApp) -> None:
        self.app = app
        self._recorder = app.log = _Recorder()
        self._listener = bind("127.0.0.1", 0)
        listen(self._listener)
        self.url = address(self._listener)
        config = server_config(app, connection_limits(), log_level="critical", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)

    @property
    def calls(self) -> list[Call]:
        """The requests so far with their replies, in order."""
        return self._recorder.calls

    @cached_property
    def client(self) -> MockClient:
        """Sets answers, waits for calls, and verifies them."""
        return MockClient(self.url)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(_POLL_INTERVAL)
        if not self._server.started:
            raise TimeoutError(f"the mock did not start within {_START_TIMEOUT:g} seconds")
        return self

    def __exit__(self, *_: object) -> None:
        if "client" in self.__dict__:
            self.client.close()
        self._server.should_exit = True
        self._thread.join(_START_TIMEOUT)
        self._listener.close()
