"""The mock as a program: behind uvicorn, on a socket that listens before the mock is ready."""

from __future__ import annotations

import gc
import itertools
import socket
import threading
from typing import Any

import uvicorn

from cierre.mocks.documents import Document
from cierre.mocks.log import Log

_SHOWN = 20


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Args:
        host: a name or an address, of IPv4 or IPv6.
        port: 0 takes a free one.

    Raises:
        OSError: the address is in use, or not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # A client may connect before the server is ready: it then waits and is not refused.
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def address(listener: socket.socket) -> str:
    """The URL that a listening socket is reached at, without a trailing slash."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def run(app: Any, listener: socket.socket) -> None:
    """Serve an ASGI application on a listening socket until the process is interrupted."""
    # A document may be large: garbage collection would go through all of it while requests wait.
    gc.freeze()
    config = uvicorn.Config(app, lifespan="on", log_level="critical", access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


def serve(app: Any, listener: socket.socket, document: Document, log: Log) -> None:
    """Serve a mock on a listening socket, and log the document's broken examples meanwhile.

    Args:
        app: the mock.
        listener: as `listen` makes it.
        document: that the mock answers from.
        log: for the address and the broken examples.
    """
    count = sum(1 for _ in document.operations())
    log.add_note(f"{document.name}: {count} operations at {address(listener)}")
    threading.Thread(target=_report_examples, args=(document, log), daemon=True).start()
    run(app, listener)


def _report_examples(document: Document, log: Log) -> None:
    """Log broken examples; in a thread of its own, as a large document has thousands of examples."""
    from cierre.mocks.lint import broken_examples  # noqa: PLC0415

    found = broken_examples(document)
    for problem in itertools.islice(found, _SHOWN):
        log.add_warning(f"{problem}; it is repaired or replaced")
    rest = sum(1 for _ in found)
    if rest:
        log.add_warning(f"{rest} more examples break their schemas")
