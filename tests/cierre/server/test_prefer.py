"""The field Prefer (RFC 7240): one reading for the service and the mock."""

import time

import pytest

from cierre.server.prefer import read_prefer


@pytest.mark.parametrize(
    ("field", "preferences"),
    [
        ("", []),
        ("return=minimal", [("return", "minimal")]),
        ("Return = Minimal ; foo=bar , handling=lenient", [("return", "Minimal"), ("handling", "lenient")]),
        ("respond-async, wait=10", [("respond-async", ""), ("wait", "10")]),
        ('example="a, b; c", code=404', [("example", "a, b; c"), ("code", "404")]),
        (r'example="a \"b\" \\", x=""', [("example", r'a "b" ' + "\\"), ("x", "")]),
        ('example="no end, code=404', []),
        ("return=minimal foo", [("return", "minimal")]),
        (",, ,=x, a b=c, ü=1, ok", [("ok", "")]),
    ],
)
def test_preferences_are_read_in_order(field, preferences):
    assert list(read_prefer(field)) == preferences


@pytest.mark.parametrize("unit", [" ", "\t", ",", ";", "=", '"', "\\", '"\\', 'x="', "x ", "x=", "x, ", "x;", '","'])
def test_it_is_read_in_one_pass_whatever_it_holds(unit):
    field = f"x,{unit * 65536},"
    begun = time.process_time()
    list(read_prefer(field))
    assert time.process_time() - begun < 1


def test_what_is_longer_than_any_preference_is_not_read():
    assert list(read_prefer(" " * 5000 + ",return=minimal")) == []
