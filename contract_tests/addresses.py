"""Connections to the server: kept open, and, where the server is on this machine, from one address or another."""

from __future__ import annotations

import ipaddress
import os
import random
import socket
import threading
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

# Connections that are kept open.
POOL = 32


class _From(HTTPAdapter):
    """Connects from one address of this machine.

    Args:
        address: empty: the system chooses.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__(pool_connections=1, pool_maxsize=POOL)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        if self._address:
            options["source_address"] = (self._address, 0)
        super().init_poolmanager(*arguments, **options)


def settle(session: requests.Session, url: str) -> None:
    """Read the environment's proxies and certificates for `url` now, and not again with each request.

    A netrc file is not read: what a request presents is in the request.
    """
    if session.trust_env:
        session.trust_env = False
        session.proxies.update(_proxies(url))
        session.verify = certificates()


@lru_cache(maxsize=8)
def _proxies(url: str) -> dict[str, str]:
    """By scheme, what the environment names; it does not change in a run."""
    return dict(get_environ_proxies(url))


def certificates() -> str | bool:
    """The file of certificates that the environment names; True: those of the system."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


def connections(url: str, address: str = "") -> requests.Session:
    """Connections that keep no cookie: what a request sends is in the request.

    Args:
        url: of the server.
        address: of this machine, from which to connect; empty: the system chooses.
    """
    session = requests.Session()
    settle(session, url)
    # Requests' own fields would be put over those of a case.
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("http://", _From(address))
    session.mount("https://", _From(address))
    return session


class Addresses:
    """The addresses from which a run may send.

    Attributes:
        address: the one in use; empty: what the system chooses.
    """

    def __init__(self, url: str) -> None:
        self.address = ""
        self._url = url
        # Another run may have spent the quotas of those that it used.
        self._next = random.SystemRandom().randrange(1 << 22)
        self._held = threading.local()

    @property
    def session(self) -> requests.Session:
        """Connections of this thread from the address in use."""
        held: dict[str, requests.Session] = self._held.__dict__.setdefault("sessions", {})
        if self.address not in held:
            held.clear()
            held[self.address] = connections(self._url, self.address)
        return held[self.address]

    @property
    def elsewhere(self) -> requests.Session:
        """Connections from an address that is not in use, where there is one."""
        return connections(self._url, self._another()) if self.has_others else self.session

    @property
    def has_others(self) -> bool:
        """Whether the server is on this machine, and the machine has more than one address for it."""
        try:
            found = socket.getaddrinfo(urlsplit(self._url).hostname, None, socket.AF_INET)
            local = all(ipaddress.ip_address(one[4][0]).is_loopback for one in found)
            with socket.socket() as probe:
                probe.bind(("127.0.1.1", 0))
        except OSError:
            return False
        return local

    def change(self) -> bool:
        """Send from another address from now on. Returns whether there is one."""
        if not self.has_others:
            return False
        self.address = self._another()
        return True

    def _another(self) -> str:
        """An address that no request came from; 127.0.0.1 is the ordinary client, these stand for others."""
        self._next = (self._next + 1) % (1 << 22)
        return f"127.{64 + (self._next >> 16)}.{self._next >> 8 & 255}.{self._next % 254 + 1}"
