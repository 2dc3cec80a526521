"""A compiled schema, and what it tells of a value that breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import jsonschema_rs

from cierre.oas.pointers import pointer
from cierre.oas.validation.secrets import SecretNames
from cierre.oas.validation.sentences import rule_of, sentence, without_value
from cierre.oas.validation.violations import Location, Violation
from cierre.phrases import Phrase

# Where one of these fails at the top of an alternative, the value was meant for another.
_ANOTHER = frozenset({"type", "enum", "const"})
# Of one value: a client mends no more at a time, and one body can have a million.
_MOST_VIOLATIONS = 100
# Pointer, sentence and keyword.
_Broken = tuple[str, Phrase, str]


class SchemaValidator:
    """One compiled schema. Thread-safe, as it never changes.

    Args:
        validator: of the schema, or of an object with the schema as one of its properties.
        secrets: whose values no message shows; None: there are none.
        key: the name of that property.
        letter: another check that is enough: what the standard allows is valid, whatever the author has meant.
    """

    __slots__ = ("_key", "_letter", "_secrets", "_validator", "is_valid")

    def __init__(
        self,
        validator: jsonschema_rs.Validator,
        secrets: SecretNames | None = None,
        key: str | None = None,
        letter: Callable[[Any], bool] | None = None,
    ) -> None:
        self._validator = validator
        self._secrets = secrets
        self._key = key
        self._letter = letter
        plain = key is None and letter is None
        self.is_valid: Callable[[Any], bool] = validator.is_valid if plain else self._is_valid

    def _is_valid(self, value: Any) -> bool:
        held = value if self._key is None else {self._key: value}
        return self._validator.is_valid(held) or (self._letter is not None and self._letter(value))

    def violations(self, value: Any, location: Location = "body", prefix: str = "") -> list[Violation]:
        """The rules that the value breaks, a hundred at the most; `prefix` is put before each pointer."""
        if self.is_valid(value):
            return []
        found = self._broken(value, prefix, self._secrets)
        return [Violation(location, where, str(why), rule) for where, why, rule in islice(found, _MOST_VIOLATIONS)]

    def broken(self, value: Any, most: int = _MOST_VIOLATIONS) -> list[tuple[str, Phrase]]:
        """The same of a value that stands in a file, for who wrote it: pointer and sentence, with nothing hidden."""
        if self.is_valid(value):
            return []
        return [(where, why) for where, why, _ in islice(self._broken(value, "", None), most)]

    def _broken(self, value: Any, prefix: str, secrets: SecretNames | None) -> Iterator[_Broken]:
        held, depth = (value, 0) if self._key is None else ({self._key: value}, 1)
        for error in self._validator.iter_errors(held):
            for inner in _causes(error):
                yield from _broken_rules(inner, inner.instance_path[depth:], prefix, secrets)


def _causes(error: jsonschema_rs.ValidationError) -> list[jsonschema_rs.ValidationError]:
    """What to tell of a failed anyOf or oneOf: the errors of the alternative that the value came closest to.

    An alternative of another type was not meant, nor a reference where there is no `$ref`; among the others the one
    with the fewest errors was.
    """
    kind = error.kind
    if not isinstance(kind, (jsonschema_rs.ValidationErrorKind.AnyOf, jsonschema_rs.ValidationErrorKind.OneOfNotValid)):
        return [error]
    depth = len(error.instance_path)
    meant = [
        errors
        for errors in kind.context
        if not any(len(inner.instance_path) == depth and _is_another(inner) for inner in errors)
    ]
    if not meant:
        return [error]
    return [cause for inner in min(meant, key=len) for cause in _causes(inner)]


def _is_another(error: jsonschema_rs.ValidationError) -> bool:
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(property="$ref"):
            return True
    return error.kind.name in _ANOTHER


def _broken_rules(
    error: jsonschema_rs.ValidationError, path: list[str | int], prefix: str, secrets: SecretNames | None
) -> Iterator[_Broken]:
    kinds = jsonschema_rs.ValidationErrorKind
    where, rule = prefix + pointer(*path), rule_of(error)
    match error.kind:
        case kinds.Required(property=name):
            yield where + pointer(name), Phrase('"{name}" is required', name=name), rule
        case kinds.AdditionalProperties(unexpected=names) | kinds.UnevaluatedProperties(unexpected=names):
            for name in names:
                yield where + pointer(name), Phrase('"{name}" is not known here', name=name), rule
        case kinds.Not(schema={"description": str(reason)}):
            yield where, Phrase.of(reason), rule
        case _:
            hidden = secrets is not None and secrets.hides([*prefix.split("/")[1:], *path], error.instance)
            yield where, without_value(error) if hidden else sentence(error), rule
