"""What `cierre mock` does between its options and the server: read the document, take the address, serve."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from cierre.cli.mock_https import tls_of
from cierre.cli.mock_options import options_of
from cierre.cli.mock_scenarios import scenarios_of
from cierre.cli.mock_state import state_of
from cierre.phrases import Phrase, reason_of

if TYPE_CHECKING:
    import socket

    from cierre.mocks.app import MockApp
    from cierre.mocks.log import Log
    from cierre.oas.document import Document

# The real handlers have no use for these: nothing is generated, and requests are checked as in production.
_NOT_STATEFUL = (
    "base_path",
    "dialect",
    "dynamic",
    "seed",
    "errors",
    "validate",
    "security",
    "token",
    "lenient",
    "delay",
    "delay_of",
    "error_rate",
    "drop_rate",
    "webhook",
    "to",
    "allow_callback_host",
    "max_body",
    "cache",
    "max_answer_size",
    "max_answer_nodes",
    "max_answer_depth",
    "fill_properties",
    "scenario",
    "examples",
)


def loader(
    spec: str | None,
    dialect: str | None,
    allow_refs: tuple[str, ...],
    *,
    lenient: bool,
    examples: tuple[Path, ...] = (),
) -> Callable[[], Document]:
    """A function that reads the document, with the examples of the files, again at each call."""
    if spec is None:
        from cierre.mocks.contract import load_contract

        plain = partial(load_contract, dialect)
    else:
        from cierre.mocks.loading import load

        plain = partial(load, spec, lenient=lenient, allow_refs=allow_refs)
    if not examples:
        return plain
    from cierre.mocks.example_files import with_examples

    return lambda: with_examples(plain(), examples)


def read_or_end(load: Callable[[], Document]) -> Document:
    """The document; every problem of a broken one on stderr, and exit code 2."""
    from cierre.oas.errors import BrokenDocument

    try:
        return load()
    except BrokenDocument as broken:
        raise click.ClickException(broken.translated()) from None


def bound(given: dict[str, Any]) -> socket.socket:
    """A socket with the address of `--host` and `--port`.

    Raises:
        click.UsageError: it can't be had.
    """
    # It listens when the mock can answer: until then a client is refused, and knows.
    from cierre.server.sockets import bind

    with _refusing_the_address(given):
        return bind(given["host"], given["port"])


def _listen(listener: socket.socket, given: dict[str, Any]) -> None:
    """Accept connections, once there is something to answer from: a probe of the port then finds a mock that works."""
    from cierre.mocks.serving.server import listen

    with _refusing_the_address(given):
        listen(listener)


@contextmanager
def _refusing_the_address(given: dict[str, Any]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f"{given['host']}:{given['port']}"
        raise click.UsageError(
            _("can't listen on {where}: {reason}; try --port 0").format(
                where=where, reason=reason_of(error).translated()
            )
        ) from None


def serve_documents(
    given: dict[str, Any], loads: Mapping[str, Callable[[], Document]], log: Log, *, named: bool
) -> None:
    """Serve a mock of each document until the process is told to end.

    Args:
        given: the options.
        loads: what reads each document, by its base path.
        log: of all of them.
        named: each has its own routes below its base path, even one alone.
    """
    from cierre.mocks.serving.server import connection_limits, serve
    from cierre.mocks.several import SeveralMocks
    from cierre.oas.collecting import uncollected

    tls = tls_of(given, log)
    with bound(given) as listener:
        with uncollected():
            documents = {base: read_or_end(load) for base, load in loads.items()}
            _warn_of_unknown_operations(documents.values(), given, log)
            mocks = [_mock(given, base, documents[base], load, log) for base, load in loads.items()]
            _listen(listener, given)
            app = SeveralMocks(mocks) if named else mocks[0]
            # All of it stays: nobody need look for garbage in it while requests wait.
            gc.freeze()
        serve(app, listener, log, connection_limits(given["max_connections"]), tls)


def _mock(given: dict[str, Any], base: str, document: Document, load: Callable[[], Document], log: Log) -> MockApp:
    from cierre.mocks.app import MockApp
    from cierre.mocks.serving.reload import reload_on_edit

    for problem in document.problems:
        log.add_warning(Phrase("{problem}; what does not need it is served", problem=problem.as_phrase()))
    answers = options_of(given)._replace(base_path=base)
    state = state_of(document, answers, given) if given["stateful"] else None
    if state is not None:
        log.add_note(Phrase("{name}: it keeps {what}; --explain says more", name=document.name, what=state.summary))
    scenarios = scenarios_of(document, answers, given, state, log)
    on_start = reload_on_edit(load, log, given["watch_every"] / 1000) if given["watch"] else None
    return MockApp(document, answers, log, on_start, state, scenarios)


def _warn_of_unknown_operations(documents: Iterable[Document], given: dict[str, Any], log: Log) -> None:
    if not given["delay_of"]:
        return
    from cierre.mocks.preferences import nearest

    operations = [operation for document in documents for operation in document.operations()]
    known = {str(one.node.get("operationId")) for one in operations if one.node.get("operationId")}
    written = {f"{one.method.upper()} {one.path}" for one in operations}
    for name, _delay in given["delay_of"]:
        if name not in known | written:
            choices = sorted(known or written)
            message = "--delay-of {name}: the document has no such operation; {nearest}"
            log.add_warning(Phrase(message, name=name, nearest=nearest(name, choices)))


def serve_stateful(ctx: click.Context, given: dict[str, Any], log: Log) -> None:
    """Serve our own contract by its real handlers.

    Raises:
        click.UsageError: options were given that they have no use for.
    """
    unset = {ParameterSource.DEFAULT, ParameterSource.ENVIRONMENT}
    unsuitable = [
        f"--{name.replace('_', '-')}" for name in _NOT_STATEFUL if ctx.get_parameter_source(name) not in unset
    ]
    if unsuitable:
        raise click.UsageError(
            _("--stateful answers as production does: leave out {names}").format(names=", ".join(unsuitable))
        )
    from cierre.cli.stateful import StatefulMock
    from cierre.mocks.serving.server import address, connection_limits, run

    tls = tls_of(given, log)
    listener = bound(given)
    url = address(listener, tls)
    hosts = (given["host"], *given["allowed_host"])
    app = StatefulMock(
        url, limits=given["requests_per_minute"] is not None, any_origin=given["cors"], log=log, hosts=hosts
    )
    _listen(listener, given)
    log.add_note(Phrase("the real handlers, in memory, at {url}; POST /__mock/reset starts over", url=url))
    run(app, listener, connection_limits(given["max_connections"]), tls=tls)
