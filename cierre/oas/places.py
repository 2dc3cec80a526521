"""Where something is written: the file and the line of a member of the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from cierre.oas.loading import default_path, path_item_files


def shown(file: Path) -> str:
    """The file as a user reads it, and as a terminal opens it: relative to where the user is, if it is below."""
    resolved = file.resolve()
    here = Path.cwd().resolve()
    return str(resolved.relative_to(here) if resolved.is_relative_to(here) else resolved)


def place(path: str, *steps: str | int) -> str:
    """`openapi/auth/logout.yaml:2`: where a member of a path item of the contract is written.

    Args:
        path: of the path item, as the contract writes it.
        steps: from the path item to the member, keys and indices; as far as they lead.
    """
    root = default_path()
    item = path_item_files().get(path)
    file = root if item is None else root.parent / item
    node: Any = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    line = node.start_mark.line
    for step in steps if item is not None else ("paths", path, *steps):
        found = _member(node, step)
        if found is None:
            break
        line, node = found
    return f"{shown(file)}:{line + 1}"


def _member(node: Any, step: str | int) -> tuple[int, Any] | None:
    """The line where a member of the node begins, and the member itself."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark.line, value) for key, value in node.value if key.value == step), None)
    return None
