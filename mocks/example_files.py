"""Files with examples that a mock answers with beside those of its document: overlays, and HTTP Archives (HAR)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cierre.mocks.har import recorded
from cierre.mocks.problems import find_problems
from cierre.oas.document import Document
from cierre.oas.errors import BrokenDocument, Problem
from cierre.oas.overlays import apply, read_overlay

RULE = "examples"


def with_examples(document: Document, files: Sequence[Path]) -> Document:
    """The document with the examples of the files.

    Args:
        document: it is not changed.
        files: of OpenAPI Overlay 1.0, whose actions are all carried out, or `.har`.

    Returns:
        Another document; its `problems` also have what of the files did nothing.

    Raises:
        BrokenDocument: a file cannot be used, or leaves a document that cannot be served.
        ExtraNotInstalled: the JSONPath library is missing.
    """
    problems: list[Problem] = []
    changed = document
    for file in files:
        actions = recorded(changed, file) if file.suffix.lower() == ".har" else read_overlay(file)
        root, idle = apply(changed.root, actions)
        problems += idle
        changed = changed.derive(root)
    if not files:
        return document
    before = {str(one) for one in document.problems}
    broken = [one for one in find_problems(changed) if str(one) not in before]
    if broken:
        raise BrokenDocument(broken)
    changed.problems = [*document.problems, *problems]
    return changed
