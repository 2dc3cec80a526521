"""Line and column of what a JSON pointer names. Looked up when there is a problem to tell, never ahead."""

from __future__ import annotations

import re
from typing import Any

from cierre.oas.pointers import tokens

_SPACE = re.compile(r"[ \t\r\n]*")


class Positions:
    """Where the members of one file stand.

    Args:
        raw: the text of the file, which `parse` has read.
    """

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._text: str | None = None
        self._top: Any = None
        self._is_json = raw.lstrip()[:1] in {b"{", b"["}

    def find(self, place: str) -> tuple[int, int]:
        """Line and column, from 1, of the member's name or the list's item; of the nearest that is there."""
        if self._is_json:
            try:
                return self._find_in_json(place)
            except (ValueError, IndexError):
                # YAML's own braces, such as with a comma behind the last member.
                self._is_json = False
        return self._find_in_yaml(place)

    def _find_in_json(self, place: str) -> tuple[int, int]:
        if self._text is None:
            self._text = self._raw.decode("utf-8", "replace")
        text = self._text
        at = value = _after_space(text, 0)
        for token in tokens(place):
            found = _member_of_json(text, value, token)
            if found is None:
                break
            at, value = found
        return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)

    def _find_in_yaml(self, place: str) -> tuple[int, int]:
        import yaml  # noqa: PLC0415 - only a problem asks

        if self._top is None:
            self._top = yaml.compose(self._raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        node, mark = self._top, self._top.start_mark
        for token in tokens(place):
            found = _member(node, token, yaml)
            if found is None:
                break
            mark, node = found
        return mark.line + 1, mark.column + 1


def _member(node: Any, token: str, yaml: Any) -> tuple[Any, Any] | None:
    """Where the member's key or the item begins, and its value."""
    if isinstance(node, yaml.SequenceNode) and token.isdecimal() and int(token) < len(node.value):
        return node.value[int(token)].start_mark, node.value[int(token)]
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if key.value == token:
            return key.start_mark, value
    for key, value in node.value:
        if key.value == "<<":
            for merged in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                found = _member(merged, token, yaml)
                if found is not None:
                    return found
    return None


def _member_of_json(text: str, at: int, token: str) -> tuple[int, int] | None:
    """Where the member's name or the item begins, and its value, in the object or list that begins at `at`.

    What stands before is passed over by json, which is written in C.
    """
    from json import JSONDecoder  # noqa: PLC0415 - only a problem asks

    decoder = JSONDecoder()

    is_object, index, offset = text[at] == "{", 0, _after_space(text, at + 1)
    if text[at] not in "{[":
        return None
    while text[offset] not in "}]":
        begun = offset
        if is_object:
            name, offset = decoder.raw_decode(text, offset)
            offset = _after_space(text, _after_space(text, offset) + 1)
        else:
            name, index = str(index), index + 1
        if name == token:
            return begun, offset
        offset = _after_space(text, decoder.raw_decode(text, offset)[1])
        if text[offset] == ",":
            offset = _after_space(text, offset + 1)
    return None


def _after_space(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    return match.end() if match else offset
