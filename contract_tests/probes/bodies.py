"""Bodies and content types that a server must refuse, and unusual ones that it must accept."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cierre.contract_tests.exchanges import Chunks
from cierre.contract_tests.probes.probe import MALFORMED, OTHER_TYPE, UNAUTHENTICATED, UNSUPPORTED, Headers, Probe
from cierre.oas.navigation import Json, find, pointer
from cierre.oas.structure import Operation

_REFUSED = MALFORMED | UNAUTHENTICATED | {413}
# The one probe of a body that a server which answers from examples need not refuse.
OVERSIZE = "a body of megabytes"


def unusual_bodies(document: Json, operation: Operation, valid: Any) -> Iterator[Probe]:
    """Bodies that HTTP and the contract allow, and servers forget.

    Args:
        valid: a body that conforms to the operation's schema.
    """
    body = find(document, *operation.steps, "requestBody")
    if not body or "application/json" not in body.get("content", {}):
        return
    clause = pointer(document, *operation.steps, "requestBody")
    shown = json.dumps(valid).encode()
    kind, nothing = "Content-Type", frozenset[int]()
    yield Probe(OTHER_TYPE, "charset", nothing, clause, ((kind, "application/json; charset=utf-8"),), shown)
    yield Probe(
        "a body in chunks", "chunked", nothing, clause, ((kind, "application/json"),), Chunks(shown[:3], shown[3:])
    )
    if not body.get("required"):
        yield Probe("no body", "without a type", nothing, clause, ((kind, None),), b"")
        yield Probe("no body", "with a type", nothing, clause, ((kind, "application/json"),), b"")


def broken_bodies(document: Json, operation: Operation, valid: Any, *, strict: bool) -> Iterator[Probe]:
    """Bodies of another type, malformed or too large, where the operation takes a body.

    Args:
        valid: a body of JSON that conforms to the operation's schema.
        strict: the contract is known to mean more than its document says: JSON with one name twice is refused.
    """
    content = find(document, *operation.steps, "requestBody", "content")
    if not content:
        return
    clause = pointer(document, *operation.steps, "requestBody", "content")
    # Where nothing wants the body, nothing says that one of another type is refused.
    needed = (
        strict or find(document, *operation.steps, "requestBody", "required") or "415" in operation.node["responses"]
    )
    for kind in ("text/plain", "application/x-cierre-unknown", "nonsense"):
        if needed and not any(_covers(one, kind) for one in content):
            yield Probe("a body of another type", kind, UNSUPPORTED, clause, (("Content-Type", kind),), b"{}")
    if needed and "application/json" in content and not any(_covers(one, "text/plain") for one in content):
        shown = json.dumps(valid).encode()
        fields: Headers = (("Content-Type", "text/plain"),)
        yield Probe("a body of another type", "JSON as text/plain", UNSUPPORTED, clause, fields, shown)
    if "application/json" in content:
        yield from _malformed_json(clause, strict=strict)
    if "413" in operation.node["responses"]:
        clause = pointer(document, *operation.steps, "responses", "413")
        refused = frozenset({413}) if strict else frozenset({413}) | MALFORMED
        yield Probe(OVERSIZE, "5 MB", refused, clause, body=b'"' + b"x" * 5_000_000 + b'"')


def _covers(documented: str, kind: str) -> bool:
    """Whether a media type, which may be a range, covers another."""
    return fnmatch.fnmatchcase(kind, documented.partition(";")[0].strip().lower())


def _malformed_json(clause: str, *, strict: bool) -> Iterator[Probe]:
    kind: Headers = (("Content-Type", "application/json"),)
    bodies = {
        "JSON that ends too early": b'{"a": ',
        "bytes that are no UTF-8": b'{"a": "\xff\xfe"}',
        "deeply nested JSON": b"[" * 100_000,
        "a number that is none": b'{"a": NaN}',
    }
    twice = Probe("malformed JSON", "a name twice in one object", _REFUSED, clause, kind, b'{"a": 1, "a": 2}')
    # RFC 8259 advises against it (section 4), and forbids nothing.
    yield twice if strict else replace(twice, anything=True)
    for name, body in bodies.items():
        yield Probe("malformed JSON", name, _REFUSED, clause, kind, body)
