"""A finding and its answer as plain text."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit, urlunsplit

import yaml

from cierre.contract_tests.exchanges import NO_ANSWER, Exchange
from cierre.contract_tests.findings import Finding
from cierre.contract_tests.masking import mask_text, masked
from cierre.contract_tests.secrets import Secrets
from cierre.oas.navigation import Json, find
from cierre.oas.pointers import tokens

# Characters of a body, and lines of a clause, that are shown.
_SHOWN, _LINES = 2000, 24


def finding_text(finding: Finding, secrets: Secrets) -> str:
    """What is broken, which clause, how to send it again, and the answer."""
    message, answer = mask_text(finding.message, secrets), answer_text(finding.exchange, secrets)
    also = "".join(f"\nAlso seen: {one}" for one in finding.also)
    parts = [finding.summary, message + also, f"Clause: {finding.clause}", secrets.hide_tokens(finding.curl), answer]
    return "\n\n".join(parts)


def request_text(sent: Exchange | None, secrets: Secrets) -> str:
    """A request as HTTP shows it, with its credentials masked; a long body is cut."""
    if sent is None:
        return ""
    size, sent = len(sent.request_body), masked(sent, secrets)
    parts = urlsplit(sent.url)
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    fields = "".join(f"{name}: {value}\n" for name, value in sent.request_headers)
    return f"{sent.method} {target} HTTP/1.1\nHost: {parts.netloc}\n{fields}\n{_cut(sent.request_body, size)}"


def _cut(body: bytes, size: int) -> str:
    text = body.decode(errors="replace")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({size} bytes)"


def clause_text(document: Json, clause: str) -> str:
    """What the contract says at a clause, as YAML; a long one is cut."""
    steps = [unquote(token) for token in tokens(clause.removeprefix("#"))]
    node = find(document, *steps)
    if node is None:
        return ""
    lines = yaml.safe_dump(node, sort_keys=False, allow_unicode=True, width=100).splitlines()
    more = f"\n… and {len(lines) - _LINES} lines more" if len(lines) > _LINES else ""
    return "\n".join(lines[:_LINES]) + more


def answer_text(answer: Exchange | None, secrets: Secrets) -> str:
    """An answer as HTTP shows it, with its credentials masked; a long body is cut."""
    if answer is None:
        return "no answer"
    if answer.status == NO_ANSWER:
        return f"no answer: {answer.reason}"
    size, answer = len(answer.body), masked(answer, secrets)
    fields = "".join(f"{name}: {value}\n" for name, value in answer.headers)
    return f"HTTP/1.1 {answer.status} {answer.reason}\n{fields}\n{_cut(answer.body, size)}"
