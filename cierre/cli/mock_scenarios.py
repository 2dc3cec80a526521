"""`cierre mock SPEC --scenario FILE`: the option, and the scenarios of its files."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cierre.cli.options import Command, option
from cierre.phrases import Phrase

if TYPE_CHECKING:
    from cierre.mocks.console.scenarios.running import Scenarios
    from cierre.mocks.log import Log
    from cierre.mocks.options import MockOptions
    from cierre.mocks.state.stateful import Stateful
    from cierre.oas.document import Document


def scenario_option(command: Command) -> Command:
    """`--scenario`."""
    return option(
        "--scenario",
        "Answer flows of more than one request as this file says; may be given again.",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        multiple=True,
    )(command)


def scenarios_of(
    document: Document, options: MockOptions, given: dict[str, Any], state: Stateful | None, log: Log
) -> Scenarios | None:
    """The scenarios of a mock of the document; None where no file is given.

    Raises:
        click.ClickException: with every mistake of the files.
    """
    if not given["scenario"]:
        return None
    from cierre.mocks.console.scenarios import open_scenarios
    from cierre.oas.errors import BrokenDocument

    try:
        found = open_scenarios(given["scenario"], document, options, state)
    except BrokenDocument as broken:
        raise click.ClickException(broken.translated()) from None
    names = (f"{one.name}{'' if one.begins_on else _(' (off)')}" for one in found.known)
    log.add_note(Phrase("scenarios: {names}", names=", ".join(names)))
    return found
