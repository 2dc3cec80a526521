"""Scenarios: answers for flows of more than one request, from a file, by what a request has and what came before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cierre.extras import named_when_missing
from cierre.mocks.options import MockOptions
from cierre.oas.document import Document

if TYPE_CHECKING:
    from cierre.mocks.console.scenarios.running import Scenarios
    from cierre.mocks.state.stateful import Stateful


def open_scenarios(
    files: Sequence[str | Path], document: Document, options: MockOptions, state: Stateful | None
) -> Scenarios:
    """The scenarios of a mock.

    Args:
        files: that they are in.
        document: that the mock answers from.
        options: of the mock.
        state: what it keeps, for templates; None: nothing.

    Raises:
        BrokenDocument: a file has mistakes, or does not fit the document.
        ExtraNotInstalled: Jinja2 or the JSONPath library is missing.
    """
    with named_when_missing("scenarios"):
        from cierre.mocks.console.scenarios.running import Scenarios  # noqa: PLC0415 - most mocks have none
    kept = state.things.everything if state is not None else dict
    return Scenarios([Path(file) for file in files], document, options, kept)
