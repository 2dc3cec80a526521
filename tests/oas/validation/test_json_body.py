"""JSON bodies: what is refused, and that what is fine passes."""

import json

import pytest

from cierre.oas.validation import MalformedBody, decode_json


@pytest.mark.parametrize(
    "raw",
    [b"null", b"0", b'""', b"[]", b"{}", b'{"a":{"b":["c",1,true,null]}}', b' {"a" : 1} ', '"ñ \\u00e9"'.encode()],
)
def test_json_is_read_as_the_standard_library_reads_it(raw):
    assert decode_json(raw) == json.loads(raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"{", "not a JSON text"),
        (b"\xff", "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b'"\\ud800"', "surrogate"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"NaN", "not a JSON text"),
        (b"[Infinity]", "not a JSON text"),
        (b"1e400", "infinity"),
        (b"{} x", "not a JSON text"),
        (b"{'a': 1}", "not a JSON text"),
        (b"[1,]", "not a JSON text"),
    ],
)
def test_what_is_no_json_text_is_refused_with_a_reason(raw, reason):
    with pytest.raises(MalformedBody, match=reason):
        decode_json(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'[{"x":{"a":"b","a":"c"}}]',
        b'{"a":"\\"","a":"x"}',
        b'{"a" :1 , "a" : 2}',
        b'{"a":[[[1]]],"a":1}',
    ],
)
def test_a_name_that_occurs_twice_is_refused(raw):
    with pytest.raises(MalformedBody, match='"a" occurs twice'):
        decode_json(raw)


@pytest.mark.parametrize(
    "raw", [b'{"a":"\\"","b":"\\\\"}', b'{"a":{"a":{"a":1}}}', b'["a","a",{"a":"a"}]', b'{"":"\\u0022"}']
)
def test_quotes_in_strings_and_equal_names_in_different_objects_are_fine(raw):
    assert decode_json(raw) == json.loads(raw)


def test_a_hundred_levels_are_read_and_one_more_is_not():
    assert decode_json(b"[" * 100 + b"]" * 100)
    with pytest.raises(MalformedBody, match="100 levels"):
        decode_json(b"[" * 101 + b"]" * 101)


def test_a_hundred_thousand_brackets_are_refused_without_a_crash():
    with pytest.raises(MalformedBody):
        decode_json(b"[" * 100_000)
    with pytest.raises(MalformedBody):
        decode_json(b"[" * 100_000 + b"]" * 100_000)


def test_depth_hidden_behind_a_duplicate_name_does_not_crash_the_reader():
    deep = b"[" * 1000 + b"]" * 1000
    with pytest.raises(MalformedBody):
        decode_json(b'{"a":' + deep + b',"a":1}')


def test_many_brackets_side_by_side_are_not_deep():
    assert len(decode_json(b"[" + b",".join([b"[]"] * 500) + b"]")) == 500
