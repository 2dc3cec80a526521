"""Each seeded defect is found: one of each subject always, all of them with `-m long`."""

import pytest

from cierre.contract_tests.defects.catalogue import SUBJECTS
from cierre.contract_tests.defects.service import service
from cierre.contract_tests.defects.trial import try_defect, try_without

ALL = [(name, defect) for name, subject in SUBJECTS.items() for defect in subject.defects]
# The first of each subject.
SAMPLE = list(dict(reversed(ALL)).values())


@pytest.fixture(scope="module")
def url():
    """A service that no other test uses: a defect may leave another password behind."""
    with service() as url:
        yield url


@pytest.mark.long
def test_nothing_is_found_without_a_defect(url):
    report = try_without(url, seed=1)
    assert (report.findings, report.errors) == ([], [])


@pytest.mark.parametrize(
    "defect",
    [pytest.param(one, id=one.name, marks=[] if one in SAMPLE else [pytest.mark.long]) for _, one in ALL],
)
def test_a_defect_is_found(url, defect):
    outcome = try_defect(url, defect, seed=1)
    assert outcome.found, outcome.by
