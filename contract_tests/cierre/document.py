"""Cierre's own document, as a run needs it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import unquote, urlsplit

from schemathesis.core.transport import Response

from cierre import oas
from cierre.contract_tests.findings import CouldNotRun
from cierre.oas.navigation import find
from cierre.oas.pointers import escape
from cierre.oas.structure import operations
from cierre.oas.validation import compile_schema
from cierre.phrases import Phrase

Json = dict[str, Any]

# The hosts by which the service knows a document's audience: those of the documents themselves.
HOSTS = {"envelope": "api.example.com", "respuesta": "api.ejemplo.com", "session": "localhost:3000"}
# Members that hold a message for people.
MESSAGES = ("message", "respuesta", "detail")
# The last segment of the paths that do not exist.
NO_SUCH_PATH = "cierre-no-such-path"


def load(dialect: str | None) -> Json:
    """Cierre's contract, or the view of one audience, with the answers of routing itself.

    Raises:
        CouldNotRun: the contract cannot be read.
    """
    try:
        loaded = oas.load()
        return _with_unrouted(oas.bundle(loaded) if dialect is None else oas.view(loaded, dialect))
    except oas.BrokenDocument as problem:
        raise CouldNotRun(
            Phrase("Cierre's own contract cannot be used: {problem}", problem=problem.as_phrase())
        ) from problem


def _with_unrouted(document: Json) -> Json:
    """The document with the refusals of routing itself written where a run looks for them.

    Each operation gets the 405 of its path, and each prefix an operation that does not exist, whose answer is 404.
    """
    document = deepcopy(document)
    refusals = document.get("x-cierre-unrouted", {})
    for operation in list(operations(document)):
        prefix = _prefix_of(refusals, operation.path)
        operation.node["responses"].setdefault("405", _reference(prefix, "405"))
    for prefix in refusals:
        document["paths"][f"{prefix}{NO_SUCH_PATH}"] = {
            "get": {
                "operationId": f"no_such_path_under_{prefix.strip('/').replace('/', '_') or 'root'}",
                "security": [],
                "responses": {"404": _reference(prefix, "404")},
            }
        }
    return document


def has_two_meanings(url: str) -> bool:
    """Whether a proxy may take the path, as it was sent, for another: an encoded slash, a backslash, dots, nothing."""
    path = urlsplit(url).path.lower()
    marks = ("//", "%2f", "%5c", "\\")
    return any(mark in path for mark in marks) or any(unquote(part) in {".", ".."} for part in path.split("/"))


def is_refused_by_routing(document: Json, response: Response) -> bool:
    """Whether the answer is the 404 that the contract has for what leads to no operation, in its very form."""
    path = urlsplit(str(response.request.url)).path
    refusals = document.get("x-cierre-unrouted", {})
    if response.status_code != 404 or not refusals:
        return False
    content_type = (response.headers.get("content-type") or [""])[0].split(";")[0].strip().lower()
    schema = find(document, "x-cierre-unrouted", _prefix_of(refusals, path), "404", "content", content_type, "schema")
    if schema is None:
        return False
    try:
        body = response.json()
    except ValueError:
        return False
    return compile_schema(schema, document, version="3.0", direction="response").is_valid(body)


def _prefix_of(refusals: Json, path: str) -> str:
    return max((prefix for prefix in refusals if path.startswith(prefix)), key=len)


def _reference(prefix: str, status: str) -> Json:
    return {"$ref": f"#/x-cierre-unrouted/{escape(prefix)}/{status}"}


def messages_of_examples(document: Json) -> dict[str, list[str]]:
    """The messages, by the default language of their dialect: English in `envelope`, else Spanish."""
    found: dict[str, dict[str, None]] = {"es": {}, "en": {}}
    english_view = document["info"]["title"].endswith("(envelope)")
    for kind, content in _contents(document):
        for example in (content.get("examples") or {}).values():
            value = example.get("value")
            if isinstance(value, dict):
                # Only the failures of that dialect are its own.
                own = value.get("success") is False and (english_view or "envelope" in kind)
                texts = (value.get(name) for name in MESSAGES)
                shown = [text for text in texts if isinstance(text, str) and not text.isdigit()]
                found["en" if own else "es"].update(dict.fromkeys(shown))
    return {language: list(texts) for language, texts in found.items()}


def _contents(node: Any) -> Iterator[tuple[str, Json]]:
    if isinstance(node, dict):
        for kind, content in (node.get("content") or {}).items() if isinstance(node.get("content"), dict) else ():
            if isinstance(content, dict):
                yield kind, content
        for value in node.values():
            yield from _contents(value)
    elif isinstance(node, list):
        for value in node:
            yield from _contents(value)
