"""Reading a document to be mocked: what a mock could not serve is told before it starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from cierre.mocks.problems import find_problems
from cierre.oas.document import Document
from cierre.oas.errors import MEDIA_TYPE, REFERENCE, BrokenDocument
from cierre.oas.limits import DEFAULT, DocumentLimits
from cierre.oas.loading import read

# What breaks these rules is told, and the rest is served.
_HARMLESS = frozenset({REFERENCE, MEDIA_TYPE})


def load(
    source: str | Path | Mapping[str, Any],
    *,
    lenient: bool = False,
    allow_refs: Collection[str] = (),
    limits: DocumentLimits = DEFAULT,
) -> Document:
    """Read a document and every file that it refers to.

    Args:
        source: a file, an address of http or https, or a document that is loaded already.
        lenient: serve what can be served of a broken document.
        allow_refs: folders, and beginnings of addresses, that it may refer to beside its own folder.
        limits: of its files.

    Returns:
        The document. `problems` has the references that lead nowhere, and what stands in the place of a media type: the
        rest is served.

    Raises:
        BrokenDocument: with every problem, each with file, line and column.
    """
    document = read(source, allow_refs=allow_refs, lenient=True, limits=limits)
    problems = [*document.problems, *find_problems(document)]
    is_usable = isinstance(document.root.get("paths", {}), Mapping)
    if any(problem.rule not in _HARMLESS for problem in problems) and not (lenient and is_usable):
        raise BrokenDocument(problems)
    document.problems = problems
    return document
