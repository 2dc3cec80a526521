"""The authentication file."""

import pytest

from cierre.contract_tests.auth import file
from cierre.contract_tests.findings import CouldNotRun


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- scheme: [", "while parsing"),
        ("- scheme: a\n  pasword: b", "pasword"),
        ("- login: {path: /login}", "json"),
        ("nonsense", "not understood"),
        ("- {scheme: a, bearer: $CIERRE_NOT_SET}", r"auth.yaml: \$CIERRE_NOT_SET is not set"),
        ("- {scheme: a, bearer: '${CIERRE_NOT_SET}'}", r"auth.yaml: \$CIERRE_NOT_SET is not set"),
    ],
)
def test_an_authentication_file_that_is_not_understood_is_said(tmp_path, text, problem):
    path = tmp_path / "auth.yaml"
    path.write_text(text)

    with pytest.raises(CouldNotRun, match=problem):
        file.read(path)


def test_an_authentication_file_takes_secrets_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("NOTES_KEY", "of-iron")
    path = tmp_path / "auth.yaml"
    path.write_text("- scheme: apiKey\n  value: $NOTES_KEY\n")

    assert file.read(path)[0].value == "of-iron"


def test_an_authentication_file_says_what_must_be_hidden(tmp_path, monkeypatch):
    monkeypatch.setenv("STAGING_PASSWORD", "of-iron")
    path = tmp_path / "auth.yaml"
    path.write_text(
        "- {scheme: basic, username: maria, password: of-wood}\n"
        "- scheme: bearerAuth\n"
        "  login: {path: /login, json: {user: maria, pass: $STAGING_PASSWORD}, token: /token}\n"
        "- {scheme: apiKey, value: of-glass}\n"
        "- {scheme: bearerAuth, bearer: of-paper}\n"
    )

    assert [entry.hidden for entry in file.read(path)] == [
        {"of-wood": "PASSWORD"},
        {"of-iron": "STAGING_PASSWORD"},
        {"of-glass": "VALUE"},
        {"of-paper": "BEARER"},
    ]
