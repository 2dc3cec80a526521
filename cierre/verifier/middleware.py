"""ASGI middleware: a request with a good token goes on, any other is answered here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import orjson

from cierre.verifier.checking import Verifier
from cierre.verifier.refusals import Refused

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class BearerAuth:
    """Puts an `Access` into `scope["state"]["access"]` (`request.state.access` in Starlette and FastAPI).

    It starts and stops the verifier with the application's lifespan.

    Args:
        public: paths, and what is below them, that need no token.
    """

    def __init__(self, app: Application, verifier: Verifier, *, public: Sequence[str] = ()) -> None:
        self._app = app
        self._verifier = verifier
        self._public = tuple(path.rstrip("/") for path in public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        if scope["type"] not in {"http", "websocket"} or self._is_public(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            access = await self._verifier.verify_header(_authorization(scope))
        except Refused as refused:
            await _refuse(refused, scope, receive, send)
            return
        scope.setdefault("state", {})["access"] = access
        await self._app(scope, receive, send)

    def _is_public(self, path: str) -> bool:
        return any(path == public or path.startswith(public + "/") for public in self._public)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receiving() -> Message:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self._verifier.start()
                except Refused as away:
                    await send({"type": "lifespan.startup.failed", "message": f"cierre.verifier: {away}"})
                    raise
            return message

        async def sending(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await self._verifier.stop()
            await send(message)

        await self._app(scope, receiving, sending)


def _authorization(scope: Scope) -> str | None:
    """The one Authorization field; of two, nobody can say which was meant."""
    found = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
    return found[0].decode("latin-1") if len(found) == 1 else None


async def _refuse(refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    body = orjson.dumps({"type": f"urn:cierre:error:{refused.code}", "status": refused.status, "code": refused.code})
    headers = {"Content-Type": "application/problem+json", "Content-Length": str(len(body)), **refused.headers}
    await send(
        {
            "type": "http.response.start",
            "status": refused.status,
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
