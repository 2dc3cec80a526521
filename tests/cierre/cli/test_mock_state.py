"""`cierre mock SPEC --stateful`: what it prints, and what it refuses."""

import json

import pytest
from click.testing import CliRunner

from cierre.cli import mock
from tests.support.library import library


@pytest.fixture
def spec(tmp_path):
    file = tmp_path / "library.json"
    file.write_text(json.dumps(library()))
    return str(file)


def run(*arguments):
    return CliRunner().invoke(mock.command, arguments)


def test_what_was_inferred_is_printed(spec):
    ended = run(spec, "--stateful", "--explain")
    assert ended.exit_code == 0, ended.output
    lines = ended.output.splitlines()
    assert lines[0] == "books: collection at /books, /books/{bookId}"
    assert "  id        id" in lines
    assert "  create    POST /books" in lines
    assert (
        "  list      GET /books (shown in data; filters title, genre, price_gte (price ≥); search q; "
        "paging page, per_page; sorting sort)"
    ) in lines
    assert "me: one at /me" in lines
    assert lines[-2:] == ["without state: 1 operations", "  GET /health"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["SPEC", "--explain"], "--explain: add --stateful"),
        (["--stateful", "--explain"], "our own contract has its real handlers"),
        (["SPEC", "--dialect", "session"], "--dialect is about our own contract"),
    ],
)
def test_options_that_say_nothing_are_refused(spec, arguments, message):
    ended = run(*[spec if word == "SPEC" else word for word in arguments])
    assert ended.exit_code == 2
    assert message in ended.output


def test_what_cannot_be_used_is_told_before_it_starts(spec, tmp_path):
    data, model = tmp_path / "boks.json", tmp_path / "model.yaml"
    data.write_text('{"boks": []}')
    model.write_text("resources: {books: {ids: isbn}}")
    for name, file, message in (
        ("--data", data, "no collection is named 'boks'; did you mean books?"),
        ("--state-model", model, "ids"),
        ("--state", tmp_path / "none" / "state.db", "--state "),
    ):
        ended = run(spec, "--stateful", name, str(file), "--port", "0")
        assert ended.exit_code != 0
        assert message in ended.output
