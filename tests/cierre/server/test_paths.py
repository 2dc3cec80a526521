"""Paths that two readers take for different ones, and what of a path is logged."""

import json

import pytest

from cierre.server.paths import is_ambiguous, is_of_host, loggable
from cierre.server.printable import printable, printable_json


@pytest.mark.parametrize(
    "path",
    [
        b"/a%2fb",
        b"/a%2Fb",
        b"/a%5cb",
        b"/a\\b",
        b"//a",
        b"/a//b",
        b"/a//",
        b"/a/../b",
        b"/a/..",
        b"/./a",
        b"/a/%2e%2E/b",
        b"/a/.%2e",
        b"/%2e/",
        b"/api/v1/%61dmin/audit-events",
        b"/%5A",
        b"/%31",
        b"/audit%2devents",
        b"/jwks%2Ejson",
        b"/%5f%7e",
    ],
)
def test_a_path_with_two_meanings_is_found(path):
    assert is_ambiguous(path)


@pytest.mark.parametrize(
    "path", [b"/", b"/a/", b"/.well-known/jwks.json", b"/a..b/..c", b"/a%20b%C3%B1%0a%7b", b"/1%7Cabc", b"/%3A%40"]
)
def test_any_other_path_is_not(path):
    assert not is_ambiguous(path)


@pytest.mark.parametrize("target", [b"/a?b=http://c/", b"*", b"http://HOST:1/a", b"http://host:1", b"http://host:1?a"])
def test_a_target_may_be_a_path_or_the_address_of_its_host(target):
    assert is_of_host(target, b"host:1")


@pytest.mark.parametrize(
    "target", [b"/a#b", b"/a?b#", b"http://other/a", b"http://host/a", b"http://u@host:1/", b"a://"]
)
def test_no_other_target_is_of_this_host(target):
    assert not is_of_host(target, b"host:1")


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/api/v1/auth/sessions/0123456789abcdef01234567", "/api/v1/auth/sessions/0123456789abcdef01234567"),
        ("/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server"),
        ("/logout/" + "t" * 43, "/logout/***"),
        ("/logout/eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl/x", "/logout/***/x"),
        ("/logout/1|abcdef12", "/logout/***"),
        ("/logout/1%7Cabcdef12", "/logout/***"),
    ],
)
def test_what_may_be_a_token_is_not_logged(path, logged):
    assert loggable(path) == logged


def test_a_long_path_is_cut():
    assert len(loggable("/a" * 4000)) < 600


def test_what_a_terminal_would_carry_out_is_written_out():
    assert printable("a\x1b[2J\x9b\n\x7fñ\u202e") == r"a\x1b[2J\x9b\n\x7fñ\u202e"
    assert printable("a\nb", keep="\n") == "a\nb"


def test_json_that_is_shown_moves_no_cursor_and_says_the_same():
    value = {"agent": "a\x9b31m\x7f\u202eb\U000e0001 ñ 😀"}
    shown = printable_json(json.dumps(value, ensure_ascii=False))
    assert shown.isprintable()
    assert json.loads(shown) == value
    assert "ñ 😀" in shown
