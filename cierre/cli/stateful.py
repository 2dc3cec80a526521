"""`cierre mock --stateful`: the real handlers on a database in memory, with the demo users.

Login, logout and a second logout get the answers of production. `POST /__mock/reset` starts over.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from cierre.app import assemble
from cierre.cli import demo_data
from cierre.mocks import cors
from cierre.mocks.access import refusal_of
from cierre.mocks.log import Log
from cierre.mocks.messages import MockReply, MockRequest
from cierre.services import build
from cierre.settings import Settings
from cierre.storage import migrate
from cierre.storage.database import sqlite_path

_MEMORY = "sqlite://"
_RESET = "/__mock/reset"
# Seconds: a client that sends its body slowly must not hold up a reset for good.
_LONGEST_WAIT = 5.0
# The handlers see by these that a page of another origin sent the request.
_BROWSER = frozenset({b"origin", b"sec-fetch-site"})


class _Turns:
    """Requests run beside each other, a reset runs alone: it waits for requests under way, and new ones wait for it."""

    def __init__(self) -> None:
        self._reset = asyncio.Lock()
        self._requests = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        async with self._reset:
            self._requests += 1
            self._idle.clear()
        try:
            yield
        finally:
            self._requests -= 1
            if not self._requests:
                self._idle.set()

    @asynccontextmanager
    async def reset(self) -> AsyncIterator[None]:
        async with self._reset:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), _LONGEST_WAIT)
            yield


class StatefulMock:
    """The service as an ASGI application whose database is made anew by a reset.

    Args:
        issuer: the URL that it is reached at.
        limits: keep the contract's rate limits; the tests of a frontend send more requests than those allow.
        any_origin: let pages of every origin read the answers, as other mocks do; otherwise as in production.
        log: for a line a request.
        hosts: names in the field Host that may reset, beside this machine's.
    """

    def __init__(self, issuer: str, *, limits: bool, any_origin: bool, log: Log, hosts: tuple[str, ...] = ()) -> None:
        self._hosts = hosts
        self._folder = tempfile.TemporaryDirectory(prefix="cierre-mock-")
        self._settings = Settings(
            database_url=_MEMORY,
            data_dir=Path(self._folder.name),
            issuer=issuer,
            rate_limit="on" if limits else "off",
            **demo_data.PASSWORD_SETTINGS,
        )
        self._any_origin = any_origin
        self._log = log
        # The mock logs each request itself.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
        self._life = AsyncExitStack()
        self._turns = _Turns()
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._begin()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._life.aclose()
        self._folder.cleanup()
        await send({"type": "lifespan.shutdown.complete"})

    async def _begin(self) -> None:
        # A database in memory exists as long as a connection to it is open.
        keeper = sqlite3.connect(sqlite_path(_MEMORY), uri=True, check_same_thread=False)
        self._life.enter_context(closing(keeper))
        await asyncio.to_thread(migrate.upgrade, _MEMORY)
        services = build(self._settings)
        await services.database.open()
        await demo_data.fill(services.database, services.passwords, tokenable_type=self._settings.tokenable_type)
        await services.database.close()
        self._app = assemble(services)
        await self._life.enter_async_context(_lifespan_of(self._app))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        server = scope.get("server")
        request = MockRequest(scope["method"], scope["path"], b"", headers, b"", server=server[0] if server else "")
        status = 0

        async def send_shared(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._any_origin and "origin" in headers and request.method != "OPTIONS":
                    message["headers"] = cors.share(headers["origin"], list(message["headers"]))
            await send(message)

        why = await self._answer(scope, receive, send_shared, request)
        self._log.add_request(request, MockReply(status, [], b"", why), time.perf_counter() - begun, None)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request: MockRequest) -> str:
        """Answer, and return the reason for this answer, for the log."""
        if scope["path"] == _RESET and scope["method"] == "POST":
            return await self._restart(send, request)
        if self._any_origin and cors.is_preflight(request.method, request.headers):
            await _send_empty(send, 204, cors.preflight(request.headers, []))
            return "CORS preflight"
        if self._any_origin:
            scope = {**scope, "headers": [item for item in scope["headers"] if item[0] not in _BROWSER]}
        async with self._turns.request():
            assert self._app is not None
            await self._app(scope, receive, send)
        return "the real handlers"

    async def _restart(self, send: Send, request: MockRequest) -> str:
        refused = refusal_of(request.headers, request.server, self._hosts)
        if refused is not None:
            await _send_empty(send, 403, [])
            return refused
        async with self._turns.reset():
            await self._life.aclose()
            await self._begin()
        await _send_empty(send, 204, [])
        return "a new database with the demo users"


async def _send_empty(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def _lifespan_of(app: ASGIApp) -> AsyncIterator[None]:
    """Run an application's lifespan, as a server does.

    Raises:
        RuntimeError: the application refused to start.
    """
    inbox: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    outbox: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    task = asyncio.ensure_future(app({"type": "lifespan", "asgi": {"version": "3.0"}}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    started = await outbox.get()
    if started["type"] != "lifespan.startup.complete":
        raise RuntimeError(f"the service did not start: {started.get('message')}")
    try:
        yield
    finally:
        await inbox.put({"type": "lifespan.shutdown"})
        await task
