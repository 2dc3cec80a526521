"""Each check of the phases `resources` and `security` finds its own fault of a foreign application, and only that."""

import pytest
import yaml

from cierre.contract_tests import named
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan, read_contract
from cierre.contract_tests.run import RESOURCES, SECURITY, Options
from tests.support import shelves, toy


@pytest.fixture(scope="module")
def contract(tmp_path_factory):
    """The contract of the shelves, with two users and an administrator."""
    folder = tmp_path_factory.mktemp("shelves")
    for name, text in {"spec": yaml.safe_dump(shelves.CONTRACT), "ana": shelves.ANA, "ben": shelves.BEN}.items():
        (folder / f"{name}.yaml").write_text(text)
    return read_contract(folder / "spec.yaml", folder / "ana.yaml", (), folder / "ben.yaml")


@pytest.fixture
def found(contract):
    """`found("no_sql_injection", security=False)`: the report of a run against the shelves with that fault."""

    def run(fault="", *, security=True, without=()):
        with toy.serving(shelves.Shelves(fault).app()) as url:
            options = Options(url=url, seed=1, phases=(RESOURCES, SECURITY), security=security, without=without)
            return plan(contract, options).run(Quiet())

    return run


def test_shelves_without_a_fault_have_no_findings_and_every_step_is_taken(found):
    report = found()

    assert ([one.summary for one in report.findings], report.errors) == ([], [])
    skipped = {one.operation: one.note for one in report.scenarios if one.note}
    assert skipped == {}


def sample(every, name=str):
    """Every fourth always, all of them with `-m long`."""
    return [
        pytest.param(one, id=name(one), marks=[pytest.mark.long] if number % 4 else [])
        for number, one in enumerate(every)
    ]


@pytest.mark.parametrize("fault", sample(shelves.FAULTS))
def test_a_fault_is_found_by_its_check_alone(found, fault):
    report = found(fault)

    assert {one.check for one in report.findings} == {fault}
    check = next(one for one in named.NAMED if one.name == fault)
    for one in report.findings:
        assert one.summary.startswith(one.operation)
        assert check.source in one.message
        assert one.curl


@pytest.mark.parametrize("check", sample(named.SECURITY_CHECKS, name=lambda one: one.name))
def test_what_a_client_must_not_try_is_tried_with_security_alone(found, check):
    assert [one.check for one in found(check.name, security=False).findings] == []


def test_a_check_that_is_left_out_reports_nothing(found):
    assert found(named.FILTERS.name, without=("filters_*",)).findings == []
