"""The numbers of README.md are those of the tables that commands write, and of the tests that it names."""

import re
from decimal import Decimal

import pytest

from tests.support.paths import ROOT

README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
PERFORMANCE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
LOGOUT = "logout on PostgreSQL, 16 at once: to "
MOCK = "mock, logout with validation: to "
# As the README says it, and the row of the goals' table.
RATIOS = {
    "times stock Connexion": f"{LOGOUT}stock Connexion, SQLAlchemy async ORM",
    "times simplejwt's": f"{LOGOUT}djangorestframework-simplejwt",
    "times better-auth": f"{LOGOUT}better-auth",
    "times django-rest-knox": f"{LOGOUT}django-rest-knox",
    "times oidc-provider": f"{LOGOUT}oidc-provider",
    "times Prism,": f"{MOCK}Prism",
    "times Prism with its log silent": f"{MOCK}Prism, -v silent",
    "times openapi-backend": f"{MOCK}openapi-backend",
    "of Prism's time": "mock, start to first answer, our contract: of Prism's",
}


def measured(row):
    cells = next(line.split("|") for line in PERFORMANCE.splitlines() if line.startswith(f"| {row} |"))
    return Decimal(cells[3].strip())


@pytest.mark.parametrize("words", RATIOS)
def test_a_ratio_is_the_measured_one_rounded(words):
    said = Decimal(re.search(rf"([\d.]+) {re.escape(words)}", README)[1])
    half_of_its_last_digit = Decimal(5).scaleb(said.as_tuple().exponent - 1)
    assert abs(measured(RATIOS[words]) - said) <= half_of_its_last_digit


def test_every_ratio_of_the_readme_is_compared():
    assert len(re.findall(r"\b[\d.]+ times ", README)) == sum(words.startswith("times") for words in RATIOS)


def test_what_is_different_has_no_other_number():
    """Each number of the section is compared here, but for how many logouts were measured at once."""
    section = README.partition("## What is different")[2]
    compared = sum(word in section for word in RATIOS) + len(["24 logouts", "16 at once", "seeded defects"])
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
