"""ASGI middleware: a request with a good token goes on, any other is answered here.

Which paths are public is decided segment by segment, on the path as the application gets it: percent-decoded. A path
with a dot segment is answered with 400 before that, since `/health/../admin` may be `/admin` to whoever stands behind.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import unquote

import orjson

from cierre.verifier.checking import Verifier
from cierre.verifier.refusals import AmbiguousPath, Refused

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


_ROOT = ("",)


class BearerAuth:
    """Puts an `Access` into `scope["state"]["access"]` (`request.state.access` in Starlette and FastAPI).

    It starts and stops the verifier with the application's lifespan.

    Args:
        app: which is called with what is let in.
        verifier: not started yet.
        public: paths that need no token, each with what is below it: `/health` opens `/health` and `/health/live`, and
            not `/healthy`. `/` opens the root alone.

    Raises:
        ValueError: a public path doesn't begin with `/`, or has dot segments or percent-encoding.
    """

    def __init__(self, app: Application, verifier: Verifier, *, public: Sequence[str] = ()) -> None:
        self._app = app
        self._verifier = verifier
        self._public = tuple(_public(path) for path in public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        try:
            if not self._is_public(scope["path"]):
                access = await self._verifier.verify_header(_authorization(scope))
                scope.setdefault("state", {})["access"] = access
        except Refused as refused:
            await _refuse(refused, scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_public(self, path: str) -> bool:
        segments = _segments(path)
        return path.startswith("/") and any(
            segments == public or (public != _ROOT and segments[: len(public)] == public) for public in self._public
        )

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


def _public(path: str) -> tuple[str, ...]:
    """The segments of a path that is public."""
    if not path.startswith("/") or "%" in path:
        raise ValueError(f"{path!r} is no path: write it decoded, as /health")
    try:
        return _segments(path.rstrip("/") or "/")
    except AmbiguousPath:
        raise ValueError(f"{path!r} has dot segments: write the path that they lead to") from None


def _segments(path: str) -> tuple[str, ...]:
    """The segments of a decoded path.

    Raises:
        AmbiguousPath: one is a dot segment, if only to those who decode twice, or take a backslash for a slash or what
            is behind a semicolon for a parameter.
    """
    for segment in unquote(path).replace("\\", "/").split("/"):
        if segment.partition(";")[0].strip() in {".", ".."}:
            raise AmbiguousPath
    return tuple(path.split("/")[1:])


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
