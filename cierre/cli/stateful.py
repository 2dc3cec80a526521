"""`cierre mock --stateful`: the real handlers on a database in memory, with the demo users.

What a page does with the mock (login, logout, logout again) it will find in production. `POST /__mock/reset` starts
over.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from cierre.app import assemble
from cierre.cli import demo
from cierre.mocks import cors
from cierre.mocks.log import Log
from cierre.mocks.messages import MockReply, MockRequest
from cierre.services import build
from cierre.settings import Settings
from cierre.storage import migrate
from cierre.storage.database import sqlite_path

_MEMORY = "sqlite://"
_RESET = "/__mock/reset"
# What tells the handlers that a browser's page of another origin is asking.
_BROWSER = frozenset({b"origin", b"sec-fetch-site"})


class StatefulMock:
    """The service as an ASGI application that forgets everything at a reset.

    Args:
        issuer: the URL that it is reached at.
        limits: keep the contract's rate limits; a suite of tests on one machine would soon meet them.
        any_origin: answer pages of every origin, as other mocks do; otherwise browsers are treated as in production.
        log: where each request is noted.
    """

    def __init__(self, issuer: str, *, limits: bool, any_origin: bool, log: Log) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cierre-mock-")
        self._settings = Settings(
            database_url=_MEMORY,
            data_dir=Path(self._folder.name),
            issuer=issuer,
            rate_limit="on" if limits else "off",
        )
        self._any_origin = any_origin
        self._log = log
        # The mock tells of each request itself.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
        self._life = AsyncExitStack()
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
        # A database in memory is there as long as somebody is connected to it.
        keeper = sqlite3.connect(sqlite_path(_MEMORY), uri=True, check_same_thread=False)
        self._life.enter_context(closing(keeper))
        await asyncio.to_thread(migrate.upgrade, _MEMORY)
        services = build(self._settings)
        await services.database.open()
        await demo.fill(services.database, tokenable_type=self._settings.tokenable_type)
        await services.database.close()
        self._app = assemble(services)
        await self._life.enter_async_context(_alive(self._app))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request = MockRequest(scope["method"], scope["path"], b"", headers, b"")
        status = 0

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._any_origin and "origin" in headers and request.method != "OPTIONS":
                    message["headers"] = cors.share(headers["origin"], list(message["headers"]))
            await send(message)

        why = await self._answer(scope, receive, noted, request)
        self._log.add_request(request, MockReply(status, [], b"", why), time.perf_counter() - begun, None)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request: MockRequest) -> str:
        """Answer, and say how it came to be."""
        if scope["path"] == _RESET and scope["method"] == "POST":
            await self._life.aclose()
            await self._begin()
            await _bodiless(send, 204, [])
            return "everything was forgotten; the demo users are back"
        if self._any_origin and cors.is_preflight(request.method, request.headers):
            await _bodiless(send, 204, cors.preflight(request.headers, []))
            return "CORS preflight"
        if self._any_origin:
            scope = {**scope, "headers": [item for item in scope["headers"] if item[0] not in _BROWSER]}
        assert self._app is not None
        await self._app(scope, receive, send)
        return "the real handlers"


async def _bodiless(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def _alive(app: ASGIApp) -> AsyncIterator[None]:
    """Run an application's lifespan, as a server would."""
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
