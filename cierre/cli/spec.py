"""`cierre spec`: lint, bundle, view, change and compare contracts."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from functools import partial
from gettext import gettext as _
from gettext import ngettext
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cierre.cli.options import allow_refs_option
from cierre.cli.spec_collection import collection_command
from cierre.cli.unusable import Unusable
from cierre.oas import DIALECTS, BrokenDocument, bundle, load, read, view
from cierre.oas.changes import LEVELS
from cierre.oas.collecting import uncollected
from cierre.oas.limits import DocumentLimits
from cierre.oas.loading import default_path
from cierre.oas.locations import FileLocation, Location, Unreadable, sized
from cierre.oas.translating import LANGUAGES, Language, contract_texts
from cierre.phrases import Phrase, reason_of

if TYPE_CHECKING:
    from cierre.oas.writing import Format

Source = str | Location | None
# What a change is to clients.
_LEVELS = {"breaking": Phrase("breaking"), "risky": Phrase("risky"), "harmless": Phrase("harmless")}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def command(ctx: click.Context) -> None:
    """Lint, bundle, view and compare contracts."""
    ctx.with_resource(uncollected())


command.add_command(collection_command)


def _written(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that write a document."""
    form = click.option(
        "--format",
        "form",
        type=click.Choice(["json", "yaml"]),
        envvar="CIERRE_FORMAT",
        help="Form of the document. [default: by the suffix of the output; YAML on the terminal]",
    )
    output = click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="CIERRE_OUTPUT",
        help="File to write; its folder is made. [default: the terminal]",
    )
    return output(form(function))


_language = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    envvar="CIERRE_LANGUAGE",
    help="Of the contract's summaries and descriptions.",
)


@command.command("lint")
@click.argument("spec", required=False, envvar="CIERRE_SPEC")
@allow_refs_option
@click.pass_context
def lint_command(ctx: click.Context, spec: str | None, allow_refs: tuple[str, ...]) -> None:
    """Say what is wrong with a document.

    SPEC is a file, or an address of http or https; by default it is the contract of Cierre. Exit code 1: something is
    wrong.

    Any OpenAPI 3.0, 3.1 or 3.2 document, and any of Swagger 2.0, is held to the standard and
    its examples to their schemas; the contract of Cierre is held to rules of its own as well. Each problem has its
    file, line and column.
    """
    # Imported late: `bundle` and `view` need no validators.
    from cierre import contract_rules
    from cierre.oas.linting import lint

    try:
        document = read(spec, allow_refs=allow_refs, lenient=True)
        problems = lint(document, rules=partial(contract_rules.findings, files=document.path_item_files()))
        version = "Swagger 2.0, " if document.swagger else ""
    except BrokenDocument as broken:
        problems, version = broken.problems, ""
    for problem in problems:
        click.echo(problem.as_phrase().translated())
    shown = spec or default_path()
    count = ngettext("{count} problem", "{count} problems", len(problems)) if problems else _("no problems")
    click.echo(f"{shown}: {version}{count.format(count=len(problems))}", err=True)
    ctx.exit(1 if problems else 0)


@command.command("bundle")
@click.argument("spec", required=False, envvar="CIERRE_SPEC")
@allow_refs_option
@_written
def bundle_command(spec: str | None, allow_refs: tuple[str, ...], output: Path | None, form: Format | None) -> None:
    """Write a document as one file.

    SPEC is a file, or an address of http or https; by default it is the contract of Cierre. What is written has no
    references to other files. Swagger 2.0 is written as OpenAPI 3.0.
    """
    _write(bundle(_load(spec, allow_refs)), output, form)


@command.command("apply")
@click.argument("spec", envvar="CIERRE_SPEC")
@click.argument("overlays", metavar="OVERLAY...", nargs=-1, required=True, type=click.Path(path_type=Path))
@allow_refs_option
@_written
def apply_command(
    spec: str, overlays: tuple[Path, ...], allow_refs: tuple[str, ...], output: Path | None, form: Format | None
) -> None:
    """Write a document as one file, changed by overlays.

    SPEC is a file, or an address of http or https. OVERLAY is a file of OpenAPI Overlay 1.0; of several each works upon
    what the one before left. A target that selects nothing is told, and is no mistake.
    """
    # Imported late: the other commands need no JSONPath.
    from cierre.oas.overlays import apply, read_overlay

    try:
        actions = [action for file in overlays for action in read_overlay(file)]
    except BrokenDocument as broken:
        raise Unusable(broken.translated()) from broken
    changed, idle = apply(bundle(_load(spec, allow_refs)), actions)
    for problem in idle:
        click.echo(problem.as_phrase().translated(), err=True)
    _write(changed, output, form)


