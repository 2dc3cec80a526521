"""Answers against a document: status, headers, media type, body."""

import pytest

from cierre.oas.validation import ResponseValidator

USER = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
DOCUMENT = {
    "paths": {
        "/x": {
            "get": {
                "responses": {
                    "200": {
                        "headers": {
                            "X-Count": {"required": True, "schema": {"type": "integer"}},
                            "X-List": {"schema": {"type": "array", "items": {"type": "integer"}}},
                        },
                        "content": {"application/json": {"schema": USER}, "text/plain": {"schema": {"type": "string"}}},
                    },
                    "204": {"description": "nothing"},
                    "4XX": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                }
            }
        }
    }
}
COUNTED = {"x-count": "1"}


@pytest.fixture
def validator():
    return ResponseValidator(DOCUMENT, "/x", "GET")


@pytest.mark.parametrize(
    ("answer", "rules"),
    [
        ((200, COUNTED, "application/json", b'{"id":1}'), []),
        ((200, COUNTED, "application/json; charset=utf-8", b'{"id":1}'), []),
        ((200, COUNTED, "application/json", b"{}"), ["required"]),
        ((200, COUNTED, "application/json", b"{"), ["malformed"]),
        ((200, COUNTED, "text/plain", b"hola"), []),
        ((200, COUNTED, "text/html", b"hola"), ["mediaType"]),
        ((200, {}, "application/json", b'{"id":1}'), ["required"]),
        ((200, {"x-count": "x"}, "application/json", b'{"id":1}'), ["type"]),
        ((200, {**COUNTED, "x-list": "1,2"}, "application/json", b'{"id":1}'), []),
        ((200, {**COUNTED, "x-list": "1,b"}, "application/json", b'{"id":1}'), ["type"]),
        ((204, {}, None, b""), []),
        ((204, {}, None, b"x"), ["mediaType"]),
        ((404, {}, "application/problem+json", b"{}"), []),
        ((500, {}, None, b""), ["status"]),
    ],
)
def test_each_rule_that_an_answer_breaks_is_named(validator, answer, rules):
    assert [item.rule for item in validator.violations(*answer)] == rules
