"""Requests and answers as the API of the page shows them."""

from __future__ import annotations

import shlex
from typing import Any

from cierre.mocks.console.calls import BODY, Call
from cierre.mocks.console.operations import find
from cierre.mocks.console.places import place_of
from cierre.oas.document import Document

# What the client of a curl command writes itself.
_BY_CURL = frozenset({"host", "content-length", "connection", "accept-encoding", "transfer-encoding"})


def in_short(call: Call) -> dict[str, Any]:
    """One line of the log."""
    return {
        "number": call.number,
        "at": call.at,
        "milliseconds": round(call.seconds * 1000, 3),
        "method": call.request.method,
        "path": call.request.path,
        "query": call.request.query.decode("latin-1"),
        "operation": call.operation,
        "session": call.session,
        "status": call.status,
        "why": call.why,
        "fault": call.fault,
        "violations": len(call.violations),
    }


def whole(document: Document, call: Call) -> dict[str, Any]:
    """All that is kept of one request: fields, bodies, what it breaks and where the document says so, and a command."""
    request = call.request
    return {
        **in_short(call),
        "request": {
            "headers": dict(request.headers),
            "body": _text(request.body),
            "size": call.request_size,
            "cut": call.request_size > BODY,
        },
        "answer": {
            "headers": [
                {"name": name.decode("latin-1"), "value": text.decode("latin-1")} for name, text in call.headers
            ],
            "body": _text(call.body),
            "size": call.size,
            "cut": call.size > BODY,
        },
        "broken": _broken(document, call),
        "curl": curl(call),
    }


def _broken(document: Document, call: Call) -> list[dict[str, Any]]:
    operation = find(document, call.operation) if call.operation is not None else None
    content_type = call.request.headers.get("content-type", "")
    return [
        {
            **one._asdict(),
            "place": place_of(document, operation, one, content_type) if operation is not None else document.place(""),
        }
        for one in call.violations
    ]


def curl(call: Call) -> str:
    """A command that sends the same request, for a POSIX shell."""
    request = call.request
    parts = ["curl", *(["-X", request.method] if request.method != "GET" else []), request.url]
    for name, text in request.headers.items():
        if name not in _BY_CURL:
            parts += ["-H", f"{name}: {text}"]
    if request.body:
        parts += ["--data-binary", _text(request.body)]
    return shlex.join(parts)


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")
