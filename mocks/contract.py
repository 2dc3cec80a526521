"""Our own contract as a document to mock: published, or as the audience of one dialect sees it."""

from __future__ import annotations

from cierre import contract
from cierre.contract.loading import default_path
from mocks.documents import BrokenDocument, Document, Problem


def load_contract(dialect: str | None = None) -> Document:
    """The contract; with a dialect its view.

    Raises:
        BrokenDocument: there is no such dialect, or the contract cannot be read.
    """
    try:
        written = contract.load()
        document = contract.bundle(written) if dialect is None else contract.view(written, dialect)
    except contract.ContractError as error:
        raise BrokenDocument([Problem("openapi.yaml", "", problem) for problem in error.problems]) from None
    files = frozenset(default_path().resolve().parent.rglob("*.yaml"))
    return Document(document, files, "openapi.yaml")
