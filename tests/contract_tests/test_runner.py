"""A service with a contract of its own, with one fault after the other: what a run finds, and when it stops."""

import json

import pytest

from cierre.contract_tests.findings import CouldNotRun


def test_a_service_that_keeps_its_contract_has_no_findings(outcome):
    _, report = outcome("")

    assert report.findings == []
    assert report.errors == []
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("fault", "check", "clause"),
    [
        (
            "wrong type",
            "response_schema_conformance",
            "#/components/responses/Problem/content/application~1problem+json/schema/properties/status/type",
        ),
        ("no auth", "ignored_auth", "#/security"),
        ("crash", "not_a_server_error", "#/paths/~1notes/post/responses"),
        (
            "ignores accept",
            "accept_is_honoured",
            "#/paths/~1notes/post/responses/201/content/application~1vnd.notes+json",
        ),
        ("no location", "response_headers_conformance", "#/paths/~1notes/post/responses/201/headers/Location"),
        ("shorter limit", "positive_data_acceptance", "#/components/schemas/Body"),
        ("no timestamp", "response_schema_conformance", "#/components/schemas/Note/properties/createdAt/format"),
        ("another status", "status_code_conformance", "#/paths/~1notes~1{id}/delete/responses"),
        ("keeps deleted", "use_after_free", "#/paths/~1notes~1{id}/get"),
        ("nan", "json_is_strict", "#/paths/~1notes/post/responses/201/content"),
        ("body where none", "empty_body_is_empty", "#/paths/~1notes~1{id}/delete/responses/200"),
    ],
)
def test_a_fault_is_found_with_the_clause_that_it_breaks(outcome, fault, check, clause):
    _, report = outcome(fault)

    assert (check, clause) in {(finding.check, finding.clause) for finding in report.findings}
    assert report.exit_code == 1


def test_an_answer_that_takes_too_long_is_found(outcome):
    _, report = outcome("slow", patience=0.2)

    clauses = {finding.clause for finding in report.findings if finding.check == "max_response_time"}
    assert "#/paths/~1notes~1{id}/get" in clauses


def test_fail_fast_ends_the_run_at_the_first_finding(outcome):
    _, whole = outcome("no auth")
    _, report = outcome("no auth", fail_fast=True)

    assert 1 <= len(report.findings) < len(whole.findings)
    assert len(report.exchanges) < len(whole.exchanges) / 3


def test_only_the_operations_asked_for_are_tested(outcome):
    _, report = outcome("", operations="*_note")
    assert {scenario.operation for scenario in report.scenarios if scenario.phase == "probes"} == {
        "POST /notes",
        "GET /notes/{id}",
        "DELETE /notes/{id}",
    }

    _, report = outcome("", operations="get_note")
    assert {seen.operation for seen in report.exchanges} == {"GET /notes/{id}"}


def test_no_operation_to_test_is_said(outcome):
    with pytest.raises(CouldNotRun, match="no operation of the contract matches 'nothing'"):
        outcome("", operations="nothing")


@pytest.mark.parametrize("when", ["300", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_server_that_takes_no_more_logins_ends_the_run_and_is_not_blamed(outcome, when):
    with pytest.raises(CouldNotRun, match=r"/login takes no login for \d+ s: 429.* rate limits off"):
        outcome(f"logins again in {when}")


def test_an_operation_that_is_mostly_refused_for_its_rate_was_not_tested(outcome):
    _, report = outcome("too many notes", phases=("probes",))

    assert len(report.errors) == 1
    assert "POST /notes: " in report.errors[0]
    assert "requests were refused: 429" in report.errors[0]


def test_the_same_seed_sends_the_same_requests(outcome):
    def sent(report):
        return [(seen.method, seen.path, seen.request_body) for seen in report.exchanges]

    _, first = outcome("", seed=7)
    _, second = outcome("", seed=7)

    assert sent(first) == sent(second)


def test_a_failure_is_shrunk_to_the_smallest_case(outcome):
    _, report = outcome("long texts", examples=200, operations="create_note", phases=("fuzzing",))

    [finding] = [finding for finding in report.findings if finding.check == "not_a_server_error"]
    assert json.loads(finding.exchange.request_body) == {"text": "0000000"}
