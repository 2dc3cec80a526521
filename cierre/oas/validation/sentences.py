"""What a broken rule of JSON Schema says, in our own words: those of the library are in English alone."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs

from cierre.phrases import Phrase

_Kind = jsonschema_rs.ValidationErrorKind
# By the kind of error, whose own attributes stand in the braces beside the value that broke the rule.
_TEMPLATES: dict[type[jsonschema_rs.ValidationErrorKind], str] = {
    _Kind.AnyOf: "{value} is not valid under any of the schemas listed in the 'anyOf' keyword",
    _Kind.Constant: "{expected_value} was expected",
    _Kind.Contains: "too few or too many items of {value} are valid under the schema of the 'contains' keyword",
    _Kind.ExclusiveMaximum: "{value} is greater than or equal to the maximum of {limit}",
    _Kind.ExclusiveMinimum: "{value} is less than or equal to the minimum of {limit}",
    # The keyword `x-python-pattern`, whose message is the pattern.
    _Kind.Custom: "{value} does not match {pattern}",
    _Kind.Enum: "{value} is not one of {options}",
    _Kind.FalseSchema: "must not be here",
    _Kind.Format: "{value} is not a {format}",
    _Kind.MaxItems: "{value} has more than {limit} items",
    _Kind.MaxLength: "{value} is longer than {limit} characters",
    _Kind.MaxProperties: "{value} has more than {limit} properties",
    _Kind.Maximum: "{value} is greater than the maximum of {limit}",
    _Kind.MinItems: "{value} has less than {limit} items",
    _Kind.MinLength: "{value} is shorter than {limit} characters",
    _Kind.MinProperties: "{value} has less than {limit} properties",
    _Kind.Minimum: "{value} is less than the minimum of {limit}",
    _Kind.MultipleOf: "{value} is not a multiple of {multiple_of}",
    _Kind.Not: "{schema} is not allowed for {value}",
    _Kind.OneOfMultipleValid: "{value} is valid under more than one of the schemas listed in the 'oneOf' keyword",
    _Kind.OneOfNotValid: "{value} is not valid under any of the schemas listed in the 'oneOf' keyword",
    _Kind.Pattern: "{value} does not match {pattern}",
    _Kind.Type: "{value} is not of type {types}",
    _Kind.UniqueItems: "{value} has non-unique elements",
}
# Where the limit is one.
_OF_ONE: dict[type[jsonschema_rs.ValidationErrorKind], str] = {
    _Kind.MaxItems: "{value} has more than 1 item",
    _Kind.MaxLength: "{value} is longer than 1 character",
    _Kind.MaxProperties: "{value} has more than 1 property",
    _Kind.MinItems: "{value} has less than 1 item",
    _Kind.MinLength: "{value} is shorter than 1 character",
    _Kind.MinProperties: "{value} has less than 1 property",
}
_COMPOSED = frozenset({"anyOf", "oneOf", "not", "contains", "propertyNames", "uniqueItems"})
# Of an enumeration: one with more is told by its first two.
_MOST_OPTIONS = 3


def sentence(error: jsonschema_rs.ValidationError) -> Phrase:
    """Which rule the value breaks, with the value itself."""
    kind = error.kind
    if isinstance(kind, _Kind.PropertyNames):
        return sentence(kind.error)
    templates = _OF_ONE if getattr(kind, "limit", None) == 1 and type(kind) in _OF_ONE else _TEMPLATES
    template = templates.get(type(kind))
    if template is None:
        return Phrase.of(error.message)
    return Phrase(template, value=_shown(error.instance), **_values(kind))


def _values(kind: jsonschema_rs.ValidationErrorKind) -> dict[str, Any]:
    """What stands in the braces of the kind's template."""
    match kind:
        case _Kind.Type(types=types):
            return {"types": ", ".join(map(_shown, types))}
        case _Kind.Enum(options=options):
            return {"options": _listed(options)}
        case _Kind.Custom(message=pattern):
            return {"pattern": _shown(pattern)}
        case _Kind.AnyOf() | _Kind.OneOfNotValid() | _Kind.OneOfMultipleValid():
            return {}
    return {name: _shown(value) for name, value in kind.as_dict().items()}


def without_value(error: jsonschema_rs.ValidationError) -> Phrase:
    """Which rule is broken, in the schema's words alone."""
    broken = rule_of(error)
    # Of the others, `value` is what the composition made of the secret.
    if broken not in _COMPOSED:
        broken += f" {json.dumps(error.kind.value, ensure_ascii=False, default=str)}"
    return Phrase("the value, which is not repeated here, breaks the rule {rule}", rule=broken)


def rule_of(error: jsonschema_rs.ValidationError) -> str:
    """The keyword of the schema that refused the value."""
    return "pattern" if isinstance(error.kind, _Kind.Custom) else error.kind.name


def _listed(options: list[Any]) -> Phrase:
    *most, last = map(_shown, options)
    if not most:
        return Phrase.of(last)
    if len(options) > _MOST_OPTIONS:
        return Phrase("{some} or {count} other candidates", some=", ".join(most[:2]), count=len(options) - 2)
    return Phrase("{some} or {last}", some=", ".join(most), last=last)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
