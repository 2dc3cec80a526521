"""A server in front of the server, which does one thing wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
import uvicorn

from cierre.server.config import server_config

Scope = dict[str, Any]
Forward = Callable[["ProxyRequest"], Awaitable["ProxyResponse"]]
Behaviour = Callable[["ProxyRequest", Forward], Awaitable["ProxyResponse"]]


class _Message:
    """What requests and responses share: a body and header fields, which a defect may change."""

    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first field called `name`, which is in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def set(self, name: str, value: str | None) -> None:
        """Put `value` in the place of a field; None removes the field."""
        kept = [(key, old) for key, old in self.headers if key.lower() != name]
        self.headers = kept if value is None else [*kept, (name, value)]


@dataclass
class ProxyRequest(_Message):
    """A request on its way to the server.

    Attributes:
        target: path and query, as the client sent them.
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

    @token.setter
    def token(self, value: str) -> None:
        self.set("authorization", f"Bearer {value}")

    @property
    def members(self) -> dict[str, Any]:
        """The members of a JSON or form body; empty where it has none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {name: values[0] for name, values in parse_qs(self.body.decode("latin-1")).items()}
        except RecursionError:
            return {}
        return value if isinstance(value, dict) else {}

    @members.setter
    def members(self, value: dict[str, Any]) -> None:
        self.body = json.dumps(value).encode()

    def change_form(self, **changes: str) -> None:
        """Put other members into a form body."""
        self.body = urlencode({**self.members, **changes}).encode()

    def drop_query(self, *names: str) -> None:
        """Take parameters out of the query."""
        path, _, query = self.target.partition("?")
        kept = [pair for pair in query.split("&") if pair.partition("=")[0] not in {*names, ""}]
        self.target = f"{path}?{'&'.join(kept)}" if kept else path


@dataclass
class ProxyResponse(_Message):
    """The server's answer on its way back."""

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

    @property
    def data(self) -> Any:
        """`data` of a success; None where there is none."""
        body = self.json
        return body.get("data") if isinstance(body, dict) and self.status == 200 else None

    def change(self, **members: Any) -> None:
        """Put other members into the JSON object."""
        self.json = {**self.json, **members}

    def change_data(self, **members: Any) -> None:
        """Put other members into `data`."""
        self.change(data={**self.json["data"], **members})


async def faithful(request: ProxyRequest, forward: Forward) -> ProxyResponse:
    """No defect at all."""
    return await forward(request)


@dataclass
class Proxy:
    """An ASGI application that forwards to `upstream`, through a behaviour."""

    upstream: str
    behaviour: Behaviour
    client: httpx.AsyncClient

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        query = scope["query_string"].decode("latin-1")
        request = ProxyRequest(
            method=scope["method"],
            target=scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
            headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
            body=await _body(receive),
        )
        response = await self.behaviour(request, self.forward)
        await _answer(response, send)

    async def forward(self, request: ProxyRequest) -> ProxyResponse:
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
        return ProxyResponse(response.status_code, kept, response.content)


async def _body(receive: Any) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def _answer(response: ProxyResponse, send: Any) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.body:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


@contextlib.contextmanager
def proxied(upstream: str, behaviour: Behaviour) -> Iterator[str]:
    """The base URL of a server that behaves so."""
    # Where the protocol is named asyncio sends small packets at once (TCP_NODELAY); else a body waits 40 ms for an ACK.
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        proxy = Proxy(upstream, behaviour, httpx.AsyncClient(timeout=60))
        config = server_config(
            proxy, log_level="critical", lifespan="off", date_header=False, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)

        async def serve() -> None:
            async with proxy.client:
                await server.serve(sockets=[listening])

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
