"""Where `cierre serve` listens: on a socket of its own, or on one that whoever started it holds open."""

from __future__ import annotations

import os
import socket
from gettext import gettext as _

import click

from cierre.phrases import reason_of
from cierre.server.sockets import bind

# sd_listen_fds(3): the first descriptor that is passed.
_FIRST = 3


def listening(host: str, port: int) -> socket.socket:
    """The socket that the service manager holds for us, or one that is bound to a host and a port.

    It comes before anything else is done: a taken port is found out at once.

    Raises:
        click.UsageError: there is none.
    """
    inherited = _inherited()
    if inherited is not None:
        return inherited
    try:
        sock = bind(host, port)
    except OSError as failure:
        raise click.UsageError(
            _("can't listen on {host}:{port}: {reason}; try --port 0").format(
                host=host, port=port, reason=reason_of(failure).translated()
            )
        ) from failure
    sock.set_inheritable(True)
    return sock


def _inherited() -> socket.socket | None:
    """What systemd passes to the process that it starts (sd_listen_fds(3)): it listens through a restart."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    count = os.environ.get("LISTEN_FDS", "")
    # Not for the processes that are started from here.
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)
    if count != "1":
        raise click.UsageError(_("{value} sockets were passed (LISTEN_FDS): pass one").format(value=count or _("no")))
    try:
        sock = socket.socket(fileno=_FIRST)
        listens = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as failure:
        raise click.UsageError(
            _("descriptor 3 is no socket (LISTEN_FDS): {reason}").format(reason=reason_of(failure).translated())
        ) from failure
    if sock.family not in {socket.AF_INET, socket.AF_INET6} or not listens:
        raise click.UsageError(_("descriptor 3 does not listen for TCP (LISTEN_FDS): pass a listening socket"))
    sock.set_inheritable(True)
    return sock
