"""One document for others to read, and one for the service."""

from __future__ import annotations

import re
from typing import Any

# Names of Python functions and modules: they mean something to Connexion alone.
_PYTHON_NAMES = re.compile(r"^x-(?:openapi-router-controller|swagger-router-controller|[A-Za-z]+Func)$")


def bundle(document: dict[str, Any], *, published: bool = True) -> dict[str, Any]:
    """A copy of a loaded document, safe to change.

    Args:
        document: as `load` gives it.
        published: without the Python names; the service wants them and says False.
    """
    copy: dict[str, Any] = _copy(document, published=published)
    return copy


def _copy(node: Any, *, published: bool) -> Any:
    if isinstance(node, dict):
        return {
            key: _copy(value, published=published)
            for key, value in node.items()
            if not (published and _PYTHON_NAMES.match(key))
        }
    if isinstance(node, list):
        return [_copy(value, published=published) for value in node]
    return node
