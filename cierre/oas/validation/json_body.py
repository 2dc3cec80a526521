"""JSON as RFC 8259 means it, read strictly and still fast.

orjson already refuses invalid UTF-8, a byte order mark, NaN, numbers beyond a double, unpaired surrogates and trailing
text. What it lets pass are duplicate names, of which the last wins (two readers of one body may then see different
requests), and deep nesting. Neither costs a second parse in the common case:

* Every name and every string of the text brings two quotes, an escaped quote one more. So where the text holds exactly
  twice as many quotes as the parsed value has names and strings, nothing was lost and there was no duplicate. Only
  otherwise the text is parsed again, by the standard library, which shows each pair.
* Depth can pass the limit only where the text has more opening brackets than that.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from cierre.oas.validation.violations import MalformedBody

MAX_DEPTH = 100


def decode_json(raw: bytes) -> Any:
    """Read a JSON text.

    Raises:
        MalformedBody: it is no JSON text in UTF-8, repeats a name in one object, or nests more than 100 levels.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedBody(f"not a JSON text: {error}") from None
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise MalformedBody(f"nested more than {MAX_DEPTH} levels deep")
    if raw.count(b'"') != 2 * _names_and_strings(value):
        _refuse_duplicates(raw)
    return value


def _children(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else node


def _names_and_strings(value: Any) -> int:
    if isinstance(value, str):
        return 1
    count = 0
    pending = [value] if isinstance(value, (dict, list)) else []
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            count += len(node)
        for child in _children(node):
            if isinstance(child, str):
                count += 1
            elif isinstance(child, (dict, list)):
                pending.append(child)
    return count


def _depth(value: Any) -> int:
    depth, level = 0, [value] if isinstance(value, (dict, list)) else []
    while level:
        depth += 1
        level = [child for node in level for child in _children(node) if isinstance(child, (dict, list))]
    return depth


def _refuse_duplicates(raw: bytes) -> None:
    try:
        json.loads(raw, object_pairs_hook=_unique)
    except RecursionError:
        # The deep part is inside a value that a duplicate name has hidden from orjson's result.
        raise MalformedBody(f"nested more than {MAX_DEPTH} levels deep") from None


def _unique(pairs: list[tuple[str, Any]]) -> None:
    names = set()
    for name, _ in pairs:
        if name in names:
            raise MalformedBody(f"the name {json.dumps(name, ensure_ascii=False)} occurs twice in one object")
        names.add(name)
