"""The options of `cierre mock`, and what they say of its answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cierre.cli import mock_documents, mock_https, options
from cierre.cli.mock_scenarios import scenario_option
from cierre.cli.mock_state import state_options
from cierre.cli.options import Command, Parsed, allow_refs_option, option
from cierre.mocks.generation.budget import DEFAULT_LIMITS
from cierre.mocks.options import read_size
from cierre.settings import duration

if TYPE_CHECKING:
    from cierre.mocks.options import MockOptions

# Seconds, from and to.
Span = tuple[float, float]

_NUMBER = r"(\d+(?:\.\d+)?)([a-z]*)"
_SPAN = re.compile(rf"^{_NUMBER}(?:(?:\.\.|-){_NUMBER})?$")


def read_span(text: str) -> Span:
    """`200ms`, `1s`, `5m`, `200..800ms`; a number without a unit is milliseconds, as in `Prefer: delay=250`."""
    match = _SPAN.match(text.strip())
    if match is None:
        raise ValueError(_("{text!r} is no delay: write 200ms, 1s, 5m or 200..800ms").format(text=text))
    low, low_unit, high, high_unit = match.groups()
    unit = high_unit or low_unit or "ms"
    first = duration(f"{low}{low_unit or unit}", zero=True) / 1000
    last = duration(f"{high}{unit}", zero=True) / 1000 if high else first
    return first, max(first, last)


def read_named_span(text: str) -> tuple[str, Span]:
    """The delay of one operation: its operationId, or method and path, and the span."""
    name, _equals, written = text.rpartition("=")
    if not name:
        raise ValueError(_("{text!r}: write OPERATION=200..800ms").format(text=text))
    return name, read_span(written)


SWITCH = click.Choice(["on", "warn", "off"])
PORT = click.IntRange(0, 65535)
SHARE = click.FloatRange(0, 1)
LEVEL = click.Choice(["silent", "error", "warn", "info"])


def _short(letter: str, name: str, help_text: str, **more: Any) -> Callable[[Command], Command]:
    """An option that Prism has a letter for."""
    variable = "CIERRE_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(letter, name, envvar=variable, show_envvar=True, help=help_text, **more)


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    allow_refs_option,
    option("--dialect", "Serve Cierre's own contract as the clients of one dialect see it."),
    option("--stateful", "Keep what is made, changed and deleted; without SPEC: by the real handlers.", is_flag=True),
    state_options,
    scenario_option,
    option(
        "--examples",
        "Answer with the examples of this overlay or HAR, too; may be given again.",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        multiple=True,
    ),
    _short("-h", "--host", "Address to listen on.", default="127.0.0.1", show_default=True),
    _short("-p", "--port", "Port to listen on; 0: any free one.", type=PORT, default=4010, show_default=True),
    _short("-d", "--dynamic", "Generate bodies instead of showing examples.", is_flag=True),
    option("--seed", "Seed of what is generated: the same seed, the same answers."),
    option("--errors", "Answer 500 where no valid body was found.", is_flag=True),
    option("--cors/--no-cors", "Answer pages of any origin.", default=True, show_default=True),
    option("--validate", "Refuse requests that break the document.", type=SWITCH, default="on", show_default=True),
    option("--security", "Want credentials where the document does.", type=SWITCH, default="on", show_default=True),
    option("--token", "The one credential to accept. [default: any that is well-formed]"),
    option("--lenient", "Serve what can be served of a broken document.", is_flag=True),
    option("--delay", "Time before each answer: 200ms, 1s, 200..800ms.", type=Parsed("delay", read_span)),
    option(
        "--delay-of",
        "Time before each answer of one operation: OPERATION=200..800ms.",
        type=Parsed("operation=delay", read_named_span),
        multiple=True,
    ),
    option("--error-rate", "Share of answers that are a 5xx.", type=SHARE, default=0.0),
    option("--drop-rate", "Share of connections that are dropped.", type=SHARE, default=0.0),
    option(
        "--requests-per-minute",
        "Requests of one address in a minute; more are answered with 429.",
        type=click.IntRange(1),
    ),
    *mock_documents.OPTIONS,
    *mock_https.OPTIONS,
    options.max_connections,
    option("--callbacks/--no-callbacks", "Send the document's callbacks.", default=True, show_default=True),
    option("--cache", "Send the document's Cache-Control; otherwise no answer is stored.", is_flag=True),
    option("--allow-callback-host", "Callbacks and webhooks may go to this HOST[:PORT], too.", multiple=True),
    option("--allowed-host", "The mock's own routes answer under this name, too.", multiple=True),
    option(
        "--max-body",
        "Of a request before 413, in bytes, or as 500kB, 10MB.",
        type=Parsed("size", read_size),
        default="10MB",
        show_default=True,
    ),
    option(
        "--max-answer-size",
        "Of all texts in a generated answer, in bytes, or as 500kB, 1MB.",
        type=Parsed("size", read_size),
        default="1MB",
        show_default=True,
    ),
    option(
        "--max-answer-nodes",
        "Objects, arrays and values in a generated answer.",
        type=click.IntRange(1),
        default=DEFAULT_LIMITS.nodes,
        show_default=True,
    ),
    option(
        "--max-answer-depth",
        "Levels of nesting in a generated answer.",
        type=click.IntRange(1, 100),
        default=DEFAULT_LIMITS.depth,
        show_default=True,
    ),
    option(
        "--fill-properties/--no-fill-properties",
        "Show a member of objects whose names are free.",
        default=True,
        show_default=True,
    ),
    option("--json-log", "Log one JSON object for each request.", is_flag=True),
    _short("-v", "--verbose-level", "How much is told.", type=LEVEL, default="info", show_default=True),
    option("--webhook", "Send this webhook of the document to --to, and end."),
    option("--to", "Where --webhook is sent; without --webhook: a URL whose host webhooks may go to."),
)


def mock_options(command: Command) -> Command:
    """All of them, in the order of `--help`."""
    for one in reversed(_OPTIONS):
        command = one(command)
    return command


def options_of(given: dict[str, Any]) -> MockOptions:
    """How to answer.

    Raises:
        click.UsageError: `--to` is no URL.
    """
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
