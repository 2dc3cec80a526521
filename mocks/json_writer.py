"""JSON texts of values."""

from __future__ import annotations

from typing import Any

import orjson

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def write_json(value: Any) -> bytes:
    """The value as compact JSON in UTF-8; integers may have any number of digits."""
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        import json  # noqa: PLC0415 - integers beyond 64 bits only

        return json.dumps(value, ensure_ascii=False).encode()
