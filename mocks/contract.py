"""Our own contract as a document to mock: published, or as the audience of one dialect sees it."""

from __future__ import annotations

from cierre import oas
from cierre.mocks.documents import BrokenDocument, Document, Problem
from cierre.oas.loading import default_path


def load_contract(dialect: str | None = None) -> Document:
    """The contract; with a dialect its view.

    Raises:
        BrokenDocument: there is no such dialect, or the contract cannot be read.
    """
    try:
        written = oas.load()
        document = oas.bundle(written) if dialect is None else oas.view(written, dialect)
    except oas.ContractError as error:
        raise BrokenDocument([Problem("openapi.yaml", "", problem) for problem in error.problems]) from None
    files = frozenset(default_path().resolve().parent.rglob("*.yaml"))
    return Document(document, files, "openapi.yaml")
