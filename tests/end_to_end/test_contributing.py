"""CONTRIBUTING.md, "Add an operation": its steps, carried out in a copy of the repository as they stand there."""

import json
import re
import subprocess
import sys

import pytest

from tests.support.copies import Copy
from tests.support.paths import ROOT

STEP = re.compile(
    r"<!-- (?P<what>new|in|answers)(?:: (?P<file>\S+?)(?:, before: (?P<before>[^\n]+))?)? -->\n"
    r"```\w+\n(?P<text>.*?)```\n",
    re.DOTALL,
)
# What a step of these may touch, and nothing else: "Seven files and a test".
FILES, TESTS = 7, 1
# The tests that hold all operations, old and new, to the same rules.
OF_ALL = (
    "tests/cierre/test_architecture.py",
    "tests/openapi",
    "tests/oas/test_views.py",
    "tests/oas/test_lint.py",
    "tests/cierre/dialects",
)


def steps():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return [match.groupdict() for match in STEP.finditer(text)]


def take(copy, step):
    """A new file, or lines before the first line that begins as the step says."""
    if step["what"] == "new":
        assert not (copy.folder / step["file"]).exists()
        copy.write(step["file"], step["text"])
        return
    start = json.loads(step["before"])
    lines = copy.read(step["file"]).splitlines(keepends=True)
    number = next(number for number, line in enumerate(lines) if line.startswith(start))
    copy.write(step["file"], "".join([*lines[:number], step["text"], *lines[number:]]))


def python(copy, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=copy.folder,
        env=copy.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The copy, with all steps taken, and then `make format`."""
    made = Copy(tmp_path_factory.mktemp("contributing"))
    for step in steps():
        if step["what"] != "answers":
            take(made, step)
    python(made, "ruff", "check", "--quiet", "--fix", ".")
    python(made, "ruff", "format", "--quiet", ".")
    return made


def test_the_steps_touch_as_few_files_as_they_say():
    files = {step["file"] for step in steps() if step["file"]}
    tests = {file for file in files if file.startswith("tests/")}
    assert (len(files - tests), len(tests)) == (FILES, TESTS)


def test_after_the_contract_the_service_says_what_is_missing(tmp_path):
    copy = Copy(tmp_path, only=("cierre", "handlers", "openapi", "mocks", "contract_tests"))
    for step in steps()[:2]:
        take(copy, step)
    result = copy.run("serve", "--port", "0")
    assert result.returncode == 2
    assert result.stderr in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_nothing_is_wrong_with_the_contract_afterwards(copy):
    assert copy.run("spec", "lint").returncode == 0


def test_the_service_gives_the_answer_that_is_shown(copy):
    (shown,) = [step["text"] for step in steps() if step["what"] == "answers"]
    *commands, answer = shown.strip().split("\n")
    with copy.serving("--demo", "--validate-responses") as node:
        script = "\n".join(line.removeprefix("$ ") for line in commands).replace(
            "localhost:3000", f"127.0.0.1:{node.port}"
        )
        done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(done.stdout) == json.loads(answer)


# It runs a part of this suite once more.
@pytest.mark.long
def test_the_tests_of_the_steps_and_those_of_all_operations_pass(copy):
    own = [step["file"] for step in steps() if step["file"] and step["file"].startswith("tests/")]
    python(copy, "pytest", "-q", *own, *OF_ALL)
