"""Bodies and content types that a server must refuse, and unusual ones that it must accept."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cierre.contract_tests.documents import Document, Operation, find, pointer
from cierre.contract_tests.exchanges import Chunks
from cierre.contract_tests.probes.cases import example
from cierre.contract_tests.probes.probe import MALFORMED, UNAUTHENTICATED, UNSUPPORTED, Headers, Probe

# The one probe of a body that a server which answers from examples need not refuse.
OVERSIZE = "a body of megabytes"


def unusual_bodies(document: Document, operation: Operation) -> Iterator[Probe]:
    """Bodies that HTTP and the contract allow, and servers forget."""
    body = find(document, *operation.steps, "requestBody")
    if not body or "application/json" not in body.get("content", {}):
        return
    clause = pointer(document, *operation.steps, "requestBody")
    shown = json.dumps(example(find(document, *operation.steps, "requestBody", "content", "application/json"))).encode()
    kind, nothing = "Content-Type", frozenset[int]()
    yield Probe(
        "a parameter of the type", "charset", nothing, clause, ((kind, "application/json; charset=utf-8"),), shown
    )
    yield Probe(
        "a body in chunks", "chunked", nothing, clause, ((kind, "application/json"),), Chunks(shown[:3], shown[3:])
    )
    if not body.get("required"):
        yield Probe("no body", "without a type", nothing, clause, ((kind, None),), b"")
        yield Probe("no body", "with a type", nothing, clause, ((kind, "application/json"),), b"")


def broken_bodies(document: Document, operation: Operation) -> Iterator[Probe]:
    """Bodies of another type, malformed or too large, where the operation takes a body."""
    content = find(document, *operation.steps, "requestBody", "content")
    if not content:
        return
    clause = pointer(document, *operation.steps, "requestBody", "content")
    for kind in ("text/plain", "application/x-cierre-unknown", "nonsense"):
        if kind not in content:
            yield Probe("a body of another type", kind, UNSUPPORTED, clause, (("Content-Type", kind),), b"{}")
    if "application/json" in content:
        yield from _malformed_json(clause)
    if "413" in operation.definition["responses"]:
        clause = pointer(document, *operation.steps, "responses", "413")
        yield Probe(OVERSIZE, "5 MB", frozenset({413}), clause, body=b'"' + b"x" * 5_000_000 + b'"')


def _malformed_json(clause: str) -> Iterator[Probe]:
    kind: Headers = (("Content-Type", "application/json"),)
    bodies = {
        "JSON that ends too early": b'{"a": ',
        "bytes that are no UTF-8": b'{"a": "\xff\xfe"}',
        "deeply nested JSON": b"[" * 100_000,
        "a number that is none": b'{"a": NaN}',
        "a name twice in one object": b'{"a": 1, "a": 2}',
    }
    for name, body in bodies.items():
        yield Probe("malformed JSON", name, MALFORMED | UNAUTHENTICATED | {413}, clause, kind, body)
