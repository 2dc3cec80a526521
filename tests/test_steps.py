"""`python -m tests.steps`: what `make test` runs, and how it tells."""

import re
import sys

import pytest

from tests import steps
from tests.support.eventually import eventually
from tests.support.processes import is_running
from tests.support.scheduling import TOGETHER, SharingScheduling


@pytest.fixture
def step(tmp_path):
    """`step("name", "print(1)", …)`: Python code as the commands of a step."""
    return lambda name, *code: steps.Step(name, *(f'{sys.executable} -c "{one}"' for one in code), logs=tmp_path)


def test_each_step_is_told_with_its_number_its_seconds_and_its_last_words(step, capsys):
    assert steps.run([step("one", "print('fine')"), step("two", "print('as well')")], at_once=1) == 0
    lines = re.sub(r"\d+ s:", "… s:", capsys.readouterr().out).splitlines()
    assert lines == [
        "[1 of 2] one …",
        "[1 of 2] one: passed, … s: fine",
        "[2 of 2] two …",
        "[2 of 2] two: passed, … s: as well",
    ]


def test_a_step_that_fails_ends_there_names_its_log_and_stops_no_other(step, capsys):
    broken = step("broken", "print('what was wrong'); raise SystemExit(3)", "print('never')")
    ran = [broken, step("next", "print('still')")]
    assert steps.run(ran, at_once=2) == 1
    printed = capsys.readouterr().out
    assert [one.code for one in ran] == [3, 0]
    assert "broken: FAILED" in printed
    assert f"what was wrong\nThe whole log: {broken.log}" in printed
    assert "never" not in broken.log.read_text().partition("what was wrong")[2]
    assert "broken       FAILED" in steps.table(ran)


def test_while_a_step_runs_it_is_told_how_far_it_is(step, capsys):
    slow = step("slow", "import time; print('.... [ 42%]', flush=True); time.sleep(1)")
    assert steps.run([slow], at_once=1, telling=0.3) == 0
    assert re.search(r"… slow 42% \d s", capsys.readouterr().out)


async def test_a_step_that_takes_too_long_is_stopped_with_all_that_it_started(step, capsys):
    slow = step("slow", "import subprocess as s, time; print(s.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)")
    slow.limit = 1.0
    assert steps.run([slow], at_once=1) == 1
    assert "Stopped: it took longer than 1 s" in capsys.readouterr().out
    started = int(slow.log.read_text().splitlines()[1])
    await eventually(lambda: not is_running(started))


def test_of_the_long_tests_those_that_share_something_dear_run_in_one_process():
    split = SharingScheduling._split_scope
    for file in TOGETHER:
        assert (steps.ROOT / file).is_file()
        assert split(None, f"{file}::test_one[a]") == split(None, f"{file}::test_two") == file
    assert split(None, "tests/test_steps.py::test_one[a]") == "tests/test_steps.py::test_one[a]"


def test_a_step_that_is_none_is_a_usage_error(capsys):
    with pytest.raises(SystemExit, match="2"):
        steps.main(["lint", "lnit"])
    assert "no such step: lnit" in capsys.readouterr().err
