"""`cierre spec collection`: a document's requests for Postman and Bruno."""

from __future__ import annotations

import json
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cierre.cli.options import allow_refs_option
from cierre.cli.unusable import Unusable
from cierre.oas.errors import BrokenDocument
from cierre.phrases import reason_of

if TYPE_CHECKING:
    from cierre.oas.document import Document


@click.command("collection")
@click.argument("spec", required=False, envvar="CIERRE_SPEC")
@allow_refs_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["postman", "bruno"]),
    default="postman",
    show_default=True,
    envvar="CIERRE_COLLECTION_FORMAT",
    help="Whose collection: one file for Postman, a folder for Bruno.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    envvar="CIERRE_OUTPUT",
    help="File to write, or Bruno's folder; it is made. [default: the terminal, for Postman]",
)
def collection_command(spec: str | None, allow_refs: tuple[str, ...], form: str, output: Path | None) -> None:
    """Write a document's requests for Postman or Bruno.

    SPEC is a file, or an address of http or https; by default it is the contract of Cierre. There is a folder for each
    tag, and a request for each operation, with values that the document calls valid. The server's URL is the variable
    baseUrl; credentials are variables without a value.
    """
    # Imported late: the other commands make no values.
    from cierre.mocks.exporting.bruno import bruno
    from cierre.mocks.exporting.collecting import collect
    from cierre.mocks.exporting.postman import postman

    if form == "bruno" and output is None:
        raise click.UsageError(_("--format bruno writes a folder: name it with -o"))
    collection = collect(_read(spec, allow_refs))
    try:
        if form == "bruno" and output is not None:
            _write_folder(output, bruno(collection))
            return
        written = json.dumps(postman(collection), ensure_ascii=False, indent=2) + "\n"
        if output is None:
            click.echo(written, nl=False)
        else:
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_text(written, encoding="utf-8")
    except OSError as mistake:
        raise Unusable(
            _("{output}: {reason}").format(output=output, reason=reason_of(mistake).translated())
        ) from mistake


def _read(spec: str | None, allow_refs: tuple[str, ...]) -> Document:
    from cierre.mocks.contract import load_contract
    from cierre.mocks.loading import load

    try:
        return load_contract() if spec is None else load(spec, allow_refs=allow_refs)
    except BrokenDocument as broken:
        raise Unusable(broken.translated()) from broken


def _write_folder(folder: Path, files: dict[str, str]) -> None:
    """Write files into a new or empty folder, so that no request of an earlier collection is left between them.

    Raises:
        OSError: that is not possible.
        Unusable: there is something in it.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise Unusable(_("{folder}: there is something in it already: give another name").format(folder=folder))
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
