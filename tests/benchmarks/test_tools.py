"""What is measured of commands that run and end: `cierre spec`, `cierre contract`."""

import json
import sys

import pytest

from benchmarks import scratch, spec_commands
from benchmarks.contract_tests import rates
from benchmarks.contract_tests.tools import Outcome
from benchmarks.spec_commands import Case, Cost
from cierre.oas import load
from cierre.oas.differences import diff

DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/things": {
            "get": {
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    }
                }
            }
        }
    },
    "components": {
        "schemas": {"Thing": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}}
    },
}


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch, "DOCUMENTS", tmp_path / "made")
    path = tmp_path / "things.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


def test_a_document_is_measured_as_json_and_as_yaml_and_beside_a_copy_that_breaks_clients(file):
    found = list(spec_commands.cases([file]))
    assert [case.name for case in found[1:]] == [
        *("lint things.json, beside openapi-spec-validator", "diff things.json, the same"),
        "diff things.json, one schema changed",
        *("lint things.yaml, beside openapi-spec-validator", "diff things.yaml, the same"),
        "diff things.yaml, one schema changed",
    ]
    for case in (found[3], found[6]):
        old, new = map(load, case.ours[-2:])
        assert [change.level for change in diff(old, new)] == ["breaking"]


def test_each_command_runs_to_its_end(file):
    for case in spec_commands.cases([file]):
        for command in filter(None, (case.ours, case.peer)):
            seen = spec_commands.cost(command)
            assert 0 < seen.cpu < seen.wall * 8


def test_a_command_that_cannot_do_its_work_is_no_measurement():
    with pytest.raises(ChildProcessError, match="ended with 3"):
        spec_commands.cost((sys.executable, "-c", "raise SystemExit(3)"))


def test_a_ratio_is_of_the_round_in_which_both_ran():
    case = Case("lint", ("ours",), ("peer",))
    costs, others = [Cost(1, 1), Cost(4, 3), Cost(2, 2)], [Cost(4, 4), Cost(3, 6), Cost(9, 4)]
    assert list(spec_commands._rows([case], [costs], [others])) == [("lint", "2.00", "2.00", "4.00", "0.50")]


def test_requests_a_second_and_cpu_of_a_request_are_compared_round_by_round():
    ours = [Outcome((), 100, 10, 1), Outcome((), 300, 10, 1.5), Outcome((), 200, 10, 4)]
    theirs = [Outcome((), 200, 10, 4), Outcome((), 100, 10, 1), Outcome((), 100, 10, 1)]
    line = rates.text({"a server": {"cierre contract": ours, "schemathesis": theirs}}).splitlines()[-1]
    assert line == "| a server | 200, 20, 10.0 | 100, 10, 10.0 | 2.00 | 0.50 |"
