"""The list of defects, and trying one."""

import asyncio
import re
import subprocess
import sys

import pytest

from cierre.contract_tests.defects.catalogue import SUBJECTS
from cierre.contract_tests.defects.page import ENGLISH, SPANISH
from cierre.contract_tests.defects.proxy import ProxyRequest, ProxyResponse
from cierre.contract_tests.defects.trial import try_defect
from tests.support.paths import ROOT

DEFECTS = {defect.name: defect for subject in SUBJECTS.values() for defect in subject.defects}


def test_each_defect_has_a_name_of_its_own():
    assert sum(len(subject.defects) for subject in SUBJECTS.values()) == len(DEFECTS) == 130


def test_the_page_has_each_defect_with_its_origin():
    rows = re.findall(r"^\| (.+?) \| (seeded|independent|gap) \|", (ROOT / "docs/defects.md").read_text(), re.MULTILINE)
    assert dict(rows) == {name: defect.origin for name, defect in DEFECTS.items()}


def test_the_spanish_page_is_the_english_one_in_spanish():
    english, spanish = ((ROOT / "docs" / page).read_text() for page in ("defects.md", "es/defects.md"))
    rows = re.findall(r"^\| (.+?) (\| (?:seeded|independent|gap) \| .*)$", english, re.MULTILINE)
    assert [f"| {SPANISH.of(name)} {rest}" for name, rest in rows] == re.findall(
        r"^\| .+? \| (?:seeded|independent|gap) \| .*$", spanish, re.MULTILINE
    )


def test_each_defect_and_each_subject_has_its_spanish_and_nothing_else_has():
    assert SPANISH.texts.keys() == DEFECTS.keys() | {subject.title for subject in SUBJECTS.values()}


@pytest.mark.parametrize(("words", "page"), [(ENGLISH, "docs/defects.md"), (SPANISH, "docs/es/defects.md")])
def test_the_pages_begin_as_the_command_writes_them(words, page):
    assert (ROOT / page).read_text().startswith(f"{words.introduction}\n\n## {words.of('Answers')}: ")


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


def test_the_command_takes_the_old_names_of_origins_and_writes_two_pages(real, tmp_path):
    pages = [tmp_path / "english.md", tmp_path / "spanish.md"]
    written = ("--markdown", str(pages[0]), "--markdown-es", str(pages[1]))
    done = command(real.url, "--set", "strangers", "--only", "a field comes *", *written)

    assert done.returncode == 0, done.stderr
    assert "found  a field comes twice: json_is_strict (examples)" in done.stdout
    row = "| independent | refresh | json_is_strict (examples) |"
    assert f"| a field comes twice {row}" in done.stdout
    assert f"| a field comes twice {row}" in pages[0].read_text()
    assert "## Respuestas: se encontraron 1 de 1" in pages[1].read_text()
    assert f"| un campo viene dos veces {row}" in pages[1].read_text()


def test_a_pattern_that_no_defect_has_is_an_error(real):
    done = command(real.url, "--only", "nothing like it")

    assert done.returncode == 2
    assert "no defect of these is called 'nothing like it'" in done.stderr
