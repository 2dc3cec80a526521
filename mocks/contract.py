"""Our own contract as a document to mock: published, or as the audience of one dialect sees it."""

from __future__ import annotations

from cierre import oas
from cierre.oas.document import Document


def load_contract(dialect: str | None = None) -> Document:
    """The contract; with a dialect its view.

    Raises:
        BrokenDocument: there is no such dialect, or the contract cannot be read.
    """
    written = oas.read()
    root = dict(written.root)
    return written.derive(oas.bundle(root) if dialect is None else oas.view(root, dialect))
