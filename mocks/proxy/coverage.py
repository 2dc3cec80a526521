"""What of the document passed through the proxy, and what never did: as the contract tests report it of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cierre.contract_tests.exchanges import Exchange
from cierre.mocks.json_writer import write_json
from cierre.mocks.messages import MockReply, MockRequest
from cierre.oas.document import Document
from cierre.oas.structure import Operation
from cierre.oas.validation import MalformedBody, decode_json, media

# Exchanges that differ in what is named in them: of more, nothing is noted.
MOST = 10_000
# Of what a request says, more names than this are not looked at.
_NAMES = 200


class Coverage:
    """Of one document.

    Args:
        document: that has the operations.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._seen: dict[tuple[object, ...], Exchange] = {}

    def add(self, operation: Operation, request: MockRequest, reply: MockReply) -> None:
        """Note what an exchange names; of values nothing is kept."""
        query = urlencode(dict.fromkeys(_named(request.query.decode("latin-1")), ""))
        content_type = media.parse(request.headers.get("content-type", "")).essence
        body = write_json(dict.fromkeys(_members(request, content_type)))
        fields = tuple(sorted((name, "") for name in request.headers if name not in {"content-type", "cookie"}))
        cookies = "; ".join(f"{name}=" for name in _cookies(request.headers.get("cookie", "")))
        sent = (*fields[:_NAMES], ("content-type", content_type), ("cookie", cookies))
        answered = media.parse(reply.header(b"content-type")).essence
        key = (operation.label, request.method, query, body, sent, reply.status, answered)
        if key in self._seen or len(self._seen) >= MOST:
            return
        self._seen[key] = Exchange(
            operation=operation.label,
            phase="proxy",
            method=request.method,
            url=f"http://proxy{operation.path}?{query}",
            request_headers=sent,
            request_body=body,
            status=reply.status,
            reason="",
            headers=(("content-type", answered),),
            body=b"-" if answered else b"",
            started=0.0,
            elapsed=0.0,
        )

    def report(self) -> dict[str, Any]:
        """What was seen and what was not, by operation.

        Returns:
            `share`: of all that the document names, what was seen, 0 to 1. `operations`: each with `operation`
            (`METHOD /path`), `name`, `seen`, `unseen` and `undocumented`, lists of `201 application/json`,
            `page (query)`, `title (body)`, …
        """
        from cierre.contract_tests.report.coverage import measure  # noqa: PLC0415 - slow to load, and an extra

        found = measure(dict(self._document.root), self._seen.values())
        return {
            "share": round(found.share, 4),
            "operations": [
                {
                    "operation": one.label,
                    "name": one.name,
                    "seen": [item.name for item in one.items if item.count],
                    "unseen": one.unseen,
                    "undocumented": [item.name for item in one.unknown],
                }
                for one in found.operations
            ],
        }

    def write(self, file: Path) -> float:
        """Write the report as JSON; returns the share.

        Raises:
            OSError: the file can't be written.
        """
        report = self.report()
        file.write_bytes(write_json(report))
        return float(report["share"])


def _named(query: str) -> Iterator[str]:
    for name, _ in parse_qsl(query, keep_blank_values=True)[:_NAMES]:
        yield name


def _members(request: MockRequest, content_type: str) -> list[str]:
    """The names of what a body says, as far as it is JSON or a form."""
    if content_type == "application/x-www-form-urlencoded":
        return list(_named(request.body.decode("latin-1")))
    try:
        value = decode_json(request.body) if request.body else None
    except MalformedBody:
        return []
    return [str(name) for name in value][:_NAMES] if isinstance(value, dict) else []


def _cookies(field: str) -> Iterator[str]:
    for pair in field.split(";")[:_NAMES]:
        name, equals, _ = pair.strip().partition("=")
        if equals:
            yield name
