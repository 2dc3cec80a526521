"""Passwords and keys that a run was given stand in no report, and a curl of a report still sends them."""

import json
import subprocess
from urllib.parse import parse_qs, urlencode

import pytest

from cierre.contract_tests.exchanges import Exchange, curl
from cierre.contract_tests.secrets import Secrets

PATH = {"PATH": "/usr/bin:/bin"}
PASSWORDS = ["horse", "p", "password", 'a"b\\c', "un año, señor & 100%", "it's $HOME `id`", "  ", "söö\N{SNOWMAN}"]


def sent(body, headers=(), url="http://127.0.0.1/"):
    return Exchange("", "", "POST", url, tuple(headers), body, 200, "", (), b"", 0.0, 0.0)


def kept(password):
    secrets = Secrets()
    secrets.keep("PASSWORD", password)
    return secrets


def what_curl_sends(exchange, secrets, password):
    """The arguments of the curl that is printed, as a shell makes them, where PASSWORD is set."""
    script = "curl() { printf '%s\\0' \"$@\"; }\n" + curl(exchange, secrets)
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env=PATH | {"PASSWORD": password})
    return done.stdout.split(b"\0")[:-1]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(
    "write",
    [
        lambda password: json.dumps({"username": "maria", "password": password}).encode(),
        lambda password: json.dumps({"username": "maria", "password": password}, ensure_ascii=False).encode(),
        lambda password: urlencode({"username": "maria", "password": password}).encode(),
        lambda password: json.dumps({"password": password, "note": "?"}).replace("?", "\x07").encode(),
    ],
    ids=["json", "utf-8", "form", "with control characters"],
)
def test_a_password_is_not_shown_and_the_curl_sends_the_same_body(password, write):
    body, secrets = write(password), kept(password)

    printed = curl(sent(body), secrets)
    came = what_curl_sends(sent(body), secrets, password)[-1]

    told = printed.split("--data-binary")[1]
    assert "PASSWORD" in told
    assert password not in told.replace("password", "").replace("maria", "") or len(password.strip()) < 2
    assert _read(came) == _read(body)


def _read(body):
    text = body.decode()
    return json.loads(text, strict=False) if text.startswith("{") else parse_qs(text)


@pytest.mark.parametrize("password", PASSWORDS)
def test_basic_credentials_are_made_from_the_password(password):
    secrets = kept(password)
    header = f"Basic {secrets.basic('resource server', password)}"
    exchange = sent(b"", [("Authorization", header)])

    assert header.removeprefix("Basic ") not in curl(exchange, secrets)
    assert f"Authorization: {header}".encode() in what_curl_sends(exchange, secrets, password)


def test_a_curl_without_its_password_says_what_to_set():
    printed = curl(sent(b'{"password":"horse"}'), kept("horse"))

    done = subprocess.run(["bash", "-c", printed], check=False, capture_output=True, text=True, env=PATH)

    assert done.returncode != 0
    assert "PASSWORD: set it first" in done.stderr


def test_two_secrets_of_one_name_get_a_variable_each():
    secrets = Secrets()
    secrets.keep("PASSWORD", "horse")
    secrets.keep("PASSWORD", "battery")

    assert secrets.hide("horse battery") == "$PASSWORD $PASSWORD_2"


def test_a_password_that_is_a_word_leaves_names_of_members_alone():
    hidden = kept("password").hide('{"password": "password", "passwords": 1}')

    assert hidden == '{"password": "$PASSWORD", "passwords": 1}'
