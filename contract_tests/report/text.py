"""A finding and its answer as plain text."""

from __future__ import annotations

from cierre.contract_tests.exchanges import Exchange
from cierre.contract_tests.findings import Finding

# Characters of a body that are shown.
_SHOWN = 2000


def finding_text(finding: Finding) -> str:
    """What is broken, which clause, how to send it again, and the answer."""
    return f"{finding.message}\n\nClause: {finding.clause}\n\n{finding.curl}\n\n{answer_text(finding.exchange)}"


def answer_text(answer: Exchange | None) -> str:
    """An answer as HTTP shows it; a long body is cut."""
    if answer is None:
        return "no answer"
    fields = "".join(f"{name}: {value}\n" for name, value in answer.headers)
    body = answer.body.decode(errors="replace")
    shown = body if len(body) <= _SHOWN else f"{body[:_SHOWN]}… ({len(answer.body)} bytes)"
    return f"HTTP/1.1 {answer.status} {answer.reason}\n{fields}\n{shown}"
