"""The report for programs: everything but the traffic."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from cierre.contract_tests.documents import Document
from cierre.contract_tests.findings import Report
from cierre.contract_tests.report.coverage import measure
from cierre.contract_tests.report.text import answer_text
from cierre.contract_tests.secrets import Secrets


def render(report: Report, document: Document, secrets: Secrets) -> str:
    """The whole report as JSON, with the coverage, without the traffic."""
    labels = {scenario.operation for scenario in report.scenarios}
    coverage = measure(document, report.exchanges, labels)
    content: dict[str, Any] = {
        "target": report.target,
        "contract": {"title": report.title, "version": report.version},
        "seed": report.seed,
        "examples": report.examples,
        "elapsed": round(report.elapsed, 3),
        "requests": len(report.exchanges),
        "exitCode": report.exit_code,
        "findings": [
            {
                **{name: getattr(finding, name) for name in ("operation", "phase", "check", "title", "clause")},
                "message": finding.message,
                "curl": finding.curl,
                "answer": secrets.hide(answer_text(finding.exchange)),
            }
            for finding in report.findings
        ],
        "errors": [secrets.hide(problem) for problem in report.errors],
        "scenarios": [asdict(scenario) for scenario in report.scenarios],
        "coverage": {"share": round(coverage.share, 4), **asdict(coverage)},
    }
    return json.dumps(content, indent=2, ensure_ascii=False)
