"""`cierre.domain.password_rules`: which passwords are accepted, and which rule is named otherwise."""

import pytest

from cierre.dialects import envelope, problem, respuesta, session
from cierre.dialects.rendering import FailureContext
from cierre.domain import password_rules
from cierre.errors import PasswordContainsName, PasswordTooCommon, PasswordTooShort

EMAIL = "usuario@ejemplo.com"
CONTEXT = FailureContext("en", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "/api/v1/auth/password", 0)


def check(password, *, email=EMAIL, min_length=12):
    password_rules.check(password, email=email, min_length=min_length)


@pytest.mark.parametrize(
    "password",
    ["correct horse battery staple", "otra-contraseña-larga", "Wk3$aaqpZ91x", "839472938475610", "ñandú y más ñandú"],
)
def test_a_long_password_of_ones_own_is_accepted(password):
    check(password)


@pytest.mark.parametrize(("length", "min_length"), [(11, 12), (19, 20), (8, 9)])
def test_one_that_is_shorter_than_the_operator_asks_for_is_too_short(length, min_length):
    password = "k9!vTz2#qLp7*wXr4&Ns"[:length]
    with pytest.raises(PasswordTooShort) as refused:
        check(password, min_length=min_length)
    assert refused.value.min_length == min_length
    check(password + "~", min_length=min_length)


@pytest.mark.parametrize(
    "password",
    [
        "qwerty123456",
        "QWERTY123456",
        "justinbieber",
        "password1234",
        "!!Password2026!!",
        "123456123456",
        "passwordpassword",
        "PasswordPassword1",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "            ",
    ],
)
def test_one_that_is_tried_first_is_too_common(password):
    with pytest.raises(PasswordTooCommon):
        check(password)


@pytest.mark.parametrize(
    "password", ["usuario@ejemplo.com", "USUARIO@ejemplo.com", "my-usuario-2026", "el secreto del Usuario"]
)
def test_one_that_contains_what_the_user_logs_in_by_is_refused(password):
    with pytest.raises(PasswordContainsName):
        check(password)


def test_a_name_of_three_letters_stands_in_too_many_words_to_be_looked_for():
    check("una mañana en Habana", email="ana@ejemplo.com")
    with pytest.raises(PasswordContainsName):
        check("es de ana@ejemplo.com", email="ana@ejemplo.com")


@pytest.mark.parametrize("password", ["qwerty123456", "sh0rt", "mi-usuario-secreto"])
def test_the_rule_is_told_in_each_dialect_and_the_password_in_none(password):
    with pytest.raises(Exception) as refused:  # noqa: PT011 - which one is asked above
        check(password)
    for dialect in (session, envelope, respuesta, problem):
        rendered = dialect.failure(refused.value, CONTEXT)
        assert rendered.status == 400
        assert "The new password" in str(rendered.body)
        assert password not in str(rendered.body)
    assert password not in repr(refused.value)


def test_what_is_missing_of_the_length_is_told_in_words_and_as_a_number():
    refused = PasswordTooShort(min_length=15)
    assert "15 characters" in str(respuesta.failure(refused, CONTEXT).body)
    assert session.failure(refused, CONTEXT).body["details"] == {"rule": "too_short", "minLength": 15}
    assert envelope.failure(refused, CONTEXT).body["errors"] == {
        "newPassword": ["The new password must have at least 15 characters"]
    }
