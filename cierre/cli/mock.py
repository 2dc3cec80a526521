"""`cierre mock`: answer from an OpenAPI document, without a backend. Options are named as Prism names them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mocks.documents import Document
    from mocks.log import Log
    from mocks.options import Options

_SWITCH = click.Choice(["on", "warn", "off"])


def _delay(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[float, float] | None:
    from mocks.preferences import read_delay

    if value is None:
        return None
    span = read_delay(value)
    if span is None:
        raise click.BadParameter(f"{value!r}: write 200ms, 1s or 200..800ms")
    return span


def _delays(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    found = {}
    for value in values:
        name, _, span = value.rpartition("=")
        if not name:
            raise click.BadParameter(f"{value!r}: write OPERATION=200..800ms")
        read = _delay(ctx, param, span)
        assert read is not None
        found[name] = read
    return found


@click.command("mock", context_settings={"help_option_names": ["-h"]})
@click.argument("spec", required=False, type=click.Path(path_type=Path), envvar="CIERRE_SPEC")
@click.option("--dialect", envvar="CIERRE_DIALECT", help="Our own contract as the audience of one dialect sees it.")
@click.option(
    "--stateful", is_flag=True, envvar="CIERRE_STATEFUL", help="Our own contract with the real handlers, in memory."
)
@click.option(
    "-h", "--host", default="127.0.0.1", show_default=True, envvar="CIERRE_HOST", help="Address to listen on."
)
@click.option("-p", "--port", default=4010, show_default=True, envvar="CIERRE_PORT", help="Port; 0 takes a free one.")
@click.option(
    "-d", "--dynamic", is_flag=True, envvar="CIERRE_DYNAMIC", help="Generate bodies instead of showing examples."
)
@click.option("--seed", envvar="CIERRE_SEED", help="Of the generation: the same seed, the same answers.")
@click.option("--errors", is_flag=True, envvar="CIERRE_ERRORS", help="500 where no valid body is found.")
@click.option(
    "--cors/--no-cors", default=True, show_default=True, envvar="CIERRE_CORS", help="Answer browsers of any origin."
)
@click.option(
    "--validate",
    type=_SWITCH,
    default="on",
    show_default=True,
    envvar="CIERRE_VALIDATE",
    help="Refuse requests that break the document.",
)
@click.option(
    "--security",
    type=_SWITCH,
    default="on",
    show_default=True,
    envvar="CIERRE_SECURITY",
    help="Want credentials where the document does.",
)
@click.option("--token", envvar="CIERRE_TOKEN", help="The one credential to accept; any well-formed one otherwise.")
@click.option("--lenient", is_flag=True, envvar="CIERRE_LENIENT", help="Serve what can be served of a broken document.")
@click.option("--delay", callback=_delay, envvar="CIERRE_DELAY", help="Before each answer: 200ms, 200..800ms.")
@click.option(
    "--delay-of",
    "delays",
    multiple=True,
    callback=_delays,
    envvar="CIERRE_DELAY_OF",
    help="Of one operation: OPERATION=200..800ms.",
)
@click.option(
    "--error-rate",
    type=click.FloatRange(0, 1),
    default=0.0,
    envvar="CIERRE_ERROR_RATE",
    help="Share of answers that are a 5xx.",
)
@click.option(
    "--drop-rate",
    type=click.FloatRange(0, 1),
    default=0.0,
    envvar="CIERRE_DROP_RATE",
    help="Share of connections that are dropped.",
)
@click.option(
    "--rate-limit",
    type=click.IntRange(0),
    default=0,
    envvar="CIERRE_RATE_LIMIT",
    help="Requests a minute and address before 429.",
)
@click.option(
    "--callbacks/--no-callbacks",
    default=True,
    show_default=True,
    envvar="CIERRE_CALLBACKS",
    help="Send the document's callbacks.",
)
@click.option(
    "--reload/--no-reload",
    default=True,
    show_default=True,
    envvar="CIERRE_RELOAD",
    help="Serve edits of the document's files.",
)
@click.option("--json-log", is_flag=True, envvar="CIERRE_JSON_LOG", help="One JSON object a request.")
@click.option(
    "-v",
    "--verbose-level",
    "level",
    type=click.Choice(["silent", "error", "warn", "info"]),
    default="info",
    show_default=True,
    envvar="CIERRE_VERBOSE_LEVEL",
    help="How much is told.",
)
@click.option("--webhook", envvar="CIERRE_WEBHOOK", help="Send this webhook of the document to --to, and end.")
@click.option("--to", envvar="CIERRE_TO", help="Where --webhook is sent.")
@click.help_option("--help")
def command(**given: Any) -> None:
    """Answer from an OpenAPI document: SPEC, or our own contract where none is given."""
    from mocks.log import Log

    if given["spec"] is not None and (given["dialect"] or given["stateful"]):
        raise click.UsageError("--dialect and --stateful are about our own contract: leave SPEC out")
    log = Log(given["level"], as_json=given["json_log"])
    load = _loader(given["spec"], given["dialect"], lenient=given["lenient"])
    if given["webhook"]:
        _send_webhook(_read(load), given["webhook"], given["to"])
        return
    _serve(given, load, log)


def _loader(spec: Path | None, dialect: str | None, *, lenient: bool) -> Callable[[], Document]:
    """Reads the document, anew each time."""
    if spec is None:
        from mocks.contract import load_contract

        return lambda: load_contract(dialect)
    from mocks.documents import load

    return lambda: load(spec, lenient=lenient)


def _read(load: Callable[[], Document]) -> Document:
    """The document; every problem of a broken one on stderr, and exit code 2."""
    from mocks.documents import BrokenDocument

    try:
        return load()
    except BrokenDocument as broken:
        raise click.ClickException("\n".join(str(problem) for problem in broken.problems)) from None


def _send_webhook(document: Document, name: str, url: str | None) -> None:
    import asyncio

    from mocks.callbacks import send_webhook

    if not url:
        raise click.UsageError("--webhook needs --to URL")
    try:
        status = asyncio.run(send_webhook(document, name, url))
    except (LookupError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{name}: answered with {status}")


def _options(given: dict[str, Any]) -> Options:
    from mocks.options import Options

    names = set(Options._fields) & set(given)
    return Options(**{name: given[name] for name in names})


def _serve(given: dict[str, Any], load: Callable[[], Document], log: Log) -> None:
    from mocks.app import MockApp
    from mocks.reload import keep_fresh
    from mocks.serving import listen, serve

    document = _read(load)
    app = MockApp(document, _options(given), log, keep_fresh(load, log) if given["reload"] else None)
    try:
        socket = listen(given["host"], given["port"])
    except OSError as error:
        raise click.ClickException(f"cannot listen on {given['host']}:{given['port']}: {error.strerror}") from None
    serve(app, socket, document, log)
