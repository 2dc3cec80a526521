"""What a value must satisfy because of what it is: `if`, `then` and `else`, and `dependentSchemas`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def consequences(conditions: list[Mapping[str, Any]], value: Any, accepts: Callable[[Any, Any], bool]) -> list[Any]:
    """The schemas that hold for a value beside those that it was made for.

    Args:
        conditions: schemas with `if` or `dependentSchemas`.
        value: made without them.
        accepts: says whether a schema accepts a value.
    """
    found: list[Any] = []
    for schema in conditions:
        if isinstance(schema.get("if"), (Mapping, bool)):
            if accepts(schema["if"], value):
                # The condition as well: what `then` adds is to leave it as it is.
                found += [schema["if"], schema["then"]] if "then" in schema else []
            else:
                found += [schema["else"]] if "else" in schema else []
        dependent = schema.get("dependentSchemas")
        if isinstance(dependent, Mapping) and isinstance(value, dict):
            found += [inner for name, inner in dependent.items() if name in value]
    return found
