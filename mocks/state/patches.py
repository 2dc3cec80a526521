"""JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from cierre.oas.pointers import tokens

MERGE, PATCH = "application/merge-patch+json", "application/json-patch+json"
# As many as a person would write, many times over.
_MOST = 10_000


class Conflict(Exception):
    """A `test` of a JSON Patch does not hold, or there is nothing at one of its paths."""


class Unusable(Exception):
    """It is no JSON Patch."""


def merge(value: Any, patch: Any, *, keep_null: bool = False) -> Any:
    """The value with the members of a merge patch; what it was given is not changed.

    Args:
        value: of any type.
        patch: members to set; null removes one.
        keep_null: null is a value, as in `application/json`.
    """
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    changed = dict(value) if isinstance(value, Mapping) else {}
    for name, member in patch.items():
        if member is None and not keep_null:
            changed.pop(name, None)
        else:
            changed[name] = merge(changed.get(name), member, keep_null=keep_null)
    return changed


def apply(value: Any, patch: Any) -> Any:
    """The value after the operations of a JSON Patch, all of them or none.

    Raises:
        Unusable: it is no list of operations.
        Conflict: one of them cannot be carried out.
    """
    if not isinstance(patch, list) or len(patch) > _MOST:
        raise Unusable(f"a JSON Patch is a list of at most {_MOST:,} operations")
    holder = [copy.deepcopy(value)]
    for index, operation in enumerate(patch):
        if not isinstance(operation, Mapping) or not isinstance(operation.get("path"), str):
            raise Unusable(f"operation {index} has no path")
        _apply_one(holder, operation, index)
    return holder[0]


def _apply_one(holder: list[Any], operation: Mapping[str, Any], index: int) -> None:
    kind, path = operation.get("op"), operation["path"]
    if kind in {"add", "replace", "test"} and "value" not in operation:
        raise Unusable(f"operation {index}: {kind} needs a value")
    if kind in {"move", "copy"} and not isinstance(operation.get("from"), str):
        raise Unusable(f"operation {index}: {kind} needs from")
    match kind:
        case "add":
            _add(holder, path, copy.deepcopy(operation["value"]))
        case "replace":
            _get(holder, path)
            _set(holder, path, copy.deepcopy(operation["value"]))
        case "remove":
            _remove(holder, path)
        case "test":
            _test(
                _get(holder, path),
                operation["value"],
                f"operation {index}: the value at {path or 'the top'} is another",
            )
        case "move" | "copy":
            _transfer(holder, operation["from"], path, moves=kind == "move")
        case _:
            raise Unusable(f"operation {index}: there is no op {str(kind)[:40]!r}")


def _test(found: Any, wanted: Any, message: str) -> None:
    # For JSON 1 and true are two values.
    if found != wanted or isinstance(found, bool) != isinstance(wanted, bool):
        raise Conflict(message)


def _transfer(holder: list[Any], start: str, path: str, *, moves: bool) -> None:
    if moves and path.startswith(f"{start}/"):
        raise Conflict(f"{path} is inside of what is moved")
    value = _get(holder, start)
    if moves:
        _remove(holder, start)
    _add(holder, path, value if moves else copy.deepcopy(value))


def _parent(holder: list[Any], path: str) -> tuple[Any, str]:
    if path and not path.startswith("/"):
        raise Unusable(f"{path[:100]!r} is no JSON pointer")
    steps = ["0", *tokens(path)]
    node: Any = holder
    for step in steps[:-1]:
        node = _child(node, step, path)
    return node, steps[-1]


def _child(node: Any, step: str, path: str) -> Any:
    if isinstance(node, dict) and step in node:
        return node[step]
    if isinstance(node, list):
        return node[_index(step, len(node) - 1, path)]
    raise Conflict(f"there is nothing at {path}")


def _index(step: str, most: int, path: str) -> int:
    if not (step.isascii() and step.isdigit()) or (step != "0" and step[0] == "0") or len(step) > 9 or int(step) > most:
        raise Conflict(f"there is nothing at {path}")
    return int(step)


def _get(holder: list[Any], path: str) -> Any:
    node, last = _parent(holder, path)
    return _child(node, last, path)


def _set(holder: list[Any], path: str, value: Any) -> None:
    node, last = _parent(holder, path)
    if isinstance(node, dict):
        node[last] = value
    else:
        node[int(last)] = value


def _add(holder: list[Any], path: str, value: Any) -> None:
    node, last = _parent(holder, path)
    if isinstance(node, dict):
        node[last] = value
    elif node is holder:
        holder[0] = value
    elif isinstance(node, list):
        node.insert(len(node) if last == "-" else _index(last, len(node), path), value)
    else:
        raise Conflict(f"there is nothing that {path} could be in")


def _remove(holder: list[Any], path: str) -> None:
    node, last = _parent(holder, path)
    _child(node, last, path)
    if node is holder:
        holder[0] = None
    else:
        del node[last if isinstance(node, dict) else int(last)]
