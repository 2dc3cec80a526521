"""The contract as data: loaded from its files, bundled, seen as one audience sees it, checked and compared."""

from __future__ import annotations

from cierre.oas.bundling import bundle
from cierre.oas.errors import ContractError
from cierre.oas.loading import load
from cierre.oas.views import DIALECTS, view

__all__ = ["DIALECTS", "ContractError", "bundle", "load", "view"]
