import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from cierre.contract_tests.auth import file
from cierre.contract_tests.cierre.machine.machine import SessionMachine
from cierre.contract_tests.cierre.scripts import scripts
from cierre.contract_tests.exchanges import Exchange, Secrets, curl
from cierre.contract_tests.findings import CouldNotRun
from cierre.contract_tests.negotiation import language, quality
from cierre.contract_tests.plan import plan, read_contract
from cierre.contract_tests.report import write
from cierre.contract_tests.run import Options, Quiet
from tests.support import toy

pytest_plugins = ["pytester"]


@pytest.fixture
def files(tmp_path):
    spec, credentials = tmp_path / "theirs.yaml", tmp_path / "auth.yaml"
    spec.write_text(yaml.safe_dump(toy.CONTRACT))
    credentials.write_text(toy.AUTH)
    return spec, credentials


def outcome(files, fault, **options):
    spec, credentials = files
    with toy.serving(toy.Notes(fault).app()) as url:
        chosen = Options(url=url, **{"seed": 1, "examples": 15, "patience": 0.3, **options})
        task = plan(read_contract(spec, credentials), chosen)
        return task, task.run(Quiet())


def test_a_service_that_keeps_its_contract_has_no_findings(files):
    _, report = outcome(files, "")

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
        ("slow", "max_response_time", "#/paths/~1notes~1{id}/get"),
        ("another status", "status_code_conformance", "#/paths/~1notes~1{id}/delete/responses"),
        ("keeps deleted", "use_after_free", "#/paths/~1notes~1{id}/get"),
        ("nan", "json_is_strict", "#/paths/~1notes/post/responses/201/content"),
        ("body where none", "empty_body_is_empty", "#/paths/~1notes~1{id}/delete/responses/200"),
    ],
)
def test_a_fault_is_found_with_the_clause_that_it_breaks(files, fault, check, clause):
    _, report = outcome(files, fault)

    assert (check, clause) in {(finding.check, finding.clause) for finding in report.findings}
    assert report.exit_code == 1


def test_fail_fast_ends_the_run_at_the_first_finding(files):
    _, whole = outcome(files, "no auth")
    _, report = outcome(files, "no auth", fail_fast=True)

    assert 1 <= len(report.findings) < len(whole.findings)
    assert len(report.exchanges) < len(whole.exchanges) / 3


def test_only_the_operations_asked_for_are_tested(files):
    _, report = outcome(files, "", operations="*_note")
    assert {scenario.operation for scenario in report.scenarios if scenario.phase == "probes"} == {
        "POST /notes",
        "GET /notes/{id}",
        "DELETE /notes/{id}",
    }

    _, report = outcome(files, "", operations="get_note")
    assert {seen.operation for seen in report.exchanges} == {"GET /notes/{id}"}


def test_no_operation_to_test_is_said(files):
    with pytest.raises(CouldNotRun, match="no operation of the contract matches 'nothing'"):
        outcome(files, "", operations="nothing")


