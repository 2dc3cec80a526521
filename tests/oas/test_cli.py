"""`cierre spec` as a person or a script uses it."""

import json

import pytest
from click.testing import CliRunner

from cierre.cli.spec import command
from cierre.oas import DIALECTS, bundle, load, view


@pytest.fixture
def run():
    return lambda *arguments, **options: CliRunner().invoke(command, arguments, **options)


def test_linting_the_contract_says_nothing_and_succeeds(run):
    result = run("lint")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.endswith("no problems\n")


def test_linting_tells_each_problem_on_a_line_and_fails(run, tmp_path):
    file = tmp_path / "theirs.yaml"
    file.write_text("openapi: 3.0.3\ninfo: {title: t, version: '1'}\n", encoding="utf-8")
    result = run("lint", str(file))
    assert result.exit_code == 1
    assert result.stdout == f'{file}:1:1: "paths" is required [openapi]\n'
    assert result.stderr == f"{file}: 1 problem\n"


def test_linting_a_file_that_is_no_yaml_says_where(run, tmp_path):
    file = tmp_path / "theirs.yaml"
    file.write_text("openapi: [", encoding="utf-8")
    result = run("lint", str(file))
    assert result.exit_code == 1
    assert "theirs.yaml:" in result.stdout


@pytest.mark.parametrize("name", ["contract.json", "contract.yaml", "contract"])
def test_a_bundle_is_written_by_suffix_and_reads_the_same(run, tmp_path, name):
    file = tmp_path / name
    assert run("bundle", "-o", str(file)).exit_code == 0
    assert load(file) == bundle(load())


@pytest.mark.parametrize("words", [("bundle",), ("view", "dto")])
def test_the_folder_of_the_output_is_made(run, tmp_path, words):
    file = tmp_path / "types" / "deep" / "contract.json"
    assert run(*words, "-o", str(file)).exit_code == 0
    assert load(file)["openapi"] == "3.0.3"


def test_a_folder_that_cannot_be_made_is_told_in_a_line(run, tmp_path):
    (tmp_path / "types").write_text("a file")
    result = run("bundle", "-o", str(tmp_path / "types" / "contract.json"))
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "File exists" in result.stderr


def test_a_bundle_goes_to_the_terminal_in_the_format_that_was_asked_for(run):
    assert json.loads(run("bundle", "--format", "json").stdout) == bundle(load())
    assert run("bundle").stdout.startswith("openapi: 3.0.3\n")


def test_options_come_from_the_environment_as_well(run):
    assert run("bundle", env={"CIERRE_FORMAT": "json"}).stdout.startswith("{")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_view_is_written(run, tmp_path, dialect):
    file = tmp_path / "view.json"
    assert run("view", dialect, "-o", str(file)).exit_code == 0
    assert load(file) == view(load(), dialect)


def test_an_unknown_dialect_is_the_user_s_mistake(run):
    result = run("view", "esperanto")
    assert result.exit_code == 2
    assert "session" in result.stderr


def test_a_broken_contract_is_not_bundled(run, tmp_path):
    file = tmp_path / "theirs.yaml"
    file.write_text("openapi: 3.0.3\npaths: {/a: {$ref: nowhere.yaml}}\n", encoding="utf-8")
    result = run("bundle", str(file))
    assert result.exit_code == 2
    assert "nowhere.yaml" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_place_that_cannot_be_written_is_one_line(run, tmp_path):
    (tmp_path / "file").touch()
    result = run("bundle", "-o", str(tmp_path / "file" / "contract.yaml"))
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: {tmp_path}/file")
