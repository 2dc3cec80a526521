"""What a broken rule says: in our own words, so that there are two languages; in an answer it is a plain text."""

import gettext

import jsonschema_rs
import pytest

from cierre.cli.language import LOCALES
from cierre.oas.validation import compile_schema
from cierre.oas.validation.sentences import sentence

SPANISH = gettext.translation("cierre", LOCALES, ["es"])


def broken(schema, value):
    """The sentence about the one rule that the value breaks."""
    validator = compile_schema(schema, {}, version="3.1", direction="request")
    ((_, found),) = validator.broken(value)
    return found


@pytest.mark.parametrize(
    ("schema", "value", "english", "spanish"),
    [
        ({"type": "integer"}, "x", '"x" is not of type "integer"', '"x" no es de tipo "integer"'),
        ({"enum": [1]}, 3, "3 is not one of 1", "3 no es ninguno de 1"),
        ({"enum": ["a", "b", "c"]}, 3, '3 is not one of "a", "b" or "c"', '3 no es ninguno de "a", "b" o "c"'),
        (
            {"enum": [1, 2, 4, 5]},
            3,
            "3 is not one of 1, 2 or 2 other candidates",
            "3 no es ninguno de 1, 2 u otros 2 candidatos",
        ),
        ({"const": {"a": "ñ"}}, 3, '{"a":"ñ"} was expected', 'se esperaba {"a":"ñ"}'),
        ({"minLength": 1}, "", '"" is shorter than 1 character', '"" tiene menos de 1 carácter'),
        ({"minLength": 2}, "a", '"a" is shorter than 2 characters', '"a" tiene menos de 2 caracteres'),
        ({"maximum": 1}, 2, "2 is greater than the maximum of 1", "2 es mayor que el máximo de 1"),
        ({"multipleOf": 2}, 3, "3 is not a multiple of 2", "3 no es múltiplo de 2"),
        ({"pattern": "^a$"}, "b", '"b" does not match "^a$"', '"b" no coincide con "^a$"'),
        (
            {"pattern": "^(a)?(?(1)b|c)$"},
            "b",
            '"b" does not match "^(a)?(?(1)b|c)$"',
            '"b" no coincide con "^(a)?(?(1)b|c)$"',
        ),
        ({"format": "date"}, "b", '"b" is not a "date"', '"b" no es de formato "date"'),
        ({"uniqueItems": True}, [1, 1], "[1,1] has non-unique elements", "[1,1] tiene elementos repetidos"),
        (
            {"contains": {"type": "string"}, "maxContains": 1},
            ["a", "b"],
            'too few or too many items of ["a","b"] are valid under the schema of the \'contains\' keyword',
            'demasiados o demasiado pocos elementos de ["a","b"] cumplen el esquema de \'contains\'',
        ),
        ({"required": ["a"]}, {}, '"a" is required', '"a" es obligatorio'),
        (
            {"properties": {"b": {}}, "additionalProperties": False},
            {"a": 1},
            '"a" is not known here',
            '"a" no se conoce aquí',
        ),
        ({"properties": {"a": False}}, {"a": 1}, "must not be here", "no debe estar aquí"),
        (
            {"propertyNames": {"maxLength": 1}},
            {"abc": 1},
            '"abc" is longer than 1 character',
            '"abc" tiene más de 1 carácter',
        ),
        (
            {"oneOf": [{"type": "number"}, {"minimum": 0}]},
            1,
            "1 is valid under more than one of the schemas listed in the 'oneOf' keyword",
            "1 cumple más de uno de los esquemas de 'oneOf'",
        ),
    ],
)
def test_a_rule_is_told_in_two_languages(schema, value, english, spanish, monkeypatch):
    found = broken(schema, value)
    monkeypatch.setattr(gettext, "gettext", SPANISH.gettext)
    assert (str(found), found.translated()) == (english, spanish)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"anyOf": [{"type": "string"}, {"minimum": 5}]}, 1),
        ({"enum": [None, "a b"]}, 1.0),
        ({"exclusiveMaximum": 3}, 3),
        ({"exclusiveMinimum": 3}, 3),
        ({"maxItems": 0}, [1, {"a": None}]),
        ({"maxProperties": 1}, {"a": 1, "b": True}),
        ({"minItems": 2}, [1]),
        ({"minProperties": 2}, {}),
        ({"minimum": 3.5}, 1e-3),
        ({"not": {"type": "string"}}, "b\n"),
        ({"type": "string"}, 10**40),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}),
        ({"unevaluatedItems": False}, [1, 2]),
    ],
)
def test_where_the_library_says_it_well_we_say_the_same(schema, value):
    for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(value):
        assert str(sentence(error)) == error.message


def test_in_an_answer_it_is_a_plain_text():
    validator = compile_schema({"minimum": 3}, {}, version="3.1", direction="request")
    (violation,) = validator.violations(1)
    assert type(violation.message) is str


def test_a_long_value_is_cut_in_its_middle_in_either_language(monkeypatch):
    found = broken({"type": "integer"}, "x" * 500).shortened(40)
    assert str(found) == f'"{"x" * 19} … {"x" * 19}" is not of type "integer"'
    monkeypatch.setattr(gettext, "gettext", SPANISH.gettext)
    assert found.translated() == f'"{"x" * 19} … {"x" * 19}" no es de tipo "integer"'
