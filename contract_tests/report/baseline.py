"""What an earlier run found already: only what is new fails a run with a baseline."""

from __future__ import annotations

import json
from pathlib import Path

from cierre.contract_tests.findings import CouldNotRun, Report
from cierre.phrases import Phrase, reason_of

Causes = frozenset[tuple[str, ...]]


def read(path: Path) -> Causes:
    """The causes of the findings in a `report.json`, and of those that were known to it.

    Raises:
        CouldNotRun: the file cannot be read, or is no report.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return frozenset(tuple(cause) for cause in [*(one["cause"] for one in content["findings"]), *content["known"]])
    except OSError as problem:
        raise CouldNotRun(Phrase("{path}: {problem}", path=path, problem=reason_of(problem))) from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise CouldNotRun(Phrase("{path}: no report.json of `cierre contract --report`", path=path)) from problem


def set_aside(report: Report, known: Causes) -> None:
    """Take out of the findings what is known."""
    report.known = [finding for finding in report.findings if finding.key in known]
    report.findings = [finding for finding in report.findings if finding.key not in known]
