"""Who may use the routes of the mock itself, and where the mock may send requests.

A page of any site can send requests to a mock on the developer's machine. It must neither read the document that way
nor make the mock call something in the developer's network. Names are compared, never resolved.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def split_host(host: str) -> tuple[str, str]:
    """`Host` as name and port: in lower case, without brackets and without a dot at the end; the port may be ""."""
    name, colon, port = host.strip().lower().rpartition(":")
    if not colon or "]" in port:
        name, port = host.strip().lower(), ""
    return name.removeprefix("[").removesuffix("]").removesuffix("."), port


def is_loopback(name: str) -> bool:
    """Whether a host is this machine by its name alone: localhost, 127.0.0.0/8, ::1."""
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def refusal_of(headers: Mapping[str, str], bound: str, allowed: Iterable[str]) -> str | None:
    """Why a request may not use the routes of the mock itself; None where it may.

    The field Host shows by which name a browser came: one that somebody else's DNS points to this machine is refused.
    The field Origin shows from which page: only one of the mock itself, or none at all, may.

    Args:
        headers: of the request, names in lower case.
        bound: the address that the request arrived at.
        allowed: further names, as `--allowed-host` has them.
    """
    host = headers.get("host", "")
    name, _ = split_host(host)
    known = {split_host(item)[0] for item in (*allowed, bound)}
    if not (is_loopback(name) or name.endswith(".localhost") or name in known):
        return f"Host is {host[:100]!r}: start the mock with --allowed-host {name[:100] or 'NAME'} to allow that"
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in {f"http://{host.lower()}", f"https://{host.lower()}"}:
        return f"a page of {origin[:100]!r} may not use the routes of the mock itself"
    return None


class Destinations:
    """Where callbacks and webhooks may go: this machine, and the hosts that somebody allowed.

    Args:
        document: the root of the document; its `servers` are allowed where the URL is not of a request.
        allowed: names or addresses, with or without a port, as `--allow-callback-host` has them.
    """

    def __init__(self, document: Mapping[str, Any], allowed: Iterable[str]) -> None:
        self._allowed = {split_host(item) for item in allowed}
        self._servers = set(_origins(document))

    def refusal_of(self, url: str, *, from_request: bool) -> str | None:
        """Why nothing is sent to a URL; None where it is.

        Args:
            url: with scheme and host.
            from_request: a request named the host; otherwise the document or the operator did.
        """
        origin = _origin(url)
        if origin is None:
            return f"{url[:200]!r} is no URL of http or https"
        scheme, name, port = origin
        if is_loopback(name) or (name, "") in self._allowed or (name, str(port)) in self._allowed:
            return None
        if not from_request and (scheme, name, port) in self._servers:
            return None
        return f"{name[:100]} is not allowed: start the mock with --allow-callback-host {name[:100]}"


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an http(s) URL, None where it has none."""
    # What two readers of a URL may read differently is not sent anywhere.
    if any(character.isspace() or ord(character) < 32 or character == "\\" for character in url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname.removesuffix("."), port if port is not None else _PORTS[parts.scheme]


def _origins(document: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    servers = document.get("servers")
    for server in servers if isinstance(servers, list) else ():
        origin = _origin(str(server.get("url", ""))) if isinstance(server, Mapping) else None
        if origin is not None:
            yield origin
