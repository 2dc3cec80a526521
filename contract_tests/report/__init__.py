"""A finished run, written for machines and for people."""

from __future__ import annotations

from pathlib import Path

from cierre.contract_tests.documents import Document
from cierre.contract_tests.findings import Report
from cierre.contract_tests.report import har, html, json, junit
from cierre.contract_tests.secrets import Secrets


def write(report: Report, document: Document, secrets: Secrets, directory: Path) -> list[Path]:
    """Write `junit.xml`, `traffic.har`, `report.json` and `index.html` into `directory`.

    Args:
        document: the contract that was tested.
        secrets: replaced in all files by the names of shell variables.
        directory: made where it is missing.

    Returns:
        the paths of the files.

    Raises:
        OSError: a file cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    content = {
        "index.html": html.render(report, document, secrets),
        "junit.xml": junit.render(report),
        "report.json": json.render(report, document, secrets),
        "traffic.har": har.render(report, secrets),
    }
    for name, text in content.items():
        (directory / name).write_text(secrets.hide_tokens(text), encoding="utf-8")
    return [directory / name for name in content]
