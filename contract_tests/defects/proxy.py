"""A server in front of the server, which does one thing wrong."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx
import uvicorn

Scope = dict[str, Any]
Forward = Callable[["Request"], Awaitable["Reply"]]


@dataclass
class Request:
    """A request on its way; a defect may change it.

    Attributes:
        target: path and query, as they came.
    """

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def token(self) -> str:
        """The bearer token; empty where there is none."""
        return (self.header("authorization") or "").removeprefix("Bearer ")

    @property
    def sent(self) -> dict[str, Any]:
        """The members of a JSON or form body; empty where it has none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {name: values[0] for name, values in parse_qs(self.body.decode("latin-1")).items()}
        except RecursionError:
            return {}
        return value if isinstance(value, dict) else {}

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    def set(self, name: str, value: str | None) -> None:
        """Put `value` in place of a header; None takes it away."""
        self.headers = _replaced(self.headers, name, value)


@dataclass
class Reply:
    """An answer on its way back; a defect may change it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; an empty object where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value, ensure_ascii=False).encode()

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    def set(self, name: str, value: str | None) -> None:
        """Put `value` in place of a header; None takes it away."""
        self.headers = _replaced(self.headers, name, value)


def _replaced(headers: list[tuple[str, str]], name: str, value: str | None) -> list[tuple[str, str]]:
    kept = [(key, old) for key, old in headers if key.lower() != name]
    return kept if value is None else [*kept, (name, value)]


@dataclass(frozen=True)
class Defect:
    """One fault.

    Attributes:
        name: what is wrong, as a sentence.
        operations: the operations that it touches: a pattern, as of `--operations`.
        rules: whether it shows in sequences of requests only.
        patience: seconds that a client waits; more than a busy machine takes, where time is not the point.
        make: gives the function that answers instead; called once a run, so that it may remember.
    """

    name: str
    operations: str
    rules: bool
    make: Callable[[], Behaviour]
    patience: float = 30.0


Behaviour = Callable[[Request, Forward], Awaitable[Reply]]


async def faithful(request: Request, forward: Forward) -> Reply:
    """No defect at all."""
    return await forward(request)


@dataclass
class Proxy:
    """An ASGI application that forwards to `upstream`, through a behaviour."""

    upstream: str
    behaviour: Behaviour
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=60))

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        query = scope["query_string"].decode("latin-1")
        request = Request(
            method=scope["method"],
            target=scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
            headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
            body=await _body(receive),
        )
        reply = await self.behaviour(request, self.forward)
        await _answer(reply, send)

    async def forward(self, request: Request) -> Reply:
        """What the server itself answers."""
        framing = {"content-length", "transfer-encoding"}
        headers = [(name, value) for name, value in request.headers if name not in framing]
        url = httpx.URL(self.upstream).copy_with(raw_path=request.target.encode("latin-1"))
        built = self.client.build_request(request.method, url, headers=headers, content=request.body or None)
        response = await self.client.send(built)
        kept = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in response.headers.raw
            if name.lower() not in {b"content-length", b"transfer-encoding"}
        ]
        return Reply(response.status_code, kept, response.content)


async def _body(receive: Any) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def _answer(reply: Reply, send: Any) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    if reply.body:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


@contextlib.contextmanager
def proxied(upstream: str, behaviour: Behaviour) -> Iterator[str]:
    """The base URL of a server that behaves so."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            Proxy(upstream, behaviour),
            log_level="critical",
            lifespan="off",
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
