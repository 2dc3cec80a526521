"""How uvicorn is run, wherever it is run: with the limits of `connections`."""

from __future__ import annotations

from functools import partial
from typing import Any

import uvicorn

from cierre.server.connections import LimitedProtocol
from cierre.server.upgrading import UpgradingProtocol
from cierre.settings import ConnectionLimits, WebSocketLimits

# Seconds after which a worker that doesn't answer its parent is replaced. It doesn't while it starts, either: with the
# 5 s of uvicorn, workers on a busy machine were replaced for ever.
_HUNG = 30


def server_config(
    app: Any, limits: ConnectionLimits | None = None, websockets: WebSocketLimits | None = None, **options: Any
) -> uvicorn.Config:
    """A configuration of uvicorn's.

    Args:
        app: an ASGI application, or a factory of one (`factory=True`).
        limits: what a client may take; the usual ones where it is None.
        websockets: the same of WebSockets, which need the library `websockets`; None: there are none.
        options: more of uvicorn's own.
    """
    limits = limits or ConnectionLimits()
    protocol: Any = partial(LimitedProtocol, limits=limits)
    if websockets is not None:
        protocol = partial(UpgradingProtocol, limits=limits, websockets=websockets)
        options |= {
            "ws_max_size": websockets.message_bytes,
            "ws_ping_interval": websockets.ping_interval / 1000,
            "ws_ping_timeout": websockets.ping_timeout / 1000,
        }
    return uvicorn.Config(
        app,
        http=protocol,
        # Another protocol would take the connection over, without limits: ours hands it to one with limits.
        ws="none",
        access_log=False,
        # Ours, where proxies are trusted at all.
        proxy_headers=False,
        server_header=False,
        timeout_worker_healthcheck=_HUNG,
        **options,
    )
