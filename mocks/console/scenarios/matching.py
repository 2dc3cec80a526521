"""What a request must have for a step of a scenario, and what templates know of a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

import jsonpath
import jsonschema_rs

from cierre.mocks.console.scenarios.templates import Expression, Unfilled
from cierre.mocks.messages import MockRequest
from cierre.oas.validation import MalformedBody, decode_json, media


class Seen:
    """A request as scenarios see it.

    Args:
        request: for an operation.
        path: name → text of its path parameters.
    """

    def __init__(self, request: MockRequest, path: Mapping[str, str]) -> None:
        self.request = request
        self.path = {name: unquote(text) for name, text in path.items()}

    @cached_property
    def query(self) -> dict[str, str]:
        """Its parameters; of several of one name the last."""
        return dict(parse_qsl(self.request.query.decode("latin-1"), keep_blank_values=True))

    @cached_property
    def body(self) -> Any:
        """A JSON value, the fields of a form, or a text; None without one."""
        body = self.request.body
        if not body:
            return None
        kind = media.kind_of(media.parse(self.request.headers.get("content-type", "")).essence)
        if kind == "form":
            return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            return decode_json(body)
        except MalformedBody:
            return body.decode("utf-8", "replace")

    def values(self) -> dict[str, Any]:
        """For templates."""
        return {
            "method": self.request.method,
            "path": self.path,
            "query": self.query,
            "headers": self.request.headers,
            "body": self.body,
        }


class When:
    """What a step wants of a request.

    Args:
        written: of the shape of `when` in the schema.

    Raises:
        Unfilled: an expression, a JSONPath or a pattern cannot be read.
    """

    def __init__(self, written: Mapping[str, Any]) -> None:
        self._texts = {place: dict(written.get(place, {})) for place in ("path", "query", "headers")}
        self._texts["headers"] = {name.lower(): wanted for name, wanted in self._texts["headers"].items()}
        body = written.get("body", {})
        self._paths = (
            [(path, None, True) for path in body]
            if isinstance(body, list)
            else [(path, value, False) for path, value in body.items()]
        )
        self._condition = Expression(written["if"]) if "if" in written else None
        self._patterns: dict[str, Any] = {}
        for pattern in self._written_patterns():
            self._patterns[pattern] = _pattern(pattern)
        self._found = [(_json_path(path), value, anything) for path, value, anything in self._paths]

    def _written_patterns(self) -> Iterator[str]:
        for texts in self._texts.values():
            yield from (wanted["pattern"] for wanted in texts.values() if isinstance(wanted, Mapping))

    def fits(self, seen: Seen, values: Mapping[str, Any]) -> bool:
        """Whether a request has it.

        Raises:
            Unfilled: the expression has no value.
        """
        has: dict[str, Mapping[str, str]] = {"path": seen.path, "query": {}, "headers": seen.request.headers}
        if self._texts["query"]:
            has["query"] = seen.query
        for place, wanted in self._texts.items():
            if not all(self._fits_text(has[place].get(name), one) for name, one in wanted.items()):
                return False
        if not all(_finds(path, value, seen.body, anything=anything) for path, value, anything in self._found):
            return False
        return self._condition is None or bool(self._condition.value(values))

    def _fits_text(self, text: str | None, wanted: Any) -> bool:
        if text is None or wanted is None:
            return text is None and wanted is None
        if isinstance(wanted, Mapping):
            return bool(self._patterns[wanted["pattern"]].is_valid(text))
        return text == (str(wanted).lower() if isinstance(wanted, bool) else str(wanted))


def _finds(path: Any, value: Any, body: Any, *, anything: bool) -> bool:
    if not isinstance(body, (dict, list)):
        return False
    found = path.findall(body)
    return bool(found) if anything else any(_same(one, value) for one in found)


def _same(one: Any, value: Any) -> bool:
    return bool(one == value) and isinstance(one, bool) == isinstance(value, bool)


def _json_path(text: str) -> Any:
    try:
        return jsonpath.compile(text, strict=True)
    except jsonpath.JSONPathError as error:
        raise Unfilled(f"{text!r} is no JSONPath (RFC 9535): {str(error).splitlines()[0]}") from None


def _pattern(pattern: str) -> Any:
    # Matched in linear time, whatever a client sends.
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except jsonschema_rs.ValidationError:
        raise Unfilled(f"{pattern!r} is no regular expression") from None
