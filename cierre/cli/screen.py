"""How `cierre demo` shows its story: in the terminal, coloured, and as a picture."""

from __future__ import annotations

import json
import signal
import sys
import time
from gettext import gettext as _
from pathlib import Path
from typing import NoReturn

import click
from httpx import HTTPError
from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.padding import Padding
from rich.text import Text

from cierre.cli.story import Exchange, Scene, scenes
from cierre.cli.two_nodes import two_nodes

# Columns of the picture.
_WIDTH = 112
# rich's own, without the fonts that it has from another server.
_PICTURE = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def play(*, pause: float, svg: Path | None) -> None:
    """Show the story once.

    Args:
        pause: seconds between two steps.
        svg: where to write the picture; None: nowhere.

    Raises:
        click.ClickException: a node did not start, or does not answer.
        OSError: the picture can't be written.
    """
    # Whoever ends it otherwise than by Ctrl-C leaves no nodes behind either.
    for one in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, _end)
    console = Console(record=svg is not None, width=_WIDTH if svg else None, highlight=False)
    console.print(Text(_("Two nodes are started …"), style="dim"))
    try:
        with two_nodes() as nodes:
            for number, scene in enumerate(scenes(nodes), 1):
                if number > 1:
                    time.sleep(pause)
                _show(console, number, scene)
    except HTTPError as failure:
        raise click.ClickException(_("a node did not answer: {failure}").format(failure=failure)) from failure
    if svg is not None:
        svg.parent.mkdir(parents=True, exist_ok=True)
        svg.write_text(
            console.export_svg(title="cierre demo", unique_id="demo", code_format=_PICTURE), encoding="utf-8"
        )
        click.echo(svg)


def _end(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


def _show(console: Console, number: int, scene: Scene) -> None:
    console.print()
    console.print(Text(f"{number}. {scene.title}", style="bold"))
    for exchange in scene.exchanges:
        request = Text(f"{exchange.label:<9} ", style="magenta") if exchange.label else Text()
        console.print(Padding(request.append(exchange.request, style="cyan"), (0, 0, 0, 3)))
        answer = _answer(exchange)
        if answer:
            console.print(Padding(answer, (0, 0, 0, 5)))


def _answer(exchange: Exchange) -> Text:
    """Status and body; nothing where there is neither."""
    line = Text()
    if exchange.status is not None:
        line.append(f"{exchange.status} ", style="green" if exchange.status < 400 else "red")
    if exchange.body:
        # With spaces, where a line may end.
        line.append(JSONHighlighter()(Text(json.dumps(json.loads(exchange.body), ensure_ascii=False))))
    return line
