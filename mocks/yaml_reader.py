"""YAML 1.2 (core schema) at the speed of libyaml: `no` is text, `2025-01-01` is text, keys are always text.

Built from libyaml's events, which takes half the time of PyYAML's loader and keeps its YAML 1.1 surprises out.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

try:
    from yaml.cyaml import CParser as Parser  # type: ignore[attr-defined]
except ImportError:  # a PyYAML that was built without libyaml
    from yaml import SafeLoader as Parser  # type: ignore[assignment]

_NUMBER_START = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL_HEX = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TAG = "tag:yaml.org,2002:"


def read_yaml(text: bytes) -> Any:
    """The first document of a YAML text.

    Raises:
        yaml.YAMLError: it is not YAML; `problem_mark` holds line and column.
    """
    parser = Parser(text)
    try:
        return _Builder(parser).document()
    finally:
        parser.dispose()


class _Builder:
    def __init__(self, parser: Any) -> None:
        self._next = parser.get_event
        self._anchors: dict[str, Any] = {}

    def document(self) -> Any:
        self._next()  # stream start
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        value = self._value(self._next())
        self._next()  # document end
        return value

    def _value(self, event: Any) -> Any:
        kind = type(event)
        if kind is ScalarEvent:
            value = _scalar(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = value
            return value
        if kind is MappingStartEvent:
            return self._mapping(event)
        if kind is SequenceStartEvent:
            return self._sequence(event)
        if kind is AliasEvent:
            return self._alias(event)
        raise yaml.YAMLError(f"unexpected {kind.__name__}")

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise yaml.MarkedYAMLError(problem=f"unknown alias *{event.anchor}", problem_mark=event.start_mark)
        return self._anchors[event.anchor]

    def _sequence(self, event: Any) -> list[Any]:
        items: list[Any] = []
        if event.anchor is not None:
            self._anchors[event.anchor] = items
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            items.append(self._value(event))
        return items

    def _mapping(self, event: Any) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        merged: list[Any] = []
        if event.anchor is not None:
            self._anchors[event.anchor] = mapping
        while type(event := self._next()) is not yaml.MappingEndEvent:
            key = event.value if type(event) is ScalarEvent else str(self._value(event))
            mark = event.start_mark
            value = self._value(self._next())
            if key in mapping and key != "<<":
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} occurs twice in one mapping", problem_mark=mark)
            if key == "<<" and event.implicit[0]:
                merged.extend(value if isinstance(value, list) else [value])
            else:
                mapping[key] = value
        for other in merged:
            if isinstance(other, dict):
                mapping.update({key: value for key, value in other.items() if key not in mapping})
        return mapping


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.implicit[0]:
        return _plain(text)
    tag = (event.tag or "").removeprefix(_TAG)
    return _plain(text) if tag in {"int", "float", "bool", "null"} else text


def _plain(text: str) -> Any:
    if not text or text[0] in _NUMBER_START:
        if _INTEGER.match(text):
            return int(text)
        if _FLOAT.match(text):
            return float(text)
        if _OCTAL_HEX.match(text):
            return int(text, 0)
    return _WORDS.get(text, text)
