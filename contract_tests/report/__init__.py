"""A finished run, written for machines and for people."""

from __future__ import annotations

from pathlib import Path

from cierre.contract_tests.archive import archive_of
from cierre.contract_tests.findings import Report
from cierre.contract_tests.report import html, json, junit, sarif
from cierre.contract_tests.secrets import Secrets
from cierre.oas.navigation import Json


def write(report: Report, document: Json, secrets: Secrets, directory: Path) -> list[Path]:
    """Write `junit.xml`, `report.sarif`, `traffic.har`, `report.json`, `index.html` and what curls read to a directory.

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
        "junit.xml": junit.render(report, secrets),
        "report.sarif": sarif.render(report, secrets),
        "report.json": json.render(report, document, secrets),
        "traffic.har": archive_of(report.exchanges, secrets),
    }
    for name, text in content.items():
        (directory / name).write_text(secrets.hide_tokens(text), encoding="utf-8")
    bodies = {name: body for finding in report.findings for name, body in finding.files.items()}
    for name, body in bodies.items():
        text = secrets.hide_tokens(body.decode(errors="surrogateescape"))
        (directory / name).write_bytes(text.encode(errors="surrogateescape"))
    return [directory / name for name in (*content, *bodies)]
