"""The contract as data: loaded from its files, bundled, seen as one audience sees it, checked and compared."""

from __future__ import annotations

from cierre.contract.bundling import bundle
from cierre.contract.errors import ContractError
from cierre.contract.loading import load
from cierre.contract.views import DIALECTS, view

__all__ = ["DIALECTS", "ContractError", "bundle", "load", "view"]
