"""JSON and YAML text as plain data: the one reader, for every document and every command.

YAML is read as its version 1.2 (core schema) and built from libyaml's events, which takes half the time of PyYAML's
loader and keeps the surprises of YAML 1.1 out: `no` is text, `2025-01-01` is text, keys are always text. Merge keys
(`<<: *base`), which are older than 1.2, are merged, as documents use them.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from cierre.oas.errors import BrokenDocument, Problem
from cierre.oas.limits import DEFAULT, DocumentLimits
from cierre.phrases import Phrase

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
_BOM = b"\xef\xbb\xbf"


def parse(raw: bytes, name: str, limits: DocumentLimits = DEFAULT) -> Any:
    """The text of a file as plain data; keys are text.

    Args:
        raw: JSON or YAML.
        name: of the file, for problems.
        limits: past which the text is refused.

    Raises:
        BrokenDocument: it is neither, or past a limit; the problem says at which line and column.
    """
    raw = raw.removeprefix(_BOM)
    if raw.lstrip()[:1] in {b"{", b"["}:
        try:
            return _checked_depth(orjson.loads(raw), name, limits)
        except orjson.JSONDecodeError as error:
            # YAML in flow style begins alike.
            if name.endswith(".json") or "ecursion" in error.msg:
                message = _too_deep(limits) if "ecursion" in error.msg else Phrase.of(error.msg)
                raise BrokenDocument([Problem(f"{name}:{error.lineno}:{error.colno}", message)]) from None
    return _parse_yaml(raw, name, limits)


def _checked_depth(value: Any, name: str, limits: DocumentLimits) -> Any:
    pending, depth = [value], 0
    while pending:
        if depth > limits.depth:
            raise BrokenDocument([Problem(name, _too_deep(limits))])
        depth += 1
        pending = [
            child
            for node in pending
            for child in (node.values() if type(node) is dict else node)
            if type(child) in {dict, list}
        ]
    return value


def _too_deep(limits: DocumentLimits) -> Phrase:
    return Phrase("lists and objects are nested deeper than {depth} levels", depth=limits.depth)


def _parse_yaml(raw: bytes, name: str, limits: DocumentLimits) -> Any:
    import yaml  # noqa: PLC0415 - a JSON document is read without it

    try:
        return _read_yaml(raw, limits)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise BrokenDocument([Problem(place, Phrase.of(getattr(error, "problem", None) or error))]) from None


def _read_yaml(text: bytes, limits: DocumentLimits) -> Any:
    """The first document of a YAML text. Raises yaml.YAMLError, whose `problem_mark` holds line and column."""
    import yaml  # noqa: PLC0415

    # A PyYAML that was built without libyaml has the slower one alone.
    events: Any = (yaml.cyaml.CParser if yaml.__with_libyaml__ else yaml.SafeLoader)(text)  # type: ignore[attr-defined]
    try:
        return _Builder(events, yaml, limits).document()
    finally:
        events.dispose()


class _Builder:
    """Builds values from events."""

    def __init__(self, parser: Any, yaml: Any, limits: DocumentLimits) -> None:
        self._next = parser.get_event
        self._yaml = yaml
        self._limits = limits
        # What an anchor stands for, and how many values that is.
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0

    def document(self) -> Any:
        self._next()  # stream start
        event = self._next()
        if isinstance(event, self._yaml.StreamEndEvent):
            return None
        value = self._value(self._next(), 0)
        self._next()  # document end
        return value

    def _value(self, event: Any, depth: int) -> Any:
        yaml = self._yaml
        kind, before = type(event), self._count
        self._count += 1
        if kind is yaml.ScalarEvent:
            value = self._scalar(event)
        elif kind is yaml.AliasEvent:
            return self._alias(event)
        elif depth > self._limits.depth:
            raise self._error(_too_deep(self._limits), event)
        elif kind is yaml.MappingStartEvent:
            value = self._mapping(depth + 1)
        else:
            value = self._sequence(depth + 1)
        if self._count > self._limits.values:
            raise self._error(Phrase("the file holds more than {count:,} values", count=self._limits.values), event)
        if event.anchor is not None:
            # Not before its end: an anchor that holds its own alias would have no end.
            self._anchors[event.anchor] = value, self._count - before
        return value

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            message = Phrase("unknown alias *{anchor}, or one inside of its own anchor", anchor=event.anchor)
            raise self._error(message, event)
        value, count = self._anchors[event.anchor]
        self._count += count
        if self._count > self._limits.values:
            message = Phrase("with its aliases the file holds more than {count:,} values", count=self._limits.values)
            raise self._error(message, event)
        return value

    def _sequence(self, depth: int) -> list[Any]:
        items: list[Any] = []
        end = self._yaml.SequenceEndEvent
        while type(event := self._next()) is not end:
            items.append(self._value(event, depth))
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        merged: list[Any] = []
        end, scalar = self._yaml.MappingEndEvent, self._yaml.ScalarEvent
        while type(event := self._next()) is not end:
            key = event.value if type(event) is scalar else str(self._value(event, depth))
            is_merge = key == "<<" and type(event) is scalar and event.implicit[0]
            value = self._value(self._next(), depth)
            if is_merge:
                merged.extend(value if isinstance(value, list) else [value])
            elif key in mapping:
                raise self._error(Phrase("the key {key!r} occurs twice in one mapping", key=key), event)
            else:
                mapping[key] = value
        for other in merged:
            if isinstance(other, dict):
                mapping.update({key: value for key, value in other.items() if key not in mapping})
        return mapping

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.implicit[0]:
            return self._plain(text, event)
        tag = (event.tag or "").removeprefix(_TAG)
        return self._plain(text, event) if tag in {"int", "float", "bool", "null"} else text

    def _plain(self, text: str, event: Any) -> Any:
        if not text or text[0] in _NUMBER_START:
            if _INTEGER.match(text):
                try:
                    return int(text)
                except ValueError:
                    # Python's limit for the digits of one number.
                    raise self._error(
                        Phrase("a number of so many digits is not read; write it in quotes"), event
                    ) from None
            if _FLOAT.match(text):
                return float(text)
            if _OCTAL_HEX.match(text):
                return int(text, 0)
        return _WORDS.get(text, text)

    def _error(self, message: Phrase, event: Any) -> Exception:
        error: Exception = self._yaml.MarkedYAMLError(problem=message, problem_mark=event.start_mark)
        return error
