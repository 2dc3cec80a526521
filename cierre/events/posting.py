"""Posting a signal to a receiver, and to nobody else: HTTPS, no redirects, and no address that was not meant.

A name may lead anywhere, and to another address each time it is asked. So the addresses are checked when the connection
is made, and the connection is made to the address that was checked.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

import httpcore

from cierre.phrases import Phrase

# Seconds, for each of connection, sending and answer.
PATIENCE = 5.0

Address = IPv4Address | IPv6Address


class NotDelivered(Exception):
    """The receiver did not take the signal; the message says why.

    Attributes:
        answered: there was an answer: the receiver is there, and refuses this one.
    """

    def __init__(self, message: str, *, answered: bool) -> None:
        super().__init__(message)
        self.answered = answered


def receiver_url(text: str) -> str:
    """The URL of a receiver: HTTPS, or HTTP on this machine.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(text)
    if not parts.hostname or parts.username or parts.fragment or parts.scheme not in {"http", "https"}:
        raise ValueError(Phrase("{text!r} is no receiver: write https://host/path", text=text))
    # A port that is none is found out by looking.
    _ = parts.port
    if parts.scheme == "http" and not is_this_machine(parts.hostname):
        raise ValueError(f"{text!r} would carry signals unencrypted: write https://, or http://localhost")
    return text


def is_this_machine(host: str) -> bool:
    """Whether a host of a URL is this machine by its name or number."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return False


def may_connect(address: Address, *, to_this_machine: bool, allow_private: bool) -> bool:
    """Whether a receiver may have this address.

    Args:
        to_this_machine: the URL names this machine: no other address is meant then.
        allow_private: addresses of a private network are meant as well; not link-local ones, where clouds keep secrets.
    """
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    address = mapped or address
    if to_this_machine or address.is_loopback:
        return to_this_machine and address.is_loopback
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    return address.is_global or allow_private


class _CheckedAddresses(httpcore.AsyncNetworkBackend):
    """Connects to addresses that `may_connect`, and to no others."""

    def __init__(self, *, allow_private: bool) -> None:
        self._backend = httpcore.AnyIOBackend()
        self._allow_private = allow_private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as failure:
            raise httpcore.ConnectError(f"{host} has no address: {failure}") from failure
        addresses = [ip_address(str(one[4][0]).partition("%")[0]) for one in found]
        here = is_this_machine(host)
        allowed = [
            one for one in addresses if may_connect(one, to_this_machine=here, allow_private=self._allow_private)
        ]
        if not allowed:
            raise httpcore.ConnectError(f"{host} has no address that signals may go to, but {addresses[0]}")
        return await self._backend.connect_tcp(str(allowed[0]), port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class Poster:
    """Posts to receivers; it keeps no connection longer than it needs it."""

    def __init__(self) -> None:
        # Made at first use: to read the certificates of this machine takes 20 ms, and most nodes post nothing.
        self._pools: dict[bool, httpcore.AsyncConnectionPool] = {}

    async def post(
        self, url: str, body: bytes, media_type: str, *, allow_private: bool, trace: Mapping[str, str] | None = None
    ) -> None:
        """Post a signal.

        Args:
            trace: header fields that tell the receiver of a span.

        Raises:
            NotDelivered: the receiver did not answer with 2xx.
        """
        headers = [("Content-Type", media_type), ("Accept", "application/json"), ("User-Agent", "cierre")]
        headers += (trace or {}).items()
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), PATIENCE)
        try:
            async with (
                asyncio.timeout(2 * PATIENCE),
                self._pool(allow_private=allow_private).stream(
                    "POST", url, headers=headers, content=body, extensions={"timeout": timeouts}
                ) as answer,
            ):
                status = answer.status
        except (httpcore.TimeoutException, TimeoutError):
            raise NotDelivered("no answer in time", answered=False) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as failure:
            raise NotDelivered(f"{failure}" or type(failure).__name__, answered=False) from failure
        if not 200 <= status < 300:
            raise NotDelivered(f"answered {status}", answered=True)

    def _pool(self, *, allow_private: bool) -> httpcore.AsyncConnectionPool:
        if allow_private not in self._pools:
            self._pools[allow_private] = httpcore.AsyncConnectionPool(
                ssl_context=ssl.create_default_context(),
                network_backend=_CheckedAddresses(allow_private=allow_private),
                keepalive_expiry=PATIENCE,
            )
        return self._pools[allow_private]

    async def close(self) -> None:
        """Let go of the connections."""
        for pool in self._pools.values():
            await pool.aclose()
