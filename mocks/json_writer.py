"""JSON texts of values."""

from __future__ import annotations

from typing import Any

import orjson

# Beyond it a float does not tell one integer from the next.
_EXACT = 2**53
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def write_json(value: Any) -> bytes:
    """The value as compact JSON in UTF-8; integers may have any number of digits."""
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        import json  # noqa: PLC0415 - integers beyond 64 bits only

        return json.dumps(value, ensure_ascii=False).encode()


def whole(value: Any) -> Any:
    """The value with 11 for 11.0, as JavaScript writes it: an `integer` of OpenAPI 3.0 has no fraction part."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    return [whole(item) for item in value] if isinstance(value, list) else value
