"""One cause is one finding: what else it makes checks see is counted under it; a sentence says what is wrong."""

import json
import re
import subprocess

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from cierre.contract_tests.findings import Finding
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.report import write
from cierre.contract_tests.report.text import finding_text
from cierre.contract_tests.run import Contract, Options
from tests.support import buggy, crashing, toy


def test_a_missing_check_of_credentials_is_one_finding_an_operation(outcome):
    _, report = outcome("no auth", operations="create_note")

    [finding] = [one for one in report.findings if one.clause == "#/security"]
    assert finding.check == "ignored_auth"
    assert any("broken credentials" in one for one in finding.also)
    assert re.fullmatch(r"POST /notes answers \d+ to a request without valid credentials\.", finding.summary)


def test_an_undocumented_500_is_one_finding_with_a_text():
    with toy.serving(buggy.app) as url:
        task = plan(Contract(buggy.CONTRACT), Options(url=url, seed=1, examples=20))
        report = task.run(Quiet())

    [finding] = [one for one in report.findings if one.exchange.status == 500]
    assert finding.check == "not_a_server_error"
    assert "Undocumented status code (status_code_conformance" in " ".join(finding.also)
    text = finding_text(finding, task.secrets)
    told = "POST /sizes answers 500 because of size (body), an error of the server, which no request may cause.\n"
    assert text.startswith(told)
    assert "Also seen: Undocumented status code" in text


@pytest.mark.parametrize("texts", [crashing.SAME, crashing.TYPED])
def test_two_bugs_that_answer_500_are_two_findings(texts):
    found, _ = crashes(crashing.app(texts))

    assert sorted(map(sorted, (one.places for one in found))) == [["age (body)"], ["limit (query)"]]
    by_age = next(one for one in found if one.places == {"age (body)"})
    assert "limit=0" not in by_age.exchange.url
    assert "limit=-" not in by_age.exchange.url
    assert json.loads(by_age.exchange.request_body)["name"] == ""


@pytest.mark.parametrize("only", [0, 1])
def test_one_bug_that_says_what_was_sent_is_one_finding(only):
    found, exchanges = crashes(crashing.app(crashing.ONE, only=only))

    assert len(found) == 1
    assert len({one.body for one in exchanges if one.status == 500}) > 5


def crashes(app):
    """The findings that are 500s, and all exchanges."""
    with toy.serving(app) as url:
        report = plan(Contract(crashing.CONTRACT), Options(url=url, seed=1, examples=30)).run(Quiet())
    return [one for one in report.findings if one.exchange.status == 500], report.exchanges


def test_a_long_body_is_in_a_file_that_the_curl_reads(tmp_path):
    received = []

    async def texts(request):
        received.append(await request.body())
        return Response(b"", 500 if len(received[-1]) > 1500 else 200)

    words = {"type": "string", "minLength": 1600, "maxLength": 1700}
    schema = {"type": "object", "required": ["text"], "properties": {"text": words}}
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": ""}},
    }
    document = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": {"/texts": {"post": operation}}}
    with toy.serving(Starlette(routes=[Route("/texts", texts, methods=["GET", "POST"])])) as url:
        task = plan(Contract(document), Options(url=url, seed=1, examples=3, phases=("fuzzing",)))
        report = task.run(Quiet())
        write(report, task.document, task.secrets, tmp_path)
        [finding] = [one for one in report.findings if one.exchange.status == 500]
        received.clear()
        subprocess.run(finding.curl, shell=True, cwd=tmp_path, check=True, capture_output=True)

    assert len(finding.curl) <= 2000
    assert re.search(r"--data-binary @request-\w+\.bin", finding.curl)
    assert received == [finding.exchange.request_body]


def finding(check, title, *, clause="#/x", phase="fuzzing", documented=True):
    return Finding("GET /x", phase, check, title, "", clause, "", None, documented)


def test_the_check_that_tells_the_cause_best_is_shown():
    joined = finding("json_is_strict", "No JSON").joined(finding("status_code_conformance", "Undocumented"))

    assert joined.title == "Undocumented"
    assert joined.also == ("No JSON (json_is_strict, fuzzing)",)
    assert joined.joined(finding("json_is_strict", "No JSON")).also == joined.also
