"""The report for people: a page in one file, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files

from jinja2 import Environment

from cierre.contract_tests.documents import Document
from cierre.contract_tests.findings import Report
from cierre.contract_tests.report.coverage import measure
from cierre.contract_tests.report.text import answer_text
from cierre.contract_tests.secrets import Secrets


def render(report: Report, document: Document, secrets: Secrets) -> str:
    """The report as an HTML page."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["answer"] = lambda exchange: secrets.hide(answer_text(exchange))
    environment.filters["hide"] = secrets.hide
    template = environment.from_string(
        files("cierre.contract_tests.report").joinpath("page.html.jinja").read_text("utf-8")
    )
    phases = Counter(seen.phase for seen in report.exchanges)
    coverage = measure(document, report.exchanges, {scenario.operation for scenario in report.scenarios})
    broken = Counter(finding.operation for finding in report.findings)
    return template.render(report=report, coverage=coverage, phases=phases, broken=broken)
