"""A compiled schema, and what it tells of a value that breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from typing import Any

import jsonschema_rs

from cierre.oas.pointers import pointer
from cierre.oas.validation.secrets import SecretNames
from cierre.oas.validation.violations import Location, Violation

_COMPOSED = frozenset({"anyOf", "oneOf", "not", "custom", "contains", "propertyNames", "uniqueItems"})
# Where one of these fails at the top of an alternative, the value was meant for another.
_ANOTHER = frozenset({"type", "enum", "const"})
# Of one value: a client mends no more at a time, and one body can have a million.
_MOST_VIOLATIONS = 100


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

    def violations(
        self,
        value: Any,
        location: Location = "body",
        prefix: str = "",
        most: int = _MOST_VIOLATIONS,
        *,
        shown: bool = False,
    ) -> list[Violation]:
        """The rules that the value breaks, so many at the most; `prefix` is put before each pointer.

        `shown`: nothing is hidden, as the value stands in the document.
        """
        if self.is_valid(value):
            return []
        held, depth = (value, 0) if self._key is None else ({self._key: value}, 1)
        found = (
            violation
            for error in self._validator.iter_errors(held)
            for inner in _causes(error)
            for violation in _violations_of(
                inner, inner.instance_path[depth:], location, prefix, None if shown else self._secrets
            )
        )
        return list(islice(found, most))


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


def _violations_of(
    error: jsonschema_rs.ValidationError,
    path: list[str | int],
    location: Location,
    prefix: str,
    secrets: SecretNames | None,
) -> list[Violation]:
    kinds = jsonschema_rs.ValidationErrorKind
    where, rule = prefix + pointer(*path), error.kind.name
    match error.kind:
        case kinds.Required(property=name):
            return [Violation(location, where + pointer(name), f'"{name}" is required', rule)]
        case kinds.AdditionalProperties(unexpected=names) | kinds.UnevaluatedProperties(unexpected=names):
            return [Violation(location, where + pointer(name), f'"{name}" is not known here', rule) for name in names]
        case kinds.Not(schema={"description": str(reason)}):
            return [Violation(location, where, reason, rule)]
        case kinds.FalseSchema():
            return [Violation(location, where, "must not be here", rule)]
    hidden = secrets is not None and secrets.hides([*prefix.split("/")[1:], *path], error.instance)
    return [Violation(location, where, _without_value(error) if hidden else error.message, rule)]


def _without_value(error: jsonschema_rs.ValidationError) -> str:
    """Which rule is broken, in the schema's words alone: jsonschema-rs puts the value into each message."""
    broken = error.kind.name
    # Of the others, `value` is what the composition made of the secret.
    if broken not in _COMPOSED:
        broken += f" {json.dumps(error.kind.value, ensure_ascii=False, default=str)}"
    return f"the value, which is not repeated here, breaks the rule {broken}"
