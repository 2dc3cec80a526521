"""`cierre manual`: the man page, made from the commands themselves.

Our own, and small: click-man writes a page a command, forty in all, and only where it is installed. This is one page,
made by any installation.
"""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Iterator
from gettext import gettext as _
from importlib.metadata import version

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Print the man page of `cierre`, with every command and option.

    To have `man cierre` show it: cierre manual > ~/.local/share/man/man1/cierre.1
    """
    root = click.get_current_context().find_root().command
    click.echo(page(click.Context(root, info_name="cierre")), nl=False)


def page(ctx: click.Context) -> str:
    """The page of a command and of those below it, in roff's man macros.

    Its date is today's, or that of SOURCE_DATE_EPOCH.
    """
    when = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
    name = ctx.command_path
    summary, *more = _paragraphs(ctx.command.help)
    lines = [
        f'.TH {name.upper()} 1 {time.strftime("%Y-%m-%d", when)} "{name} {version("cierre")}"',
        f".SH {_heading(_('Name'))}",
        f"{_roff(name)} \\- {_roff(summary.removeprefix('Cierre: ').rstrip('.'))}",
        f".SH {_heading(_('Synopsis'))}",
        *_usage(ctx),
        *(line for text in more for line in (".PP", _roff(text))),
        f".SH {_heading(_('Options'))}",
        *_options(ctx),
        f".SH {_heading(_('Commands'))}",
        *(line for below in _below(ctx) for line in _section(below)),
    ]
    return "\n".join(lines) + "\n"


def _section(ctx: click.Context) -> Iterator[str]:
    """A command's heading, usage, words and options; then the same of those below it."""
    yield f".SS {_roff(ctx.command_path)}"
    yield from _usage(ctx)
    for text in _paragraphs(ctx.command.help):
        yield from (".PP", _roff(text))
    yield from _options(ctx)
    for below in _below(ctx):
        yield from _section(below)


def _below(ctx: click.Context) -> Iterator[click.Context]:
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            command = ctx.command.get_command(ctx, name)
            assert command is not None
            if not command.hidden:
                yield click.Context(command, parent=ctx, info_name=name)


def _usage(ctx: click.Context) -> Iterator[str]:
    pieces = ctx.command.collect_usage_pieces(ctx)
    yield f".B {_roff(ctx.command_path)}"
    yield f"{_roff(' '.join(pieces))}"


def _options(ctx: click.Context) -> Iterator[str]:
    for param in ctx.command.get_params(ctx):
        record = param.get_help_record(ctx)
        # An argument has none: its command's words tell of it.
        if record is not None:
            names, words = record
            yield from (".TP", rf"\fB{_roff(names)}\fR", _roff(words))


def _paragraphs(text: str | None) -> list[str]:
    """Each on one line; click's mark for `leave the lines as they are` is left out."""
    clean = inspect.cleandoc(text or "").replace("\b\n", "")
    return [" ".join(part.split()) for part in clean.split("\n\n") if part.strip()]


def _heading(text: str) -> str:
    return _roff(text.upper())


def _roff(text: str) -> str:
    """Text as roff reads it, in ASCII: no line is a request, and a hyphen stays one that can be copied."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    plain = "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in plain)
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
