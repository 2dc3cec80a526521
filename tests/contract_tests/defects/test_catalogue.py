"""The list of defects, and trying one."""

import asyncio
import re
import subprocess
import sys

import pytest

from cierre.contract_tests.defects.catalogue import SUBJECTS
from cierre.contract_tests.defects.proxy import ProxyRequest, ProxyResponse
from cierre.contract_tests.defects.trial import try_defect
from tests.support.paths import ROOT

DEFECTS = {defect.name: defect for subject in SUBJECTS.values() for defect in subject.defects}


def test_each_defect_has_a_name_of_its_own():
    assert sum(len(subject.defects) for subject in SUBJECTS.values()) == len(DEFECTS) == 130


def test_the_page_has_each_defect_with_its_origin():
    rows = re.findall(r"^\| (.+?) \| (seeded|independent|gap) \|", (ROOT / "docs/defects.md").read_text(), re.MULTILINE)
    assert dict(rows) == {name: defect.origin for name, defect in DEFECTS.items()}


def answers(behaviour, *statuses):
    """What a client gets for requests that the server answers with these statuses."""
    replies = iter(statuses)

    async def forward(_request):
        return ProxyResponse(next(replies), [], b"{}")

    async def send():
        request = ProxyRequest("GET", "/api/v1/auth/sessions", [("authorization", "Bearer token")], b"")
        return [(await behaviour(request, forward)).status for _ in statuses]

    return asyncio.run(send())


def test_a_defect_remembers_nothing_of_the_run_before():
    defect = DEFECTS["a missing token is not noticed"]

    assert answers(defect.make(), 200, 401) == [200, 200]
    assert answers(defect.make(), 401) == [401]


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("a wrong password is 403", "status_code_conformance"),
        ("a missing token is not noticed", "ignored_auth"),
        ("a token outlives its session", "the_rules_of_closing_a_session"),
    ],
)
def test_a_defect_is_found(real, name, check):
    outcome = try_defect(real.url, DEFECTS[name], seed=1)

    assert outcome.found
    assert outcome.by.split()[0] == check


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "cierre.contract_tests.defects", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_command_takes_the_old_names_of_origins(real):
    done = command(real.url, "--set", "strangers", "--only", "a field comes *")

    assert done.returncode == 0, done.stderr
    assert "found  a field comes twice: json_is_strict (examples)" in done.stdout
    assert "| a field comes twice | independent | refresh | json_is_strict (examples) |" in done.stdout


def test_a_pattern_that_no_defect_has_is_an_error(real):
    done = command(real.url, "--only", "nothing like it")

    assert done.returncode == 2
    assert "no defect of these is called 'nothing like it'" in done.stderr
