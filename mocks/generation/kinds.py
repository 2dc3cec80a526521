"""Generated values, compared: with each other, and with the types of a schema."""

from __future__ import annotations

import json
from typing import Any


def key_of(item: Any) -> str:
    """Equal for equal items: to look one up among thousands."""
    return json.dumps(item, sort_keys=True, default=str)


def is_kind(value: Any, types: set[str] | None) -> bool:
    """Whether a value is of one of the types; null is only of none."""
    if types is None:
        return value is not None
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    name = names.get(type(value), "null")
    return name != "null" and (name in types or (name == "integer" and "number" in types))