@command.command("view")
@click.argument("dialect", type=click.Choice(DIALECTS), envvar="CIERRE_DIALECT")
@_language
@_written
def view_command(dialect: str, language: Language, output: Path | None, form: Format | None) -> None:
    """Write the contract as one dialect's clients see it."""
    _write(view(_load(None, ()), dialect, contract_texts(language)), output, form)


@command.command("diff")
@click.argument("old", envvar="CIERRE_OLD")
@click.argument("new", required=False, envvar="CIERRE_NEW")
@allow_refs_option
@click.pass_context
def diff_command(ctx: click.Context, old: str, new: str | None, allow_refs: tuple[str, ...]) -> None:
    """Say what changed from OLD to NEW.

    Exit code 1: something breaks clients.

    Each is a file, an address of http or https, or a git commit: `v1.0.0`, or
    `v1.0.0:path/in/the/repository.yaml`; without a path it is
    `openapi/openapi.yaml`. NEW is by default the contract of Cierre.

    Breaking: a client that was right is wrong now. Risky: one that relied on more than it should may be.
    """
    # Imported late: the other commands do not compare.
    from cierre.oas.differences import diff

    before = _load_named(old, allow_refs)
    changes = diff(before, _load_named(new, allow_refs) if new else _load(None, ()))
    width = max(len(level.translated()) for level in _LEVELS.values()) + 1
    for operation, group in groupby(changes, key=lambda change: change.operation):
        click.echo(operation or _("the document"))
        for change in group:
            click.echo(f"  {_LEVELS[change.level].translated():<{width}} {change.message.translated()}")
    count = Counter(change.level for change in changes)
    counted = _("{breaking} breaking, {risky} risky, {harmless} harmless")
    click.echo(counted.format_map({level: count[level] for level in LEVELS}), err=True)
    ctx.exit(1 if count["breaking"] else 0)


def _load_named(name: str, allow_refs: tuple[str, ...]) -> dict[str, Any]:
    """A document by its file or address, or as a git commit has it."""
    if "://" in name or Path(name).is_file():
        return _load(name, allow_refs)
    revision, _colon, path = name.partition(":")
    top = _git(
        "rev-parse",
        "--show-toplevel",
        mistake=_("{name}: no such file, and this is no git repository").format(name=name),
    )
    mistake = _("{name}: neither a file nor a commit of this repository").format(name=name)
    commit = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}", mistake=mistake).strip()
    return _load(GitLocation(Path(top.strip()), commit, revision, path or "openapi/openapi.yaml"), allow_refs)


class GitLocation(FileLocation):
    """A file as a git commit has it.

    Args:
        top: of the repository.
        commit: its hash.
        revision: the same, as the user wrote it.
        path: of the file, relative to the top.
    """

    def __init__(self, top: Path, commit: str, revision: str, path: str) -> None:
        super().__init__(top / path, f"{revision}:{path}")
        self._top, self._commit, self._revision = top.resolve(), commit, revision

    def read(self, limits: DocumentLimits) -> bytes:
        shown = subprocess.run(  # noqa: S603 - the arguments are a commit's hash and a path in it
            ["git", "-C", str(self._top), "show", f"{self._commit}:{self.path.relative_to(self._top).as_posix()}"],  # noqa: S607
            capture_output=True,
            check=False,
        )
        if shown.returncode:
            raise Unreadable(Phrase("is not in {revision}", revision=self._revision))
        return sized(shown.stdout, limits)

    def join(self, reference: str) -> Location:
        other = super().join(reference)
        if not isinstance(other, FileLocation) or not other.path.is_relative_to(self._top):
            return other
        return GitLocation(self._top, self._commit, self._revision, other.path.relative_to(self._top).as_posix())


def _git(*arguments: str, mistake: str) -> str:
    try:
        result = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError as missing:
        raise Unusable(_("git is not installed")) from missing
    if result.returncode:
        raise Unusable(mistake)
    return result.stdout


def _load(source: Source, allow_refs: tuple[str, ...]) -> dict[str, Any]:
    try:
        return load(source, allow_refs=allow_refs)
    except BrokenDocument as broken:
        raise Unusable(broken.translated()) from broken


def _write(document: dict[str, Any], output: Path | None, form: Format | None) -> None:
    # Imported late: who writes no document needs no YAML.
    from cierre.oas.writing import text

    if output is None:
        click.echo(text(document, form or "yaml"), nl=False)
        return
    by_suffix: Format = "json" if output.suffix == ".json" else "yaml"
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text(document, form or by_suffix), encoding="utf-8")
    except OSError as mistake:
        raise Unusable(
            _("{output}: {reason}").format(output=output, reason=reason_of(mistake).translated())
        ) from mistake
