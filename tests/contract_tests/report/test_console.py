"""The live display of a run."""

import io

from rich.console import Console
from rich.progress import Progress, TextColumn

from cierre.contract_tests.findings import Finding, Report, Scenario
from cierre.contract_tests.report.console import Live, Plain, summary
from cierre.contract_tests.secrets import Secrets


def test_a_phase_shows_its_operation_requests_and_findings():
    progress = Progress(TextColumn("x"), console=Console(file=io.StringIO()))
    live = Live(progress)
    live.phase("coverage", 2)
    live.finding(Finding("GET /a", "coverage", "c", "t", "", "#/", "", None))
    live.scenario(Scenario("GET /b[c]", "coverage", "success", 7, 0.1))

    assert progress.tasks[0].fields == {"requests": 7, "findings": 1, "operation": r"GET /b\[c]"}


def test_what_a_server_says_moves_no_cursor(capsys):
    evil = "\x1b[2J\x9b31m"
    report = Report("http://localhost", "t", "1", seed=1, examples=1)
    report.findings.append(Finding("GET /a", "coverage", "c", f"t {evil}", f"m\n{evil}", "#/", "", None))
    report.errors.append(evil)
    out = io.StringIO()
    summary(report, {"paths": {}}, Secrets(), Console(file=out, color_system=None, width=200))
    Plain().finding(report.findings[0])
    shown = out.getvalue() + capsys.readouterr().out
    assert shown.count(r"\x1b[2J\x9b31m") >= 4
    assert not [char for char in shown if not char.isprintable() and char not in "\n\t"]
