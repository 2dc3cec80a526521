"""The report for code scanning: SARIF 2.1.0."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cierre.contract_tests.findings import Finding, Report
from cierre.contract_tests.masking import mask_text
from cierre.contract_tests.secrets import Secrets


def render(report: Report, secrets: Secrets) -> str:
    """One result a finding; its place is the clause, as a JSON pointer into the document."""
    rules = sorted({finding.check for finding in report.findings})
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "cierre contract", "rules": [{"id": rule} for rule in rules]}},
        "results": [_result(finding, secrets) for finding in report.findings],
    }
    content = {"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": [run]}
    return json.dumps(content, indent=2, ensure_ascii=False)


def _result(finding: Finding, secrets: Secrets) -> dict[str, Any]:
    text = "\n\n".join(filter(None, [finding.summary, mask_text(finding.message, secrets), finding.curl]))
    cause = "\n".join(finding.key).encode()
    return {
        "ruleId": finding.check,
        "level": "error",
        "message": {"text": text},
        "locations": [
            {
                "logicalLocations": [
                    {"name": finding.operation, "fullyQualifiedName": finding.clause, "kind": "declaration"}
                ]
            }
        ],
        # The same for the same cause in another run.
        "partialFingerprints": {"cause/v1": hashlib.sha256(cause).hexdigest()},
    }
