"""One bug hides no other: an operation with a finding gets all of its examples, and the report counts what was sent."""

import json
import signal

import pytest
from schemathesis.engine.run.unit import WorkerPool

from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.report import write
from cierre.contract_tests.run import Contract, Options
from tests.support import buggy, toy


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The whole run and its report as JSON; the same with --fail-fast."""
    with toy.serving(buggy.app) as url:
        task = plan(Contract(buggy.CONTRACT), Options(url=url, seed=1, examples=60, phases=("fuzzing",)))
        whole = task.run(Quiet())
        write(whole, task.document, task.secrets, folder := tmp_path_factory.mktemp("report"))
        fast = plan(
            Contract(buggy.CONTRACT), Options(url=url, seed=1, examples=60, phases=("fuzzing",), fail_fast=True)
        )
        return whole, json.loads((folder / "report.json").read_text()), fast.run(Quiet())


def test_a_bug_behind_another_is_found(reports):
    whole, _, _ = reports

    assert {(one.check, one.clause) for one in whole.findings} >= {
        ("not_a_server_error", "#/paths/~1sizes/post/responses"),
        ("response_schema_conformance", buggy.SIZE + "/type"),
    }


def test_what_was_really_sent_is_counted_for_each_operation_and_phase(reports):
    whole, written, _ = reports

    sent = len([seen for seen in whole.exchanges if seen.operation == "POST /sizes"])
    assert sent >= 50
    assert written["sent"] == {"POST /sizes": {"fuzzing": sent}}


def test_fail_fast_ends_at_the_first(reports):
    whole, _, fast = reports

    assert len(fast.findings) == 1
    assert len(fast.exchanges) < len(whole.exchanges)


def test_a_ctrl_c_ends_the_run_while_schemathesis_starts_its_threads(monkeypatch):
    """schemathesis would go on with its next phase."""

    def start(_):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(WorkerPool, "start", start)
    with toy.serving(buggy.app) as url:
        options = Options(url=url, seed=1, examples=5, phases=("coverage", "fuzzing"))
        report = plan(Contract(buggy.CONTRACT), options).run(Quiet())

    assert report.errors == ["interrupted: what follows was not tested"]
