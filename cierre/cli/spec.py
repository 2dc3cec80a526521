"""`cierre spec`: lint, bundle, view and compare contracts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cierre.contract import DIALECTS, ContractError, bundle, load, view
from cierre.contract.loading import default_path, path_item_files
from cierre.contract.writing import Format, text

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Lint, bundle, view and compare contracts."""


def _written(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that write a document."""
    form = click.option(
        "--format",
        "form",
        type=click.Choice(["json", "yaml"]),
        envvar="CIERRE_FORMAT",
        help="By default by the suffix of the output; YAML on the terminal.",
    )
    output = click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="CIERRE_OUTPUT",
        help="Write here instead of on the terminal.",
    )
    return output(form(function))


@command.command("lint")
@click.argument("file", type=_FILE, required=False, envvar="CIERRE_SPEC")
@click.pass_context
def lint_command(ctx: click.Context, file: Path | None) -> None:
    """Say what is wrong with FILE, by default the contract of Cierre; exit code 1 where something is.

    Any OpenAPI 3.0 or 3.1 document is held to the standard and its examples to their schemas; the contract of
    Cierre is held to the rules of its house as well.
    """
    # Imported late: `bundle` and `view` need no validators.
    from cierre.contract.linting import lint  # noqa: PLC0415

    shown = file or default_path()
    try:
        problems = [str(problem) for problem in lint(load(file), files=path_item_files(file))]
    except ContractError as mistake:
        problems = mistake.problems
    for problem in problems:
        click.echo(problem)
    click.echo(f"{shown}: {len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}", err=True)
    ctx.exit(1 if problems else 0)


@command.command("bundle")
@click.argument("file", type=_FILE, required=False, envvar="CIERRE_SPEC")
@_written
def bundle_command(file: Path | None, output: Path | None, form: Format | None) -> None:
    """Write FILE, by default the contract of Cierre, as one file without references to others."""
    _write(bundle(_load(file)), output, form)


@command.command("view")
@click.argument("dialect", type=click.Choice(DIALECTS), envvar="CIERRE_DIALECT")
@_written
def view_command(dialect: str, output: Path | None, form: Format | None) -> None:
    """Write the contract as the clients of one DIALECT see it."""
    _write(view(_load(None), dialect), output, form)


def _load(file: Path | None) -> dict[str, Any]:
    try:
        return load(file)
    except ContractError as mistake:
        raise click.ClickException("\n".join(mistake.problems)) from mistake


def _write(document: dict[str, Any], output: Path | None, form: Format | None) -> None:
    if output is None:
        click.echo(text(document, form or "yaml"), nl=False)
        return
    by_suffix: Format = "json" if output.suffix == ".json" else "yaml"
    try:
        output.write_text(text(document, form or by_suffix), encoding="utf-8")
    except OSError as mistake:
        raise click.ClickException(f"{output}: {mistake.strerror}") from mistake
