"""OpenAPI documents: read from files and addresses, bundled, seen as one audience sees them, checked and compared."""

from __future__ import annotations

from cierre.oas.bundling import bundle
from cierre.oas.errors import BrokenDocument
from cierre.oas.loading import load, read
from cierre.oas.views import DIALECTS, view

__all__ = ["DIALECTS", "BrokenDocument", "bundle", "load", "read", "view"]
