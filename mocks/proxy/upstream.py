"""The server behind the proxy: requests go there as they came, and its answers come back as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx

from cierre.mocks.messages import Headers
from cierre.phrases import Phrase

# Seconds: to connect, and between two pieces of an answer.
_CONNECT, _READ = 10.0, 300.0
_TIMEOUTS = {"connect": _CONNECT, "read": _READ, "write": _READ, "pool": _CONNECT}
_CONNECTIONS = 1_000


class Upstream:
    """A server by its URL. No redirect is followed, no cookie kept, and no field added or decoded.

    Args:
        url: of http or https; its path goes before those of requests.
        transport: that connects; an own one where it is None.

    Raises:
        ValueError: it is no such URL.
    """

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(Phrase("{url!r} is no URL of a server: write http://localhost:8000", url=url))
        self._origin = httpx.URL(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
        self._base = parts.path.rstrip("/").encode("ascii", "replace")
        self.name = self._origin.netloc.decode("ascii")
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=100)
        self._transport = transport or httpx.AsyncHTTPTransport(limits=limits)

    def websocket(self, path: bytes, query: bytes) -> str:
        """The URL of a WebSocket of the server.

        Args:
            path: percent-encoded.
            query: the raw query string.
        """
        scheme = "wss" if self._origin.scheme == "https" else "ws"
        return f"{scheme}://{self.name}{self.target(path, query).decode('latin-1')}"

    def target(self, path: bytes, query: bytes) -> bytes:
        """The request target: below the path of the server's own URL."""
        return self._base + path + (b"?" + query if query else b"")

    @property
    def host(self) -> bytes:
        """As the field Host has it."""
        return self._origin.netloc

    async def ask(
        self, method: str, path: bytes, query: bytes, fields: Headers, body: AsyncIterator[bytes] | bytes
    ) -> httpx.Response:
        """Send a request; the answer's body is read by `aiter_raw`, and it has to be closed.

        Args:
            method: in upper case.
            path: percent-encoded.
            query: the raw query string.
            fields: of the request, Host included.
            body: all of it, or its pieces.

        Raises:
            httpx.TransportError: the server is away, or does not speak HTTP.
        """
        request = httpx.Request(
            method,
            self._origin.copy_with(raw_path=self.target(path, query)),
            headers=fields,
            content=body or None,
            extensions={"timeout": _TIMEOUTS},
        )
        answer = await self._transport.handle_async_request(request)
        answer.request = request
        return answer

    async def close(self) -> None:
        """End the connections."""
        await self._transport.aclose()
