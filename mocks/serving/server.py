"""The mock as a program: behind uvicorn, on a socket that listens once there is something to answer from."""

from __future__ import annotations

import faulthandler
import gc
import itertools
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import uvicorn

from cierre.mocks.answering.responses import responses_of
from cierre.mocks.app import MockApp
from cierre.mocks.control import CONTROL, DOCS
from cierre.mocks.log import Log
from cierre.mocks.options import MockOptions
from cierre.mocks.serving.ending import kill_after
from cierre.mocks.several import SeveralMocks
from cierre.oas.document import Document
from cierre.oas.structure import Operation
from cierre.phrases import Phrase
from cierre.server.config import server_config
from cierre.server.descriptors import raise_limit
from cierre.settings import ConnectionLimits, WebSocketLimits

_SHOWN = 20
# Routes that are listed at the start.
_ROUTES = 30
# Seconds for requests under way, once the process is told to end.
_GRACE = 2


class Tls(NamedTuple):
    """Files that HTTPS is served with, in PEM.

    Attributes:
        certificate: with its key, where `key` is None.
        key: of the certificate.
    """

    certificate: Path
    key: Path | None


def connection_limits(connections: int | None = None) -> ConnectionLimits:
    """What a client may take of a mock: as of the service, but a target is as long as a header section may be.

    A document may allow a path parameter of any length.

    Args:
        connections: of one process at once; the default is the service's.
    """
    limits = ConnectionLimits(target_bytes=ConnectionLimits().header_bytes)
    return limits if connections is None else replace(limits, connections=connections)


def listen(listener: socket.socket) -> None:
    """Accept connections: from now on a client waits until the server is ready, and is not refused.

    Raises:
        OSError: another process took the address meanwhile.
    """
    listener.listen(2048)


def address(listener: socket.socket, tls: Tls | None = None) -> str:
    """The URL that a listening socket is reached at, without a trailing slash; of https with `tls`."""
    host, port = listener.getsockname()[:2]
    return f"http{'s' if tls else ''}://{f'[{host}]' if ':' in host else host}:{port}"


def run(
    app: Any,
    listener: socket.socket,
    limits: ConnectionLimits | None = None,
    *,
    dates: bool = True,
    on_exit: Callable[[], None] | None = None,
    tls: Tls | None = None,
    websockets: WebSocketLimits | None = None,
) -> None:
    """Serve an ASGI application on a listening socket until the process is interrupted.

    Args:
        app: to serve.
        listener: as `listen` makes it.
        limits: of its clients; the usual ones where it is None.
        dates: add the field Date; an application that passes answers on has it already.
        on_exit: called once the process is told to end, before requests under way are waited for.
        tls: to serve HTTPS with; HTTP where it is None.
        websockets: what clients may take of WebSockets; None: there are none.
    """
    raise_limit()
    # A document may be large: garbage collection would go through all of it while requests wait.
    gc.freeze()
    files = {} if tls is None else {"ssl_certfile": tls.certificate, "ssl_keyfile": tls.key}
    config = server_config(
        app,
        limits,
        websockets,
        lifespan="on",
        log_level="critical",
        timeout_graceful_shutdown=_GRACE,
        date_header=dates,
        **files,
    )
    try:
        _Server(config, on_exit).run(sockets=[listener])
    finally:
        faulthandler.cancel_dump_traceback_later()


class _Server(uvicorn.Server):
    """A server that ends whatever it is busy with: an answer that is late, or one that takes long to be made."""

    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        kill_after(2 * _GRACE + 2, signals=(signal.SIGTERM, signal.SIGINT))
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._on_exit is not None:
            self._on_exit()
        # A second signal ends the process at once. The watchdog is a thread of C, which waits for no lock of Python,
        # and says where it was. Where a call of C keeps even this line from running, `kill_after` ends it.
        signal.signal(sig, signal.SIG_DFL)
        faulthandler.dump_traceback_later(2 * _GRACE + 1, exit=True)


def serve(
    app: MockApp | SeveralMocks,
    listener: socket.socket,
    log: Log,
    limits: ConnectionLimits | None = None,
    tls: Tls | None = None,
) -> None:
    """Serve mocks on a listening socket, and log what they serve, and the documents' broken examples, meanwhile.

    Args:
        app: the mock, or several.
        listener: that `listen` was called with.
        log: for the address and the broken examples.
        limits: of its clients; the usual ones where it is None.
        tls: to serve HTTPS with; HTTP where it is None.
    """
    url = address(listener, tls)
    mocks = app.mocks if isinstance(app, SeveralMocks) else [app]
    for mock in mocks:
        base = mock.options.base_path
        own = f"{url}{base if isinstance(app, SeveralMocks) else ''}{CONTROL}"
        _log_addresses(mock.document, f"{url}{base}", own, log)
    served = [(mock.document, f"{url}{mock.options.base_path}") for mock in mocks]
    threading.Thread(target=_report, args=(served, log), daemon=True).start()

    def end() -> None:
        for mock in mocks:
            mock.board.end()

    run(app, listener, limits, on_exit=end, tls=tls)


def _log_addresses(document: Document, url: str, own: str, log: Log) -> None:
    """Log where the document is served; `own`: the address of the mock's own routes."""
    count = sum(1 for _ in document.operations())
    log.add_note(
        Phrase("{name}: 1 operation at {url}", name=document.name, url=url)
        if count == 1
        else Phrase("{name}: {count} operations at {url}", name=document.name, count=count, url=url)
    )
    docs = f"{own}{DOCS.removeprefix(CONTROL)}"
    log.add_note(Phrase("its page: {page}; of the document: {docs}", page=own, docs=docs))


def _log_routes(document: Document, url: str, log: Log) -> None:
    """Log what is served where."""
    operations = list(document.operations())
    for operation in operations[:_ROUTES]:
        path = _path_to_try(document, operation)
        log.add_note(Phrase.of(f"  {operation.method.upper():6} {url}{path} → {_first_status(document, operation)}"))
    if len(operations) > _ROUTES:
        log.add_note(Phrase("  … and {count} more", count=len(operations) - _ROUTES))


def _path_to_try(document: Document, operation: Operation) -> str:
    """The path; that of a GET with values that it takes, as a terminal opens it in a browser."""
    if operation.method != "get" or "{" not in operation.path:
        return operation.path
    # Not each document has one, and what makes values takes a while to load.
    from cierre.mocks.answering.operation import MockedOperation  # noqa: PLC0415
    from cierre.mocks.console.sample import sample_path  # noqa: PLC0415

    return sample_path(document, operation, MockedOperation(document, operation, MockOptions()).validator)


def _first_status(document: Document, operation: Operation) -> str:
    """The status of the answer that a request without `Prefer` gets."""
    responses = responses_of(document, operation)
    return str(responses[0].status) if responses else "200"


def _report(served: Iterable[tuple[Document, str]], log: Log) -> None:
    """Log what is served at which URL, then broken examples; in a thread of its own, as a document may have thousands.

    Requests are answered meanwhile.
    """
    from cierre.oas.examples import broken_examples  # noqa: PLC0415

    for document, url in served:
        _log_routes(document, url, log)
        found = broken_examples(document, answers_only=True)
        for problem in itertools.islice(found, _SHOWN):
            log.add_warning(Phrase("{problem}; it is repaired or replaced", problem=problem.as_phrase()))
        rest = sum(1 for _ in found)
        if rest:
            log.add_warning(Phrase("{count} more examples break their schemas", count=rest))
