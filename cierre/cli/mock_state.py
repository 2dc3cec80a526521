"""`cierre mock SPEC --stateful`: the options of a mock that keeps what was made. Only that loads what it needs."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cierre.cli.options import Command, option

if TYPE_CHECKING:
    from cierre.mocks.options import MockOptions
    from cierre.mocks.state.stateful import Stateful
    from cierre.oas.document import Document

# What only a document that is not ours has a use for.
OPTIONS = ("explain", "data", "state", "state_model")
_FILE = click.Path(path_type=Path, dir_okay=False)


def state_options(command: Command) -> Command:
    """`--explain`, `--data`, `--state` and `--state-model`."""
    for one in (
        option("--explain", "With --stateful: print what SPEC is taken to keep, and end.", is_flag=True),
        option(
            "--data",
            "With --stateful: begin with these things: a folder of books.yaml, .json or .csv, or one file.",
            type=click.Path(path_type=Path, exists=True),
        ),
        option("--state", "With --stateful: keep the things in this SQLite file, between runs as well.", type=_FILE),
        option(
            "--state-model",
            "With --stateful: correct what SPEC is taken to keep by this file.",
            type=click.Path(path_type=Path, dir_okay=False, exists=True),
        ),
    ):
        command = one(command)
    return command


def check_state_options(given: dict[str, Any]) -> None:
    """Refuse options of the state where there is none to be kept.

    Raises:
        click.UsageError: with what to write instead.
    """
    used = [f"--{name.replace('_', '-')}" for name in OPTIONS if given[name]]
    if used and not given["stateful"]:
        raise click.UsageError(_("{names}: add --stateful").format(names=", ".join(used)))
    if used and given["spec"] is None:
        raise click.UsageError(
            _("{names}: our own contract has its real handlers; give a SPEC").format(names=", ".join(used))
        )


def state_of(document: Document, options: MockOptions, given: dict[str, Any]) -> Stateful:
    """The state of a mock of the document.

    Raises:
        click.ClickException: the corrections, the data or the database cannot be used.
    """
    from cierre.mocks.state.stateful import Stateful
    from cierre.oas.errors import BrokenDocument

    file = None if given["explain"] else given["state"]
    try:
        return Stateful(document, options, file=file, data=given["data"], corrections=given["state_model"])
    except BrokenDocument as broken:
        raise click.ClickException(broken.translated()) from None
    except OSError as error:
        raise click.UsageError(_("--state {error}").format(error=error)) from None


def print_explanation(state: Stateful) -> None:
    """Print what was inferred."""
    from cierre.mocks.state.explaining import explain

    for line in explain(state.things):
        click.echo(line)