@pytest.mark.parametrize("when", ["300", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_server_that_takes_no_more_logins_ends_the_run_and_is_not_blamed(files, when):
    with pytest.raises(CouldNotRun, match=r"/login takes no login for \d+ s: 429.* rate limits off"):
        outcome(files, f"logins again in {when}")


def test_an_operation_that_is_mostly_refused_for_its_rate_was_not_tested(files):
    _, report = outcome(files, "too many notes", phases=("probes",))

    assert len(report.errors) == 1
    assert "POST /notes: " in report.errors[0]
    assert "requests were refused: 429" in report.errors[0]


def test_a_service_that_limits_requests_is_said_not_to_be_tested(serve, tmp_path):
    limited = serve(f"sqlite:///{tmp_path}/cierre.db", "--demo", "--rate-limit", "on")

    done = command(limited.url, "--examples", "5", "--seed", "1")

    assert done.returncode == 2
    assert "rate limits off for it (cierre serve --rate-limit off)" in done.stderr


def test_the_same_seed_sends_the_same_requests(files):
    def sent(report):
        return [(seen.method, seen.path, seen.request_body) for seen in report.exchanges]

    _, first = outcome(files, "", seed=7)
    _, second = outcome(files, "", seed=7)

    assert sent(first) == sent(second)


def test_a_failure_is_shrunk_to_the_smallest_case(files):
    _, report = outcome(files, "long texts", examples=200)

    [finding] = [finding for finding in report.findings if finding.check == "not_a_server_error"]
    assert json.loads(finding.exchange.request_body) == {"text": "0000000"}


def test_the_curl_of_a_finding_shows_it_again(files, tmp_path):
    spec, credentials = files
    with toy.serving(toy.Notes("no location").app()) as url:
        task = plan(read_contract(spec, credentials), Options(url=url, seed=1, examples=1))
        [finding] = task.run(Quiet()).findings
        assert 'Bearer \'"$TOKEN"' in finding.curl
        # Without jq on the machine, Python picks the token.
        jq = tmp_path / "jq"
        jq.write_text(f"#!{sys.executable}\nimport json,sys\nprint(json.load(sys.stdin)['token'])\n")
        jq.chmod(0o755)
        shown = subprocess.run(
            ["bash", "-c", finding.curl],
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PASSWORD": "of-straw"},
        ).stdout
    assert shown.startswith("HTTP/1.1 201")
    assert "location" not in shown


def test_reports_say_what_broke_and_what_was_never_seen_and_keep_secrets(files, tmp_path):
    task, report = outcome(files, "no location")

    written = {path.name: path.read_text() for path in write(report, task.document, task.secrets, tmp_path / "report")}

    page = written["index.html"]
    assert "The contract is broken in 1 place<" in page
    assert "#/paths/~1notes/post/responses/201/headers/Location" in page
    assert "Never seen" in page
    suites = ET.fromstring(written["junit.xml"])
    assert [failure.get("type") for failure in suites.iter("failure")] == ["response_headers_conformance"]
    content = json.loads(written["report.json"])
    assert content["exitCode"] == 1
    assert content["findings"][0]["clause"] == "#/paths/~1notes/post/responses/201/headers/Location"
    entries = json.loads(written["traffic.har"])["log"]["entries"]
    assert len(entries) == len(report.exchanges)
    for text in written.values():
        assert "token-of-notes-" not in text
        assert "of-straw" not in text


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-c", "from cierre.cli import main; main()", "contract", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_command_exits_with_0_1_or_2(files):
    spec, credentials = files
    common = ("--spec", spec, "--auth", credentials, "--examples", "2", "--seed", "1")
    with toy.serving(toy.Notes().app()) as url:
        held = command(url, *common)
    with toy.serving(toy.Notes("crash").app()) as url:
        broken = command(url, *common)
        nobody = command("http://127.0.0.1:1", *common)
        no_spec = command(url, "--spec", "nowhere.yaml")

    assert (held.returncode, held.stderr) == (0, "")
    assert "The contract holds." in held.stdout
    assert broken.returncode == 1
    assert "BROKEN   POST /notes: Server error [#/paths/~1notes/post/responses]" in broken.stdout
    assert nobody.returncode == no_spec.returncode == 2
    assert nobody.stderr.startswith("cierre: http://127.0.0.1:1 does not answer")
    assert "nowhere.yaml" in no_spec.stderr
    assert "Traceback" not in nobody.stderr + no_spec.stderr


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- scheme: [", "while parsing"),
        ("- scheme: a\n  pasword: b", "pasword"),
        ("- login: {path: /login}", "json"),
        ("nonsense", "not understood"),
    ],
)
def test_an_authentication_file_that_is_not_understood_is_said(tmp_path, text, problem):
    path = tmp_path / "auth.yaml"
    path.write_text(text)

    with pytest.raises(CouldNotRun, match=problem):
        file.read(path)


def test_an_authentication_file_takes_secrets_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("NOTES_KEY", "of-iron")
    path = tmp_path / "auth.yaml"
    path.write_text("- scheme: apiKey\n  value: $NOTES_KEY\n")

    assert file.read(path)[0].value == "of-iron"


@pytest.mark.parametrize(
    ("media_type", "accept", "weight"),
    [
        ("application/json", "*/*", 1.0),
        ("application/json", "application/*;q=0.5", 0.5),
        ("application/json", "*/*;q=0.1, application/json;q=0", 0.0),
        ("text/html", "application/json", 0.0),
        ("application/json", "text/html, application/json; charset=utf-8;q=0.3", 0.3),
    ],
)
def test_the_most_specific_range_of_accept_decides(media_type, accept, weight):
    assert quality(media_type, accept) == weight


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("es", "es"),
        ("es;q=0.1, EN", "en"),
        ("en;q=0.5, es;q=0.5", ""),
        ("es, en", ""),
        ("", ""),
        (" en ; q=0.3 ", "en"),
    ],
)
def test_the_language_that_is_wanted_most_is_the_one(accept, wanted):
    assert language(accept) == wanted


def test_every_rule_of_closing_a_session_is_in_a_script():
    rules = {name for name in dir(SessionMachine) if hasattr(getattr(SessionMachine, name), "hypothesis_stateful_rule")}
    assert len(rules) > 20
    assert rules == {step[0] for script in scripts() for step in script}


def test_a_curl_can_repeat_any_byte():
    sent = Exchange("", "", "POST", "http://x/", (), b"\xff'\\\n$", 200, "", (), b"", 0.0, 0.0)

    printed = curl(sent, Secrets()).replace("curl", "printf %s", 1).split("--data-binary ")[1]
    shown = subprocess.run(["bash", "-c", f"printf %s {printed}"], capture_output=True, check=True).stdout

    assert shown == b"\xff'\\\n$"


def test_the_plugin_starts_without_schemathesis():
    code = "import sys, cierre.contract_tests.pytest_plugin; sys.exit('schemathesis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parent).returncode == 0


def test_a_team_holds_its_service_to_its_contract_with_a_fixture(files, pytester):
    spec, credentials = files
    with toy.serving(toy.Notes("no location").app()) as url:
        pytester.makepyfile(
            f"""
            def test_contract(cierre_contract):
                cierre_contract({url!r}, spec={str(spec)!r}, auth={str(credentials)!r}, examples=2, seed=1)

            def test_another_operation(cierre_contract):
                report = cierre_contract(
                    {url!r}, spec={str(spec)!r}, auth={str(credentials)!r}, examples=2, operations="get_note"
                )
                assert report.exchanges
            """
        )
        result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*POST /notes: Missing required response headers*", "curl -i -X POST *"])
