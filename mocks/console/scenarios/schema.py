"""The JSON Schema of files of scenarios, for the mock and for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cierre.oas.document import Document


def schema(document: Document | None = None) -> dict[str, Any]:
    """The JSON Schema of such files.

    Args:
        document: whose operations an editor then offers; None: any operation is offered.
    """
    found: dict[str, Any] = json.loads((Path(__file__).parent / "scenario.schema.json").read_text(encoding="utf-8"))
    if document is not None:
        names = [name for one in document.operations() for name in (one.name, one.label)]
        found["$defs"]["operation"] = {"enum": list(dict.fromkeys(names))}
    return found
