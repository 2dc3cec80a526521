"""What the contract declares of one operation, as the middlewares read it at start."""

from __future__ import annotations

from typing import Any

from connexion.operations import AbstractOperation

from cierre.oas.errors import BrokenDocument, Problem
from cierre.oas.structure import body_members
from cierre.phrases import Phrase
from cierre.principal import AccessRule, access_of


def plain_id(operation: AbstractOperation) -> str:
    """`logout`, which Connexion calls `cierre.handlers.auth.logout`."""
    name: str = operation.operation_id
    return name.rpartition(".")[2]


def declared_access(document: dict[str, Any], operation: AbstractOperation) -> AccessRule:
    """Who may call the operation.

    Args:
        document: the contract, with its paths.

    Raises:
        BrokenDocument: the path item does not say it, or contradicts itself.
    """
    try:
        node = document["paths"][operation.path][operation.method]
        return access_of(node, body_members(document, node))
    except ValueError as mistake:
        raise BrokenDocument([Problem(plain_id(operation), Phrase.of(mistake.args[0]))]) from mistake
