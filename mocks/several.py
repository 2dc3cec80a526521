"""Several mocks in one process, each below a base path of its own: `/users/…` is one's, `/billing/…` another's."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping, Sequence
from typing import Any

from cierre.mocks.answering.refusals import Refusal, problem
from cierre.mocks.app import MockApp, Scope
from cierre.mocks.control import CONTROL
from cierre.mocks.messages import Receive, Send

_UNKNOWN = Refusal(404, (), (), "No such document")


class SeveralMocks:
    """An ASGI application that passes each request to the mock that it is for.

    Args:
        mocks: with a base path each; the routes of the mock itself are below that, as `/users/__mock/`.

    Attributes:
        mocks: these.
    """

    def __init__(self, mocks: Sequence[MockApp]) -> None:
        self.mocks = mocks
        self._by_base = {mock.options.base_path.encode(): mock for mock in mocks}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
        base = next((base for base in self._by_base if (path + b"/").startswith(base + b"/")), None)
        if base is not None:
            await self._by_base[base](_seen_from(base, path, scope), receive, send)
        elif scope["type"] == "http":
            await self._unknown(scope, send)
        else:
            await send({"type": "websocket.close", "code": 1003})

    async def _unknown(self, scope: Scope, send: Send) -> None:
        served = [f"{base.decode()}/" for base in self._by_base]
        reply = problem(_UNKNOWN, f"the documents are served below {', '.join(served)}", available=served)
        body = b"" if scope["method"] == "HEAD" else reply.body
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        await send({"type": "http.response.body", "body": body})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """Begin and end all of them with this application."""
        await receive()
        running = [_Lifespan(mock) for mock in self.mocks]
        for one in running:
            await one.begin()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for one in running:
            await one.end()
        await send({"type": "lifespan.shutdown.complete"})


class _Lifespan:
    """Of one application."""

    def __init__(self, app: MockApp) -> None:
        self._events: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._answers: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._task = asyncio.ensure_future(app({"type": "lifespan"}, self._events.get, self._answers.put))

    async def begin(self) -> None:
        await self._events.put({"type": "lifespan.startup"})
        await self._answers.get()

    async def end(self) -> None:
        await self._events.put({"type": "lifespan.shutdown"})
        await self._task


def _seen_from(base: bytes, path: bytes, scope: Scope) -> Scope:
    """The request as the mock reads it: its own routes begin with `/__mock/`, what stands before is in `root_path`."""
    rest = path[len(base) :]
    if not (rest + b"/").startswith(CONTROL.encode()):
        return scope
    return {**scope, "path": rest.decode("latin-1"), "raw_path": rest, "root_path": base.decode()}
