"""`cierre spec`: lint, bundle, view and compare contracts."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from cierre.oas import DIALECTS, ContractError, bundle, load, view
from cierre.oas.changes import LEVELS
from cierre.oas.loading import default_path, path_item_files, read_from_disk
from cierre.oas.writing import Format, text

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Unusable(click.ClickException):
    """It cannot be done with what was given."""

    exit_code = 2


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
    Cierre is held to rules of its own as well.
    """
    # Imported late: `bundle` and `view` need no validators.
    from cierre import contract_rules
    from cierre.oas.linting import lint

    shown = file or default_path()
    try:
        rules = partial(contract_rules.findings, files=path_item_files(file))
        problems = [str(problem) for problem in lint(load(file), rules=rules)]
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


@command.command("diff")
@click.argument("old", envvar="CIERRE_OLD")
@click.argument("new", required=False, envvar="CIERRE_NEW")
@click.pass_context
def diff_command(ctx: click.Context, old: str, new: str | None) -> None:
    """Say what changed from OLD to NEW, operation by operation; exit code 1 where something breaks clients.

    Each is a file, or a git commit: `v1.0.0`, or `v1.0.0:path/in/the/repository.yaml`; without a path it is
    `openapi/openapi.yaml`. NEW is by default the contract of Cierre.

    Breaking: a client that was right is wrong now. Risky: one that relied on more than it should may be.
    """
    # Imported late: the other commands do not compare.
    from cierre.oas.differences import diff

    changes = diff(_load_named(old), _load_named(new) if new else _load(None))
    for operation, group in groupby(changes, key=lambda change: change.operation):
        click.echo(operation or "the document")
        for change in group:
            click.echo(f"  {change.level:<9} {change.message}")
    count = Counter(change.level for change in changes)
    click.echo(", ".join(f"{count[level]} {level}" for level in LEVELS), err=True)
    ctx.exit(1 if count["breaking"] else 0)


def _load_named(name: str) -> dict[str, Any]:
    """A document by the name of its file, or as a git commit has it."""
    if Path(name).is_file():
        return _load(Path(name))
    revision, _, path = name.partition(":")
    top = _git("rev-parse", "--show-toplevel", mistake=f"{name}: no such file, and this is no git repository")
    mistake = f"{name}: neither a file nor a commit of this repository"
    commit = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}", mistake=mistake).strip()
    root = Path(top.strip())

    def read(file: Path) -> str:
        shown = subprocess.run(  # noqa: S603 - the arguments are a commit's hash and a path in it
            ["git", "-C", str(root), "show", f"{commit}:{file.relative_to(root).as_posix()}"],  # noqa: S607
            capture_output=True,
            check=False,
        )
        if shown.returncode:
            raise FileNotFoundError(2, f"is not in {revision}")
        return shown.stdout.decode()

    return _load(root / (path or "openapi/openapi.yaml"), read=read)


def _git(*arguments: str, mistake: str) -> str:
    try:
        result = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError as missing:
        raise _Unusable("git is not installed") from missing
    if result.returncode:
        raise _Unusable(mistake)
    return result.stdout


def _load(file: Path | None, *, read: Callable[[Path], str] = read_from_disk) -> dict[str, Any]:
    try:
        return load(file, read=read)
    except ContractError as mistake:
        raise _Unusable("\n".join(mistake.problems)) from mistake


def _write(document: dict[str, Any], output: Path | None, form: Format | None) -> None:
    if output is None:
        click.echo(text(document, form or "yaml"), nl=False)
        return
    by_suffix: Format = "json" if output.suffix == ".json" else "yaml"
    try:
        output.write_text(text(document, form or by_suffix), encoding="utf-8")
    except OSError as mistake:
        raise _Unusable(f"{output}: {mistake.strerror}") from mistake
