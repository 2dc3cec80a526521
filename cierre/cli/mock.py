"""`cierre mock`: answer from an OpenAPI document, without a backend. Options are named as Prism names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gettext import gettext as _
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from cierre.cli import options
from cierre.cli.mock_state import check_state_options, print_explanation, state_of, state_options
from cierre.cli.options import Command, Parsed, allow_refs_option, option
from cierre.mocks.generation.budget import DEFAULT_LIMITS
from cierre.mocks.options import read_size
from cierre.settings import duration

if TYPE_CHECKING:
    import socket

    from cierre.mocks.log import Log
    from cierre.mocks.options import MockOptions
    from cierre.oas.document import Document

# Seconds, from and to.
Span = tuple[float, float]
# The real handlers have no use for these: nothing is generated, and requests are checked as in production.
_NOT_STATEFUL = (
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
)


_NUMBER = r"(\d+(?:\.\d+)?)([a-z]*)"
_SPAN = re.compile(rf"^{_NUMBER}(?:(?:\.\.|-){_NUMBER})?$")


def _span(text: str) -> Span:
    """`200ms`, `1s`, `5m`, `200..800ms`; a number without a unit is milliseconds, as in `Prefer: delay=250`."""
    match = _SPAN.match(text.strip())
    if match is None:
        raise ValueError(_("{text!r} is no delay: write 200ms, 1s, 5m or 200..800ms").format(text=text))
    low, low_unit, high, high_unit = match.groups()
    unit = high_unit or low_unit or "ms"
    first = duration(f"{low}{low_unit or unit}", zero=True) / 1000
    last = duration(f"{high}{unit}", zero=True) / 1000 if high else first
    return first, max(first, last)


def _named_span(text: str) -> tuple[str, Span]:
    name, _equals, span = text.rpartition("=")
    if not name:
        raise ValueError(_("{text!r}: write OPERATION=200..800ms").format(text=text))
    return name, _span(span)


SWITCH = click.Choice(["on", "warn", "off"])
PORT = click.IntRange(0, 65535)
SHARE = click.FloatRange(0, 1)
LEVEL = click.Choice(["silent", "error", "warn", "info"])


def _short(letter: str, name: str, help_text: str, **more: Any) -> Callable[[Command], Command]:
    """An option that Prism has a letter for."""
    variable = "CIERRE_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(letter, name, envvar=variable, show_envvar=True, help=help_text, **more)


class _MockCommand(click.Command):
    """Reads options as Prism writes them, too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        from cierre.cli.prism import translate

        return super().parse_args(ctx, translate(args))


