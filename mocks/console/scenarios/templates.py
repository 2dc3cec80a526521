"""Texts with `{{ … }}`, filled in by a sandboxed Jinja2 with what a request has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

_MARKS = ("{{", "{%", "{#")


class Unfilled(ValueError):
    """A template or an expression that cannot be filled in; the message says why."""


class _Environment(ImmutableSandboxedEnvironment):
    """Members of objects go before methods: `body.items` is what was sent."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


_ENVIRONMENT = _Environment(undefined=StrictUndefined, keep_trailing_newline=True)


class Expression:
    """What stands inside of `{{ }}`.

    Raises:
        Unfilled: it is none.
    """

    def __init__(self, text: str) -> None:
        try:
            self._value = _ENVIRONMENT.compile_expression(text, undefined_to_none=False)
        except TemplateSyntaxError as error:
            raise Unfilled(f"{text!r} is no expression: {error.message}") from None
        self._text = text

    def value(self, values: Mapping[str, Any]) -> Any:
        """Its value.

        Raises:
            Unfilled: it has none.
        """
        found = _guarded(self._text, lambda: self._value(values))
        if isinstance(found, StrictUndefined):
            raise Unfilled(f"{self._text!r} has no value: {found._undefined_message}")  # noqa: SLF001 - it has no other
        return found

    def text(self, values: Mapping[str, Any]) -> str:
        """The text of its value; "" where it has none, such as for a header field that was not sent.

        Raises:
            Unfilled: it cannot be computed.
        """
        found = _guarded(self._text, lambda: self._value(values))
        return "" if isinstance(found, StrictUndefined) else str(found)


Filler = Callable[[Mapping[str, Any]], Any]


def compiled(value: Any) -> Filler | None:
    """A function that fills in all texts of a value; None where it has nothing to be filled in.

    A text that is one `{{ … }}` and nothing else becomes the value itself: a number, a list, an object.

    Raises:
        Unfilled: a text cannot be read.
    """
    if isinstance(value, str):
        return _of_text(value) if any(mark in value for mark in _MARKS) else None
    if isinstance(value, Mapping):
        members = {key: compiled(item) for key, item in value.items()}
        if not any(members.values()):
            return None
        return lambda values: {
            key: item if (fill := members[key]) is None else fill(values) for key, item in value.items()
        }
    if isinstance(value, list):
        items = [(item, compiled(item)) for item in value]
        if not any(fill for _, fill in items):
            return None
        return lambda values: [item if fill is None else fill(values) for item, fill in items]
    return None


def _of_text(text: str) -> Filler:
    inner = text.strip()
    if inner.startswith("{{") and inner.endswith("}}") and inner.count("{{") == inner.count("}}") == 1:
        return Expression(inner[2:-2]).value
    try:
        template = _ENVIRONMENT.from_string(text)
    except TemplateSyntaxError as error:
        raise Unfilled(f"{text!r} is no template: {error.message}") from None
    return lambda values: _guarded(text, lambda: template.render(values))


def _guarded(text: str, fill: Callable[[], Any]) -> Any:
    try:
        return fill()
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, OverflowError) as error:
        raise Unfilled(f"{text!r} cannot be filled in: {error}") from None


class Lazy(Mapping[str, Any]):
    """A mapping that is made when somebody looks into it."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make
        self._made: Mapping[str, Any] | None = None

    def _whole(self) -> Mapping[str, Any]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, name: str) -> Any:
        return self._whole()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())
