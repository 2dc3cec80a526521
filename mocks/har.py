"""HTTP Archives (HAR 1.2) as examples: what a browser, a proxy or `cierre contract` kept of real traffic."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cierre.mocks.app import MockApp
from cierre.mocks.messages import MockRequest
from cierre.mocks.recording import Exchange, Recording
from cierre.oas.document import Document
from cierre.oas.errors import BrokenDocument, Problem
from cierre.oas.overlays import Action, actions_of
from cierre.oas.side_files import SideFile
from cierre.oas.validation import compile_schema
from cierre.phrases import Phrase

RULE = "har"
_TEXT = {"type": "string"}
_FIELDS = {"type": "array", "items": {"type": "object", "required": ["name", "value"]}}
_ENTRY = {
    "type": "object",
    "required": ["request", "response"],
    "properties": {
        "request": {
            "type": "object",
            "required": ["method", "url"],
            "properties": {"method": _TEXT, "url": _TEXT, "headers": _FIELDS, "postData": {"type": "object"}},
        },
        "response": {
            "type": "object",
            "required": ["status"],
            "properties": {"status": {"type": "integer"}, "content": {"type": "object"}},
        },
    },
}
_LOG = {"type": "object", "required": ["entries"], "properties": {"entries": {"type": "array", "items": _ENTRY}}}
SCHEMA: dict[str, Any] = {"type": "object", "required": ["log"], "properties": {"log": _LOG}}


def recorded(document: Document, file: Path) -> list[Action]:
    """The exchanges of an archive that the document has a place for, as actions that add them as examples.

    Raises:
        BrokenDocument: it is no archive, or nothing in it is for the document.
    """
    written = SideFile(file, RULE).value
    broken = compile_schema(SCHEMA, {}, version="3.1", direction="request").broken(written)
    if broken:
        messages = [Phrase("no HAR: {pointer}: {reason}", pointer=where, reason=reason) for where, reason in broken]
        raise BrokenDocument([Problem(str(file), message, rule=RULE) for message in messages])
    recording, router = Recording(file.name), MockApp(document)
    for request, exchange in _exchanges(written["log"]["entries"]):
        found = router.operation_for(request)
        if not isinstance(found, list):
            recording.add(found, exchange)
    if not recording.actions:
        nothing = Phrase("nothing in it is an answer in JSON to an operation of the document")
        raise BrokenDocument([Problem(str(file), nothing, rule=RULE)])
    return actions_of(recording.overlay, lambda _: str(file))


def _exchanges(entries: list[Mapping[str, Any]]) -> Iterator[tuple[MockRequest, Exchange]]:
    for entry in entries:
        asked, answered = entry["request"], entry["response"]
        url = urlsplit(asked["url"])
        headers = {str(one["name"]).lower(): str(one["value"]) for one in asked.get("headers", [])}
        sent = asked.get("postData", {})
        if "mimeType" in sent:
            headers.setdefault("content-type", str(sent["mimeType"]))
        body = str(sent.get("text", "")).encode()
        path, query = url.path or "/", url.query.encode("latin-1", "replace")
        request = MockRequest(asked["method"].upper(), path, query, headers, body)
        content = answered.get("content", {})
        yield request, Exchange(request, answered["status"], str(content.get("mimeType", "")), _body(content))


def _body(content: Mapping[str, Any]) -> bytes:
    text = str(content.get("text", ""))
    if content.get("encoding") != "base64":
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
