"""A documented refusal with the violations of this request in the place of those that its example shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cierre.oas.validation import Violation

# Members that hold violations by the name of what they are about: `{"errors": {"deviceId": ["…"]}}`.
_BY_NAME = frozenset({"errors", "violations", "fields"})
_DEPTH = 4


def place_violations(value: Any, violations: Sequence[Violation], depth: int = 0) -> Any:
    """The body with the true violations; the same object where it has no place for them.

    Args:
        value: of the example.
        violations: of the request.
    """
    if not isinstance(value, Mapping) or depth > _DEPTH:
        return value
    changed = {name: _member(str(name), inner, violations, depth) for name, inner in value.items()}
    return changed if any(changed[name] is not inner for name, inner in value.items()) else value


def _member(name: str, value: Any, violations: Sequence[Violation], depth: int) -> Any:
    if _is_list_of_violations(value):
        keys = value[0].keys()
        return [{key: item for key, item in one._asdict().items() if key in keys} for one in violations]
    if name in _BY_NAME and _is_by_name(value):
        found: dict[str, list[str]] = {}
        for one in violations:
            found.setdefault(one.pointer.removeprefix("/") or one.location, []).append(one.message)
        return found
    return place_violations(value, violations, depth + 1)


def _is_list_of_violations(value: Any) -> bool:
    known = set(Violation._fields)
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and {"message", "pointer"} <= item.keys() <= known for item in value)
    )


def _is_by_name(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(texts, list) and all(isinstance(text, str) for text in texts) for texts in value.values())
    )
