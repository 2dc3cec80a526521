"""Line and column of what a JSON pointer names. Looked up when there is a problem to tell, never ahead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cierre.oas.collecting import uncollected
from cierre.oas.pointers import tokens

_SPACE = re.compile(r"[ \t\r\n]*")
# Characters whose lines are counted together.
_BLOCK = 2**16


class Positions:
    """Where the members of one file stand.

    Args:
        raw: the text of the file, which `parse` has read.
    """

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._json: _JsonText | None = None
        self._yaml: _YamlText | None = None
        self._is_json = raw.lstrip()[:1] in {b"{", b"["}

    @uncollected()
    def find(self, place: str) -> tuple[int, int]:
        """Line and column, from 1, of the member's name or the list's item; of the nearest that is there."""
        if self._is_json:
            try:
                self._json = self._json or _JsonText(self._raw.decode("utf-8", "replace"))
                return self._json.find(place)
            except (ValueError, IndexError):
                # YAML's own braces, such as with a comma behind the last member.
                self._is_json = False
        self._yaml = self._yaml or _YamlText(self._raw)
        return self._yaml.find(place)


class _JsonText:
    """A text of JSON, of which each object and list is read once, as far as somebody asks."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = _Lines(text)
        # By where they begin.
        self._opened: dict[int, _JsonMembers] = {}

    def find(self, place: str) -> tuple[int, int]:
        at = value = _after_space(self._text, 0)
        for token in tokens(place):
            if self._text[value] not in "{[":
                break
            if value not in self._opened:
                self._opened[value] = _JsonMembers(self._text, value)
            found = self._opened[value].find(token)
            if found is None:
                break
            at, value = found
        return self._lines.place(at)


class _JsonMembers:
    """The members of the object or list that begins at `at`: where the name or the item begins, and its value."""

    def __init__(self, text: str, at: int) -> None:
        self._known: dict[str, tuple[int, int]] = {}
        self._others = _json_members(text, at)

    def find(self, token: str) -> tuple[int, int] | None:
        if token not in self._known:
            for name, begun, value in self._others:
                # Of a name that occurs twice the first one counts.
                self._known.setdefault(name, (begun, value))
                if name == token:
                    break
        return self._known.get(token)


def _json_members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Values are passed over by json, which is written in C."""
    from json import JSONDecoder  # noqa: PLC0415 - only a problem asks

    decoder = JSONDecoder()
    is_object, index, offset = text[at] == "{", 0, _after_space(text, at + 1)
    while text[offset] not in "}]":
        begun = offset
        if is_object:
            name, offset = decoder.raw_decode(text, offset)
            offset = _after_space(text, _after_space(text, offset) + 1)
        else:
            name, index = str(index), index + 1
        yield name, begun, offset
        offset = _after_space(text, decoder.raw_decode(text, offset)[1])
        if text[offset] == ",":
            offset = _after_space(text, offset + 1)


class _Lines:
    """Counts lines by blocks, so that no place is counted from the beginning."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._before = [0]
        for start in range(0, len(text), _BLOCK):
            self._before.append(self._before[-1] + text.count("\n", start, start + _BLOCK))

    def place(self, at: int) -> tuple[int, int]:
        """Line and column, from 1, of a character."""
        block = at // _BLOCK
        line = self._before[block] + self._text.count("\n", block * _BLOCK, at)
        return line + 1, at - self._text.rfind("\n", 0, at)


class _YamlText:
    """A text of YAML, composed once."""

    def __init__(self, raw: bytes) -> None:
        import yaml  # noqa: PLC0415 - only a problem asks

        class Untyped(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
            """Nodes without their types, which nobody asks for here, and which take most of the time."""

            def descend_resolver(self, *_node: Any) -> None: ...
            def ascend_resolver(self) -> None: ...
            def resolve(self, *_node: Any) -> str:
                return ""

        self._sequence: Any = yaml.SequenceNode
        self._mapping: Any = yaml.MappingNode
        self._top: Any = yaml.compose(raw, Loader=Untyped)
        # By the identity of their node, which lives as long as the whole.
        self._known: dict[int, dict[str, tuple[Any, Any]]] = {}

    def find(self, place: str) -> tuple[int, int]:
        node, mark = self._top, self._top.start_mark
        for token in tokens(place):
            found = self._members(node).get(token)
            if found is None:
                break
            mark, node = found
        return mark.line + 1, mark.column + 1

    def _members(self, node: Any) -> dict[str, tuple[Any, Any]]:
        """Where each member's key or each item begins, and its value."""
        if id(node) not in self._known:
            self._known[id(node)] = self._read(node)
        return self._known[id(node)]

    def _read(self, node: Any) -> dict[str, tuple[Any, Any]]:
        if isinstance(node, self._sequence):
            return {str(index): (item.start_mark, item) for index, item in enumerate(node.value)}
        if not isinstance(node, self._mapping):
            return {}
        members: dict[str, tuple[Any, Any]] = {}
        merged: list[Any] = []
        for key, value in node.value:
            # A key that is no text cannot be in a pointer.
            if isinstance(key.value, str):
                members.setdefault(key.value, (key.start_mark, value))
                if key.value == "<<":
                    merged += value.value if isinstance(value, self._sequence) else [value]
        for other in merged:
            members = self._members(other) | members
        return members


def _after_space(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    return match.end() if match else offset
