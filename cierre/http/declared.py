"""What the contract declares of one operation, as the middlewares read it at start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connexion.operations import AbstractOperation

from cierre.oas import ContractError
from cierre.principal import AccessRule, access_of


def plain_id(operation: AbstractOperation) -> str:
    """`logout`, which Connexion calls `cierre.handlers.auth.logout`."""
    name: str = operation.operation_id
    return name.rpartition(".")[2]


def declared_access(document: Mapping[str, Any], operation: AbstractOperation) -> AccessRule:
    """Who may call the operation.

    Args:
        document: the contract, with its paths.

    Raises:
        ContractError: the path item does not say it, or contradicts itself.
    """
    try:
        return access_of(document["paths"][operation.path][operation.method])
    except ValueError as mistake:
        raise ContractError([f"{plain_id(operation)}: {mistake}"]) from mistake
