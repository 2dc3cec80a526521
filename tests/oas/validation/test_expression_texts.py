"""Texts of a regular expression: each choice of it is drawn, and what is written matches."""

import re
from random import Random

import pytest

from cierre.oas.validation import expression_texts
from cierre.oas.validation.expression_texts import writer_of


def texts(expression, count=200):
    write, rng = writer_of(expression), Random(1)
    return [write(rng) for _ in range(count)]


@pytest.mark.parametrize(
    "expression",
    [
        r"^[0-9a-f]{12}\Z",
        r"^(a|bc)+\d{2,4}x?\Z",
        r"^[^a-z]{3}\Z",
        r"^(?P<year>\d)-(?P=year)\Z",
        r"^(\w)\1(?:[A-Z]{2})?\s\S\Z",
        r"^\D\W.{3,5}\Z",
        r"^[\w.-]+@[^\W\d]+\.com\Z",
        r"(?i)^abc[^\n]\Z",
        r"^(?>ab)c*+d*?\b\Z",
        r"^a{0}\x41\u0042[à-ü]\Z",
        r"^[\u0000-\U0010ffff][^\u0080-\U0010ffff]\Z",
    ],
)
def test_what_is_written_matches(expression):
    assert [text for text in texts(expression) if not re.search(expression, text)] == []


def test_every_choice_is_drawn():
    assert set(texts(r"(?:a|[bc]|d{2,3})")) == {"a", "b", "c", "dd", "ddd"}


def test_the_same_seed_writes_the_same_text():
    assert texts(r"[a-z]{8}") == texts(r"[a-z]{8}")


def test_a_repetition_without_end_has_one():
    assert max(map(len, texts("a*", 2000))) <= 100


def test_a_condition_asks_whether_a_group_was_written():
    assert set(texts(r"(a)?(?(1)b|c)")) == {"ab", "c"}
    assert set(texts(r"(a)?(?(1)b)")) == {"ab", ""}


def test_a_group_that_was_not_written_is_empty():
    assert set(texts(r"(?:(a)|b)\1")) == {"aa", "b"}


@pytest.mark.parametrize(
    ("expression", "error"),
    [("[", re.error), (r"[^\s\S]", ValueError)],
)
def test_what_cannot_be_written_is_an_error(expression, error):
    with pytest.raises(error):
        writer_of(expression)


def test_what_a_later_python_reads_and_nothing_is_written_for_is_an_error():
    with pytest.raises(ValueError, match="FAILURE"):
        expression_texts._compound(expression_texts.codes.FAILURE, ())
