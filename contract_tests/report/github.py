"""Findings as annotations of GitHub Actions, where a run happens there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from cierre.contract_tests.findings import Report
from cierre.contract_tests.masking import mask_text
from cierre.contract_tests.secrets import Secrets


def commands(
    report: Report, secrets: Secrets, spec: str | None, environment: Mapping[str, str] = os.environ
) -> Iterator[str]:
    """One `::error` command a finding, in a job of GitHub Actions; nothing anywhere else.

    Args:
        spec: the document's file, at which the annotations stand; None or an address: they stand at the job.
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        return
    place = {"file": spec} if spec is not None and "://" not in spec else {}
    for finding in report.findings:
        properties = {**place, "title": f"{finding.operation}: {finding.title}"}
        written = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
        message = "\n".join([finding.summary, f"clause {finding.clause}", finding.curl])
        yield f"::error {written}::{_escaped(mask_text(message, secrets))}"
    for problem in report.errors:
        yield f"::warning title=could not test::{_escaped(mask_text(problem, secrets))}"


def _escaped(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
