"""Sockets to listen on, for the service and for the mock."""

from __future__ import annotations

import errno
import socket


def bind(host: str, port: int) -> socket.socket:
    """A socket that has its address, and refuses connections until somebody listens on it.

    Args:
        host: a name or an address, of IPv4 or IPv6; a name that has both is taken as IPv4, where most clients of
            `localhost` look.
        port: 0 takes a free one.

    Raises:
        OSError: there is no such host, or the address is in use, or not one of this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except UnicodeError:
        raise OSError(errno.EINVAL, "no host name") from None
    family, kind, protocol, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock
