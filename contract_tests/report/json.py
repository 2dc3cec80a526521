"""The report for programs: everything but the traffic."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from cierre.contract_tests.findings import Report
from cierre.contract_tests.masking import mask_text
from cierre.contract_tests.report.coverage import measure, with_notes
from cierre.contract_tests.report.text import answer_text
from cierre.contract_tests.secrets import Secrets
from cierre.oas.navigation import Json


def render(report: Report, document: Json, secrets: Secrets) -> str:
    """The whole report as JSON, with the coverage, without the traffic."""
    labels = {scenario.operation for scenario in report.scenarios}
    coverage = with_notes(measure(document, report.exchanges, labels), report)
    content: dict[str, Any] = {
        "target": report.target,
        "contract": {"title": report.title, "version": report.version},
        "seed": report.seed,
        "examples": report.examples,
        "elapsed": round(report.elapsed, 3),
        "requests": len(report.exchanges),
        "sent": report.sent,
        "exitCode": report.exit_code,
        "findings": [
            {
                **{name: getattr(finding, name) for name in ("operation", "phase", "check", "title", "clause")},
                "cause": list(finding.key),
                "summary": finding.summary,
                "message": mask_text(finding.message, secrets),
                "also": list(finding.also),
                "files": list(finding.files),
                "curl": finding.curl,
                "answer": answer_text(finding.exchange, secrets),
            }
            for finding in report.findings
        ],
        "known": [list(finding.key) for finding in report.known],
        "errors": [mask_text(problem, secrets) for problem in report.errors],
        "notes": [mask_text(note, secrets) for note in report.notes],
        "scenarios": [asdict(scenario) for scenario in report.scenarios],
        "coverage": {"share": round(coverage.share, 4), **asdict(coverage)},
    }
    for operation, written in zip(coverage.operations, content["coverage"]["operations"], strict=True):
        written["neverReached"] = [{"what": what, "why": why} for what, why in operation.reasons]
    return json.dumps(content, indent=2, ensure_ascii=False)
