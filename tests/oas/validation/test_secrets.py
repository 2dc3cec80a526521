"""No violation repeats a password or a token, whichever rule is broken; other values are shown, for they help."""

import pytest

from cierre.oas.validation import SchemaCompiler

SECRET = "hunter2-hunter2"
DOCUMENT = {
    "components": {
        "schemas": {
            "Pin": {"type": "string", "format": "password"},
            "Body": {
                "type": "object",
                "properties": {
                    "pin": {"$ref": "#/components/schemas/Pin"},
                    "answer": {"type": "string", "writeOnly": True},
                    "composed": {"allOf": [{"$ref": "#/components/schemas/Pin"}]},
                },
            },
        }
    },
    "paths": {"/a": {"get": {"parameters": [{"in": "query", "name": "otp", "schema": {"format": "password"}}]}}},
}
NAMES = [
    *(
        "password",
        "newPassword",
        "current_password",
        "passwd",
        "token",
        "accessToken",
        "refresh_token",
        "idToken",
        "tokens",
    ),
    *(
        "secret",
        "client_secret",
        "clientSecret",
        "Authorization",
        "X-Api-Key",
        "api_key",
        "cookie",
        "jwt",
        "contraseña",
    ),
    *("client_assertion", "credentials", "pin", "answer", "composed", "otp"),
]
RULES = [
    {"minLength": 99},
    {"maxLength": 1},
    {"pattern": "^[0-9]$"},
    {"pattern": r"(?<!x)^[0-9](?=$)\Z"},
    {"enum": ["a", "b"]},
    {"const": "a"},
    {"format": "email"},
    {"type": "integer"},
    {"not": {"type": "string"}},
    {"anyOf": [{"type": "integer"}, {"maxLength": 1}]},
    {"oneOf": [{"type": "string"}, {"minLength": 1}]},
    {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
]


def violations(schema, value, prefix="", location="body"):
    compiler = SchemaCompiler(DOCUMENT, version="3.1", direction="request")
    return compiler.compile(schema).violations(value, location, prefix)


def messages(schema, value, **more):
    found = violations(schema, value, **more)
    assert found
    return " ".join(one.message + one.pointer for one in found)


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("name", ["password", "pin"])
def test_no_rule_repeats_a_secret(rule, name):
    assert SECRET not in messages({"properties": {name: rule}}, {name: SECRET})
    assert SECRET not in messages({"properties": {name: {"items": rule}}}, {name: [SECRET]})


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_known_by_its_name_or_by_what_the_document_says_of_it(name):
    assert SECRET not in messages({"properties": {name: {"maxLength": 1}}}, {name: SECRET})
    assert SECRET not in messages({"maxLength": 1}, SECRET, prefix=f"/{name}", location="query")


@pytest.mark.parametrize(
    "name", ["deviceId", "tokenFormat", "token_type_hint", "username", "reason", "grant_type", "clientId", "cursor"]
)
def test_what_is_no_secret_is_shown(name):
    assert SECRET in messages({"properties": {name: {"maxLength": 1}}}, {name: SECRET})
    assert SECRET in messages({"maxLength": 1}, SECRET, prefix=f"/{name}", location="query")


@pytest.mark.parametrize(
    "schema",
    [
        {"maxProperties": 0},
        {"anyOf": [{"required": ["x"]}, {"required": ["y"]}]},
        {"not": {"type": "object"}},
        {"enum": [1]},
        {"properties": {"inner": {"maxProperties": 0}}},
    ],
    ids=str,
)
def test_an_object_is_not_shown_with_the_secrets_inside_it(schema):
    assert SECRET not in messages(schema, {"inner": {"list": [{"password": SECRET}]}, "password": SECRET})


@pytest.mark.parametrize("value", [SECRET, [SECRET], [[SECRET]]])
def test_a_body_that_is_no_object_at_all_is_not_shown(value):
    """Whoever sends a token alone means a token."""
    assert SECRET not in messages({"type": "object"}, value)


def test_the_rule_is_told_so_that_the_request_can_be_mended():
    (violation,) = violations({"properties": {"password": {"minLength": 99}}}, {"password": SECRET})
    assert violation.message == "the value, which is not repeated here, breaks the rule minLength 99"
    assert (violation.pointer, violation.rule) == ("/password", "minLength")


def test_a_pattern_that_only_python_reads_is_told_without_the_text():
    schema = {"properties": {"password": {"pattern": "^(a)?(?(1)b|c)$"}}}
    (violation,) = violations(schema, {"password": SECRET})
    assert violation.message == ('the value, which is not repeated here, breaks the rule pattern "^(a)?(?(1)b|c)$"')
    assert violation.rule == "pattern"
