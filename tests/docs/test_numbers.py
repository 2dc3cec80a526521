"""The numbers of README.md are those of the tables that commands write, and of the tests that it names."""

import re
from decimal import Decimal

import pytest

from benchmarks.claims import CLAIMS, before, measured, renewed
from tests.support.paths import ROOT

README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
PERFORMANCE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.english)
def test_a_ratio_is_the_measured_one_rounded(claim):
    said = Decimal(before(claim.english).search(README)[0])
    assert said == claim.rounded(measured(PERFORMANCE, claim.row))


def test_every_ratio_of_the_readme_is_compared():
    assert len(re.findall(r"\b[\d.]+ times ", README)) == sum(one.english.startswith("times") for one in CLAIMS)


@pytest.mark.parametrize(("name", "spanish"), [("README.md", False), ("README.es.md", True)])
def test_the_command_that_writes_the_tables_writes_the_ratios_of_the_readme(name, spanish):
    readme = (ROOT / name).read_text(encoding="utf-8")
    numbers = before(CLAIMS[0].spanish if spanish else CLAIMS[0].english)
    changed = numbers.sub("99.9", readme)
    assert changed != readme
    assert renewed(changed, PERFORMANCE, spanish=spanish) == readme


def test_what_is_different_has_no_other_number():
    """Each number of the section is compared here, but for how many logouts were measured at once."""
    section = README.partition("## What is different")[2]
    compared = sum(claim.english in section for claim in CLAIMS) + len(["24 logouts", "16 at once", "seeded defects"])
    assert len(re.findall(r"(?<![\w./])\d+(?:\.\d+)?(?![\w./-]*[a-z/])", section.replace("Apache-2.0", ""))) == compared


def test_the_seeded_defects_are_those_of_their_page():
    page = (ROOT / "docs" / "defects.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## .*: (\d+) of (\d+) were found$", page, re.MULTILINE)
    counts = [(int(found), int(of)) for found, of in headings]
    assert all(found == of for found, of in counts)
    assert f"{sum(of for _, of in counts)} seeded defects, all found" in README


def test_the_simultaneous_logouts_are_those_of_their_test():
    races = (ROOT / "tests" / "end_to_end" / "test_races.py").read_text(encoding="utf-8")
    count = re.search(r"^AT_ONCE = (\d+)", races, re.MULTILINE)[1]
    assert f"{count} logouts with one token at once" in README


def test_what_an_installation_brings_is_as_it_was_measured():
    rows = dict(re.findall(r"^\| `cierre(\S*)` \| (\d+ \| \d+) \|", PERFORMANCE, re.MULTILINE))
    said = re.findall(r"\| `\.(\S*)` \| (\d+), (\d+) \|", README)
    assert len(said) == 5
    for extra, packages, megabytes in said:
        assert rows[extra] == f"{packages} | {megabytes}"
