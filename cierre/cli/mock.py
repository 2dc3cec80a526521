"""`cierre mock`: answer from an OpenAPI document, without a backend. Options are named as Prism names them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from cierre.cli.options import Command, Parsed, option
from cierre.mocks.preferences import read_delay

if TYPE_CHECKING:
    import socket

    from cierre.mocks.documents import Document
    from cierre.mocks.log import Log
    from cierre.mocks.options import MockOptions

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
)


def _span(text: str) -> Span:
    found = read_delay(text)
    if found is None:
        raise ValueError(f"{text!r} is no delay: write 200ms, 1s or 200..800ms")
    return found


def _named_span(text: str) -> tuple[str, Span]:
    name, _, span = text.rpartition("=")
    if not name:
        raise ValueError(f"{text!r}: write OPERATION=200..800ms")
    return name, _span(span)


SWITCH = click.Choice(["on", "warn", "off"])
PORT = click.IntRange(0, 65535)
SHARE = click.FloatRange(0, 1)
LEVEL = click.Choice(["silent", "error", "warn", "info"])


def _short(letter: str, name: str, help_text: str, **more: Any) -> Callable[[Command], Command]:
    """An option that Prism has a letter for."""
    variable = "CIERRE_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(letter, name, envvar=variable, show_envvar=True, help=help_text, **more)


@click.command("mock", context_settings={"help_option_names": ["--help"]})
@click.argument("spec", required=False, type=click.Path(path_type=Path), envvar="CIERRE_SPEC")
@option("--dialect", "Our own contract as the audience of one dialect sees it.")
@option("--stateful", "Our own contract by the real handlers, in memory, with the demo users.", is_flag=True)
@_short("-h", "--host", "Address to listen on.", default="127.0.0.1", show_default=True)
@_short("-p", "--port", "Port to listen on; 0: any free one.", type=PORT, default=4010, show_default=True)
@_short("-d", "--dynamic", "Generate bodies instead of showing examples.", is_flag=True)
@option("--seed", "Of what is generated: the same seed, the same answers.")
@option("--errors", "500 where no valid body was found.", is_flag=True)
@option("--cors/--no-cors", "Answer pages of any origin.", default=True, show_default=True)
@option("--validate", "Refuse requests that break the document.", type=SWITCH, default="on", show_default=True)
@option("--security", "Want credentials where the document does.", type=SWITCH, default="on", show_default=True)
@option("--token", "The one credential to accept. [default: any that is well-formed]")
@option("--lenient", "Serve what can be served of a broken document.", is_flag=True)
@option("--delay", "Before each answer: 200ms, 1s, 200..800ms.", type=Parsed("delay", _span))
@option(
    "--delay-of",
    "Of one operation: OPERATION=200..800ms.",
    type=Parsed("operation=delay", _named_span),
    multiple=True,
)
@option("--error-rate", "Share of answers that are a 5xx.", type=SHARE, default=0.0)
@option("--drop-rate", "Share of connections that are dropped.", type=SHARE, default=0.0)
@option("--requests-per-minute", "Of one address, before 429.", type=click.IntRange(1))
@option("--callbacks/--no-callbacks", "Send the document's callbacks.", default=True, show_default=True)
@option("--watch/--no-watch", "Serve edits of the document's files.", default=True, show_default=True)
@option("--json-log", "One JSON object a request.", is_flag=True)
@_short("-v", "--verbose-level", "How much is told.", type=LEVEL, default="info", show_default=True)
@option("--webhook", "Send this webhook of the document to --to, and end.")
@option("--to", "Where --webhook is sent.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Answer from an OpenAPI document: SPEC, or our own contract where none is given."""
    from cierre.mocks.log import Log

    if given["spec"] is not None and (given["dialect"] or given["stateful"]):
        raise click.UsageError("--dialect and --stateful are about our own contract: leave SPEC out")
    log = Log(given["verbose_level"], as_json=given["json_log"])
    if given["stateful"]:
        _serve_stateful(ctx, given, log)
        return
    load = _loader(given["spec"], given["dialect"], lenient=given["lenient"])
    if given["webhook"]:
        _send_webhook(_read(load), given["webhook"], given["to"])
        return
    _serve(given, load, log)


def _loader(spec: Path | None, dialect: str | None, *, lenient: bool) -> Callable[[], Document]:
    """A function that reads the document, again at each call."""
    if spec is None:
        from cierre.mocks.contract import load_contract

        return lambda: load_contract(dialect)
    from cierre.mocks.loading import load

    return lambda: load(spec, lenient=lenient)


def _read(load: Callable[[], Document]) -> Document:
    """The document; every problem of a broken one on stderr, and exit code 2."""
    from cierre.mocks.documents import BrokenDocument

    try:
        return load()
    except BrokenDocument as broken:
        raise click.ClickException("\n".join(str(problem) for problem in broken.problems)) from None


def _send_webhook(document: Document, name: str, url: str | None) -> None:
    import asyncio

    from cierre.mocks.callbacks import send_webhook

    if not url:
        raise click.UsageError("--webhook needs --to URL")
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
        rate_limit=given["requests_per_minute"] or 0,
    )


def _listen(given: dict[str, Any]) -> socket.socket:
    from cierre.mocks.serving.server import listen

    try:
        return listen(given["host"], given["port"])
    except OSError as error:
        where = f"{given['host']}:{given['port']}"
        raise click.UsageError(f"can't listen on {where}: {error.strerror}; try --port 0") from None


def _serve(given: dict[str, Any], load: Callable[[], Document], log: Log) -> None:
    from cierre.mocks.app import MockApp
    from cierre.mocks.serving.reload import reload_on_edit
    from cierre.mocks.serving.server import serve

    listener = _listen(given)
    document = _read(load)
    app = MockApp(document, _options(given), log, reload_on_edit(load, log) if given["watch"] else None)
    serve(app, listener, document, log)


def _serve_stateful(ctx: click.Context, given: dict[str, Any], log: Log) -> None:
    unset = {ParameterSource.DEFAULT, ParameterSource.ENVIRONMENT}
    unsuitable = [
        f"--{name.replace('_', '-')}" for name in _NOT_STATEFUL if ctx.get_parameter_source(name) not in unset
    ]
    if unsuitable:
        raise click.UsageError(f"--stateful answers as production does: leave out {', '.join(unsuitable)}")
    from cierre.cli.stateful import StatefulMock
    from cierre.mocks.serving.server import address, run

    listener = _listen(given)
    url = address(listener)
    app = StatefulMock(url, limits=given["requests_per_minute"] is not None, any_origin=given["cors"], log=log)
    log.add_note(f"the real handlers, in memory, at {url}; POST /__mock/reset starts over")
    run(app, listener)
