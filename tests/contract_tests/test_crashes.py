"""What two server errors say decides whether they are one finding."""

import json

import pytest

from cierre.contract_tests.crashes import said
from cierre.contract_tests.exchanges import Exchange

TRACE = 'Traceback (most recent call last):\n  File "app.py", line {line}, in f\n{what}'
NODE = "TypeError: x is not a function\n    at handler (/srv/app.js:{line}:7)\n    at next (/srv/express.js:9:1)"
SAME = [
    ('{"error": "KeyError: \'name\'", "traceId": "a1"}', '{"error": "KeyError: \'name\'", "traceId": "b2"}'),
    ("could not convert milk to a number", "could not convert bread to a number"),
    ("<h1>Internal Server Error</h1><p>9f3e</p>", "<h1>Internal Server Error</h1><p>77aa</p>"),
    (TRACE.format(line=7, what="ValueError: milk"), TRACE.format(line=7, what="ValueError: bread")),
    ('{"detail": "broken", "path": "/things/1"}', '{"detail": "broken", "path": "/things/2"}'),
]
DIFFERENT = [
    ("ZeroDivisionError: division by zero", "IndexError: list index out of range"),
    ("java.lang.NullPointerException: null", "java.lang.IllegalStateException: null"),
    ("no such table", "database is locked"),
    (TRACE.format(line=7, what="ValueError: milk"), TRACE.format(line=9, what="ValueError: milk")),
    (NODE.format(line=3), NODE.format(line=5)),
]


def answer(body, item, status=500, kind="text/plain"):
    sent = json.dumps({"item": item}).encode()
    return Exchange(
        "POST /x", "fuzzing", "POST", "http://h/x", (), sent, status, "", (("Content-Type", kind),), body.encode(), 0, 0
    )


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_changes_with_the_request_says_nothing(one, other):
    assert said(answer(one, "milk")).is_like(said(answer(other, "bread")))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_words_or_another_place_are_another_cause(one, other):
    assert not said(answer(one, "milk")).is_like(said(answer(other, "milk")))


def test_another_status_is_another_cause():
    assert not said(answer("", "milk")).is_like(said(answer("", "milk", status=503)))


def test_the_words_of_another_form_are_not_compared():
    assert said(answer("error interno", "x")).is_like(said(answer("internal error", "x", kind="application/json")))
    typed = said(answer("KeyError: x", "y", kind="application/json"))
    assert not said(answer("ValueError: x", "y")).is_like(typed)
