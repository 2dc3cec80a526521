"""Query strings and urlencoded bodies: names, values, and brackets read as structure."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from cierre.oas.validation.json_body import MAX_DEPTH
from cierre.oas.validation.violations import MalformedBody

Fields = dict[str, list[str]]
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


class ParsedFields(Fields):
    """Fields, and `pieces`: of values with commas of both kinds, the texts between those that are not encoded."""

    __slots__ = ("pieces",)

    def __init__(self) -> None:
        super().__init__()
        self.pieces: dict[str, list[str]] = {}


def parse_fields(raw: bytes) -> Fields:
    """`a=1&b=2&a=3` → `{"a": ["1", "3"], "b": ["2"]}`; what is not UTF-8 becomes U+FFFD."""
    fields = ParsedFields()
    for pair in raw.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            key = _decode(name)
            fields.setdefault(key, []).append(_decode(value))
            # `a%2Cb,c` is two items (RFC 6570, section 3.2.1): a comma inside of one is encoded.
            if b"," in value and b"%2c" in value.lower():
                fields.pieces[key] = [_decode(piece) for piece in value.split(b",")]
    return fields


def _decode(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return raw.decode("utf-8", "replace")


def read_brackets(fields: Fields, name: str) -> dict[str, Any] | None:
    """The structure under a name: `f[a]=1&f[b][]=2` → `{"a": "1", "b": ["2"]}`; None where there is none.

    Raises:
        MalformedBody: it nests more than 100 levels.
    """
    tree: dict[str, Any] = {}
    for key, values in fields.items():
        if key.startswith(f"{name}["):
            path = _BRACKETS.findall(key[len(name) :])
            if len(path) > MAX_DEPTH:
                raise MalformedBody(f"nested more than {MAX_DEPTH} levels deep")
            # `f[a` is a name, and no structure.
            if path:
                _plant(tree, path, values)
    return tree or None


def _plant(tree: dict[str, Any], path: list[str], values: list[str]) -> None:
    listed = path[-1] == "" and len(path) > 1
    for token in path[: -2 if listed else -1]:
        inner = tree.setdefault(token, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    leaf = path[-2] if listed else path[-1]
    if listed or len(values) > 1 or leaf == "":
        tree[leaf] = [*tree.get(leaf, ()), *values] if isinstance(tree.get(leaf, []), list) else values
    else:
        tree[leaf] = values[0]