@click.command("mock", cls=_MockCommand, context_settings={"help_option_names": ["--help"]})
@click.argument("spec", required=False, envvar="CIERRE_SPEC")
@allow_refs_option
@option("--dialect", "Serve Cierre's own contract as the clients of one dialect see it.")
@option("--stateful", "Keep what is made, changed and deleted; without SPEC: by the real handlers.", is_flag=True)
@state_options
@_short("-h", "--host", "Address to listen on.", default="127.0.0.1", show_default=True)
@_short("-p", "--port", "Port to listen on; 0: any free one.", type=PORT, default=4010, show_default=True)
@_short("-d", "--dynamic", "Generate bodies instead of showing examples.", is_flag=True)
@option("--seed", "Seed of what is generated: the same seed, the same answers.")
@option("--errors", "Answer 500 where no valid body was found.", is_flag=True)
@option("--cors/--no-cors", "Answer pages of any origin.", default=True, show_default=True)
@option("--validate", "Refuse requests that break the document.", type=SWITCH, default="on", show_default=True)
@option("--security", "Want credentials where the document does.", type=SWITCH, default="on", show_default=True)
@option("--token", "The one credential to accept. [default: any that is well-formed]")
@option("--lenient", "Serve what can be served of a broken document.", is_flag=True)
@option("--delay", "Time before each answer: 200ms, 1s, 200..800ms.", type=Parsed("delay", _span))
@option(
    "--delay-of",
    "Time before each answer of one operation: OPERATION=200..800ms.",
    type=Parsed("operation=delay", _named_span),
    multiple=True,
)
@option("--error-rate", "Share of answers that are a 5xx.", type=SHARE, default=0.0)
@option("--drop-rate", "Share of connections that are dropped.", type=SHARE, default=0.0)
@option(
    "--requests-per-minute", "Requests of one address in a minute; more are answered with 429.", type=click.IntRange(1)
)
@options.max_connections
@option("--callbacks/--no-callbacks", "Send the document's callbacks.", default=True, show_default=True)
@option("--watch/--no-watch", "Serve edits of the document's files.", default=True, show_default=True)
@option("--cache", "Send the document's Cache-Control; otherwise no answer is stored.", is_flag=True)
@option("--allow-callback-host", "Callbacks and webhooks may go to this HOST[:PORT], too.", multiple=True)
@option("--allowed-host", "The mock's own routes answer under this name, too.", multiple=True)
@option(
    "--max-body",
    "Of a request before 413, in bytes, or as 500kB, 10MB.",
    type=Parsed("size", read_size),
    default="10MB",
    show_default=True,
)
@option(
    "--max-answer-size",
    "Of all texts in a generated answer, in bytes, or as 500kB, 1MB.",
    type=Parsed("size", read_size),
    default="1MB",
    show_default=True,
)
@option(
    "--max-answer-nodes",
    "Objects, arrays and values in a generated answer.",
    type=click.IntRange(1),
    default=DEFAULT_LIMITS.nodes,
    show_default=True,
)
@option(
    "--max-answer-depth",
    "Levels of nesting in a generated answer.",
    type=click.IntRange(1, 100),
    default=DEFAULT_LIMITS.depth,
    show_default=True,
)
@option(
    "--fill-properties/--no-fill-properties",
    "Show a member of objects whose names are free.",
    default=True,
    show_default=True,
)
@option("--json-log", "Log one JSON object for each request.", is_flag=True)
@_short("-v", "--verbose-level", "How much is told.", type=LEVEL, default="info", show_default=True)
@option("--webhook", "Send this webhook of the document to --to, and end.")
@option("--to", "Where --webhook is sent; without --webhook: a URL whose host webhooks may go to.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Answer from an OpenAPI document: SPEC, or our own contract where none is given.

    SPEC is a file, or an address of http or https.
    """
    from cierre.mocks.log import Log

    if given["spec"] is not None and given["dialect"]:
        raise click.UsageError(_("--dialect is about our own contract: leave SPEC out"))
    check_state_options(given)
    log = Log(given["verbose_level"], as_json=given["json_log"])
    if given["stateful"] and given["spec"] is None:
        _serve_stateful(ctx, given, log)
        return
    load = _loader(given["spec"], given["dialect"], given["allow_refs"], lenient=given["lenient"])
    if given["webhook"]:
        _send_webhook(_read(load), given["webhook"], given["to"])
        return
    if given["explain"]:
        print_explanation(state_of(_read(load), _options(given), given))
        return
    _serve(given, load, log)


def _loader(
    spec: str | None, dialect: str | None, allow_refs: tuple[str, ...], *, lenient: bool
) -> Callable[[], Document]:
    """A function that reads the document, again at each call."""
    if spec is None:
        from cierre.mocks.contract import load_contract

        return lambda: load_contract(dialect)
    from cierre.mocks.loading import load

    return lambda: load(spec, lenient=lenient, allow_refs=allow_refs)


def _read(load: Callable[[], Document]) -> Document:
    """The document; every problem of a broken one on stderr, and exit code 2."""
    from cierre.oas.errors import BrokenDocument

    try:
        return load()
    except BrokenDocument as broken:
        raise click.ClickException("\n".join(str(problem) for problem in broken.problems)) from None


def _send_webhook(document: Document, name: str, url: str | None) -> None:
    import asyncio

    from cierre.mocks.callbacks import send_webhook

    if not url:
        raise click.UsageError(_("--webhook needs --to URL"))
    try:
        status = asyncio.run(send_webhook(document, name, url))
    except (LookupError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{name}: answered with {status}")


def _options(given: dict[str, Any]) -> MockOptions:
    from cierre.mocks.options import MockOptions

    names = set(MockOptions._fields) & set(given)
    return MockOptions(
        **{name: given[name] for name in names},
        delays=dict(given["delay_of"]),
        allowed_hosts=(given["host"], *given["allowed_host"]),
        callback_hosts=(*given["allow_callback_host"], *_host_of(given["to"])),
        rate_limit=given["requests_per_minute"] or 0,
    )


def _host_of(url: str | None) -> list[str]:
    from urllib.parse import urlsplit

    try:
        return [urlsplit(url).netloc.rpartition("@")[2]] if url else []
    except ValueError:
        raise click.UsageError(_("--to {url} is no URL").format(url=url)) from None


def _bound(given: dict[str, Any]) -> socket.socket:
    # It listens when the mock can answer: until then a client is refused, and knows.
    from cierre.server.sockets import bind

    with _told_address(given):
        return bind(given["host"], given["port"])


def _listen(listener: socket.socket, given: dict[str, Any]) -> None:
    """Accept connections, once there is something to answer from: a probe of the port then finds a mock that works."""
    from cierre.mocks.serving.server import listen

    with _told_address(given):
        listen(listener)


@contextmanager
def _told_address(given: dict[str, Any]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f"{given['host']}:{given['port']}"
        raise click.UsageError(
            _("can't listen on {where}: {reason}; try --port 0").format(where=where, reason=error.strerror)
        ) from None


def _serve(given: dict[str, Any], load: Callable[[], Document], log: Log) -> None:
    from cierre.mocks.app import MockApp
    from cierre.mocks.serving.reload import reload_on_edit
    from cierre.mocks.serving.server import connection_limits, serve

    with _bound(given) as listener:
        document = _read(load)
        _tell_unknown_operations(document, given, log)
        for problem in document.problems:
            log.add_warning(f"{problem}; what does not need it is served")
        answers = _options(given)
        state = state_of(document, answers, given) if given["stateful"] else None
        if state is not None:
            log.add_note(f"it keeps {state.summary}; --explain says more")
        app = MockApp(document, answers, log, reload_on_edit(load, log) if given["watch"] else None, state)
        _listen(listener, given)
        serve(app, listener, document, log, connection_limits(given["max_connections"]))


def _tell_unknown_operations(document: Document, given: dict[str, Any], log: Log) -> None:
    from cierre.mocks.preferences import nearest

    operations = list(document.operations())
    known = {str(one.node.get("operationId")) for one in operations if one.node.get("operationId")}
    written = {f"{one.method.upper()} {one.path}" for one in operations}
    for name, _delay in given["delay_of"]:
        if name not in known | written:
            choices = sorted(known or written)
            log.add_warning(f"--delay-of {name}: the document has no such operation; {nearest(name, choices)}")


def _serve_stateful(ctx: click.Context, given: dict[str, Any], log: Log) -> None:
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

    listener = _bound(given)
    url = address(listener)
    hosts = (given["host"], *given["allowed_host"])
    app = StatefulMock(
        url, limits=given["requests_per_minute"] is not None, any_origin=given["cors"], log=log, hosts=hosts
    )
    _listen(listener, given)
    log.add_note(f"the real handlers, in memory, at {url}; POST /__mock/reset starts over")
    run(app, listener, connection_limits(given["max_connections"]))
