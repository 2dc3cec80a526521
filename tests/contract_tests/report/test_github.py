"""Findings as annotations of GitHub Actions."""

from cierre.contract_tests.findings import Finding, Report
from cierre.contract_tests.report.github import commands
from cierre.contract_tests.secrets import Secrets

FINDING = Finding(
    "GET /a", "fuzzing", "not_a_server_error", "50% broken, a: b", "", "#/paths/~1a", "curl -i\n  /a", None
)
HERE = {"GITHUB_ACTIONS": "true"}


def report(**more):
    return Report(target="", title="T", version="1", seed=1, examples=1, **more)


def test_a_finding_is_an_error_at_the_document():
    [line] = commands(report(findings=[FINDING]), Secrets(), "api/openapi.yaml", HERE)

    assert line.startswith("::error file=api/openapi.yaml,title=GET /a%3A 50%25 broken%2C a%3A b::GET /a answers ")
    assert line.endswith("%0Aclause #/paths/~1a%0Acurl -i%0A  /a")


def test_an_address_is_no_file_and_what_was_not_tested_is_a_warning():
    found = report(findings=[FINDING], errors=["the server is away"])

    error, warning = commands(found, Secrets(), "https://example.com/openapi.yaml", HERE)

    assert "file=" not in error
    assert warning == "::warning title=could not test::the server is away"


def test_anywhere_else_there_are_none():
    assert list(commands(report(findings=[FINDING]), Secrets(), None, {})) == []
