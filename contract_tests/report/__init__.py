"""A finished run, written for machines and for people."""

from __future__ import annotations

from pathlib import Path

from cierre.contract_tests.documents import Document
from cierre.contract_tests.findings import Report
from cierre.contract_tests.report import html, machine
from cierre.contract_tests.secrets import Secrets


def write(report: Report, document: Document, secrets: Secrets, directory: Path) -> list[Path]:
    """Write `junit.xml`, `traffic.har`, `report.json` and `index.html` into `directory`.

    Secrets of the run stand in none of them.
    """
    directory.mkdir(parents=True, exist_ok=True)
    content = {
        "index.html": html.render(report, document, secrets),
        "junit.xml": machine.junit(report),
        "report.json": machine.json_report(report, document, secrets),
        "traffic.har": machine.har(report, secrets),
    }
    for name, text in content.items():
        (directory / name).write_text(secrets.hide_tokens(text), encoding="utf-8")
    return [directory / name for name in content]
