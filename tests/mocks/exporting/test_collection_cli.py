"""`cierre spec collection` as a command."""

import json

import pytest
from click.testing import CliRunner

from cierre.cli import spec
from tests.support.collections import AWKWARD, requests_in


def run(*arguments):
    return CliRunner().invoke(spec.command, ["collection", *map(str, arguments)])


def test_postmans_is_written_to_the_terminal_or_a_file(tmp_path):
    shown = run(AWKWARD)
    assert len(list(requests_in(json.loads(shown.stdout)["item"]))) == 17
    file = tmp_path / "new" / "postman.json"
    assert run(AWKWARD, "-o", file).exit_code == 0
    assert file.read_text(encoding="utf-8") == shown.stdout


def test_without_a_document_it_is_of_our_contract():
    assert "force_logout" not in run().stdout
    assert "Close all sessions of any user" in run().stdout


def test_brunos_is_a_folder_and_nothing_is_written_over(tmp_path):
    folder = tmp_path / "bruno"
    assert run(AWKWARD, "--format", "bruno", "-o", folder).exit_code == 0
    assert json.loads((folder / "bruno.json").read_text(encoding="utf-8"))["type"] == "collection"
    (folder / "collection.bru").write_text("mine", encoding="utf-8")
    again = run(AWKWARD, "--format", "bruno", "-o", folder)
    assert (again.exit_code, "there is something in it already" in again.output) == (2, True)
    assert (folder / "collection.bru").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "bruno"], "name it with -o"),
        (["no-such.yaml"], "no-such.yaml"),
        ([__file__], "test_collection_cli.py"),
    ],
)
def test_what_cannot_be_done_ends_with_2(arguments, message):
    done = run(*arguments)
    assert (done.exit_code, message in done.output) == (2, True)


def test_a_folder_that_is_a_file_is_told(tmp_path):
    file = tmp_path / "file"
    file.touch()
    done = run(AWKWARD, "--format", "bruno", "-o", file / "below")
    assert (done.exit_code, "Not a directory" in done.output) == (2, True)
