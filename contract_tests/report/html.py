"""The report for people: a page in one file, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files

from jinja2 import Environment

from cierre.contract_tests.findings import Finding, Report
from cierre.contract_tests.masking import mask_text
from cierre.contract_tests.report.coverage import measure, with_notes
from cierre.contract_tests.report.text import answer_text, clause_text, request_text
from cierre.contract_tests.secrets import Secrets
from cierre.oas.navigation import Json


def render(report: Report, document: Json, secrets: Secrets) -> str:
    """The report as an HTML page."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["answer"] = lambda exchange: answer_text(exchange, secrets)
    environment.filters["request"] = lambda exchange: request_text(exchange, secrets)
    environment.filters["clause"] = lambda pointer: clause_text(document, pointer)
    environment.filters["mask"] = lambda text: mask_text(text, secrets)
    template = environment.from_string(
        files("cierre.contract_tests.report").joinpath("page.html.jinja").read_text("utf-8")
    )
    phases = Counter(seen.phase for seen in report.exchanges)
    coverage = measure(document, report.exchanges, {scenario.operation for scenario in report.scenarios})
    coverage = with_notes(coverage, report)
    findings: dict[str, list[Finding]] = {}
    for finding in report.findings:
        findings.setdefault(finding.operation, []).append(finding)
    return template.render(report=report, coverage=coverage, phases=phases, findings=findings)
