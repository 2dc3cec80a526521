"""A proxy without checks, of Starlette and the HTTP client of `cierre proxy`: what the checks cost is measured by it.

`python -m benchmarks.plain_proxy UPSTREAM PORT` serves it.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

_HOPS = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer", b"host"})
_TIMEOUTS = {"connect": 10.0, "read": 300.0, "write": 300.0, "pool": 10.0}


def app(upstream: str) -> Starlette:
    """Passes every request on to a server, and its answer back, both as they are.

    Args:
        upstream: the URL of the server, without a path.
    """
    transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=1_000, max_keepalive_connections=100))
    origin = httpx.URL(upstream)

    async def passed(request: Request) -> Response:
        target = request.scope["raw_path"]
        if query := request.scope["query_string"]:
            target += b"?" + query
        sent = httpx.Request(
            request.method,
            origin.copy_with(raw_path=target),
            headers=[(b"host", origin.netloc), *_end_to_end(request.headers.raw)],
            content=await request.body() or None,
            extensions={"timeout": _TIMEOUTS},
        )
        answer = await transport.handle_async_request(sent)
        answer.request = sent
        streamed = StreamingResponse(answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose))
        streamed.raw_headers = _end_to_end(answer.headers.raw)
        return streamed

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await transport.aclose()

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(routes=[Route("/{path:path}", passed, methods=methods)], lifespan=lifespan)


def _end_to_end(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [one for one in fields if one[0].lower() not in _HOPS]


if __name__ == "__main__":
    uvicorn.run(app(sys.argv[1]), port=int(sys.argv[2]), access_log=False, log_level="warning")
