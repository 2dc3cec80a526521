"""A server that drops connections, is silent, dies and comes back: each is the finding, none ends the run."""

import pytest

from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.findings import CouldNotRun
from cierre.contract_tests.listening import Quiet
from cierre.contract_tests.plan import plan
from cierre.contract_tests.run import Contract, Options
from cierre.contract_tests.sentences import SILENCE
from tests.support import cutting

ALL = ("examples", "coverage", "fuzzing", "probes")


def run(server, *, contract=None, **options):
    with cutting.serving(server) as url:
        chosen = Options(**{"url": url, "examples": 5, "seed": 1, "patience": 0.3, "comeback": 0.5, **options})
        return plan(contract or Contract(cutting.contract()), chosen).run(Quiet())


def silences(report):
    return [one for one in report.findings if one.check == SILENCE]


@pytest.mark.parametrize("phase", ALL)
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("cut", "closed the connection without an answer"),
        ("reset", "reset the connection without an answer"),
        ("half", "cut in the middle of the answer"),
        ("garbage", "no answer of HTTP"),
        ("silent", "no answer came within 0."),
    ],
)
def test_a_request_without_an_answer_is_a_finding_in_every_phase_and_the_run_goes_on(fault, why, phase):
    report = run(cutting.Cutting(fault), phases=(phase,))

    [finding] = silences(report)
    assert (finding.operation, finding.phase) == ("GET /things", phase)
    assert why in finding.message
    assert "/things" in finding.curl
    assert finding.exchange.status == 0
    assert (report.exit_code, report.errors) == (1, [])
    assert {seen.operation for seen in report.exchanges if seen.status} == {"GET /others"}


def test_an_operation_that_never_answers_is_not_waited_for_again_and_again():
    report = run(cutting.Cutting("silent"), phases=("fuzzing",), examples=40)

    sent = [seen for seen in report.exchanges if seen.operation == "GET /things"]
    [scenario] = [one for one in report.scenarios if one.operation == "GET /things"]
    assert len(sent) == scenario.cases == 3
    assert scenario.note == "given up: it never answers"


def test_a_server_that_dies_and_comes_back_is_tested_to_the_end():
    report = run(cutting.Cutting("dies", only=1, gone=0.4), comeback=5.0)

    assert len(silences(report)) == 1
    assert report.errors == []
    assert any(seen.status == 200 and seen.operation == "GET /things" for seen in report.exchanges)
    assert {scenario.phase for scenario in report.scenarios} >= {"coverage", "fuzzing", "probes"}


@pytest.mark.parametrize("phase", ALL)
def test_a_server_that_stays_away_ends_the_run_and_the_request_is_named(phase):
    report = run(cutting.Cutting("dies"), phases=(phase,))

    [finding] = silences(report)
    assert finding.operation == "GET /things"
    assert report.exchanges[-1] is finding.exchange
    [away] = report.errors
    assert away.startswith("the server is away, and did not come back, since ")
    assert away.endswith(f" /things (GET /things, {phase})")
    assert report.exit_code == 1


def bearer(path="/login"):
    document = cutting.contract()
    document["security"] = [{"bearer": []}]
    document["components"] = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
    return Contract(document, (Entry(scheme="bearer", path=path, bodies=({},), token="/token"),))


def test_a_login_that_is_cut_once_is_a_finding_and_tried_again():
    report = run(cutting.Cutting("cut", path="/login", only=1), contract=bearer(), phases=("fuzzing",))

    [finding] = silences(report)
    assert (finding.operation, finding.phase) == ("POST /login", "login")
    assert any(seen.status == 200 for seen in report.exchanges)


def test_a_login_that_is_always_cut_is_a_finding_too():
    report = run(cutting.Cutting("cut", path="/login"), contract=bearer())

    [finding] = silences(report)
    assert finding.operation == "POST /login"
    assert "there was no answer, twice" in report.errors[0]
    assert report.exit_code == 1


def test_a_server_that_was_never_there_could_not_be_tested():
    server = cutting.Cutting()
    server.die()
    with pytest.raises(CouldNotRun, match="does not answer"):
        run(server, url="http://127.0.0.1:1")
