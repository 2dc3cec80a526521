"""Cierre's own document, as a run needs it."""

from __future__ import annotations

from copy import deepcopy

from cierre import oas
from cierre.contract_tests.documents import Document, operations
from cierre.contract_tests.findings import CouldNotRun

# The hosts by which the service knows a document's audience: those of the documents themselves.
HOSTS = {"envelope": "api.example.com", "respuesta": "api.ejemplo.com", "session": "localhost:3000"}
# The last segment of the paths that do not exist.
NO_SUCH_PATH = "cierre-no-such-path"


def load(dialect: str | None) -> Document:
    """Cierre's contract, or the view of one audience, with the answers of routing itself.

    Raises:
        CouldNotRun: the contract cannot be read.
    """
    try:
        loaded = oas.load()
        return _with_unrouted(oas.bundle(loaded) if dialect is None else oas.view(loaded, dialect))
    except oas.ContractError as problem:
        raise CouldNotRun(f"Cierre's own contract cannot be used: {problem}") from problem


def _with_unrouted(document: Document) -> Document:
    """The document with the refusals of routing itself written where a run looks for them.

    Each operation gets the 405 of its path, and each prefix an operation that does not exist, whose answer is 404.
    """
    document = deepcopy(document)
    refusals = document.get("x-cierre-unrouted", {})
    for operation in list(operations(document)):
        prefix = max((prefix for prefix in refusals if operation.path.startswith(prefix)), key=len)
        operation.definition["responses"].setdefault("405", _reference(prefix, "405"))
    for prefix in refusals:
        document["paths"][f"{prefix}{NO_SUCH_PATH}"] = {
            "get": {
                "operationId": f"no_such_path_under_{prefix.strip('/').replace('/', '_') or 'root'}",
                "security": [],
                "responses": {"404": _reference(prefix, "404")},
            }
        }
    return document


def _reference(prefix: str, status: str) -> Document:
    return {"$ref": f"#/x-cierre-unrouted/{prefix.replace('~', '~0').replace('/', '~1')}/{status}"}
