"""Sequential media types (OpenAPI 3.2, section 4.14.2): a body is a list of items, which `itemSchema` describes."""

from __future__ import annotations

from typing import Any

from cierre.oas.validation.json_body import decode_json
from cierre.oas.validation.violations import MalformedBody

RECORD_SEPARATOR = b"\x1e"
EVENTS = "text/event-stream"
_LINES = frozenset(
    {
        *("application/jsonl", "application/jsonlines", "application/x-jsonlines"),
        *("application/ndjson", "application/x-ndjson"),
    }
)
_FIELDS = frozenset({"event", "id", "retry", "data"})


def is_lines(essence: str) -> bool:
    """Whether each line is a JSON text."""
    return essence in _LINES


def is_records(essence: str) -> bool:
    """Whether each JSON text follows a record separator, 0x1E (RFC 7464)."""
    return essence == "application/json-seq" or essence.endswith("+json-seq")


def is_sequence(essence: str) -> bool:
    """Whether a body of this type is a list of items."""
    return is_lines(essence) or is_records(essence) or essence == EVENTS


def read_sequence(essence: str, body: bytes) -> list[Any]:
    """The items of a body.

    Raises:
        MalformedBody: one of them is not JSON, or the body is not UTF-8.
    """
    if essence == EVENTS:
        return _events(body)
    if is_lines(essence):
        return [decode_json(line) for line in body.splitlines() if line.strip()]
    before, *records = body.split(RECORD_SEPARATOR)
    if before.strip():
        raise MalformedBody("a record of a JSON text sequence begins with 0x1E (RFC 7464)")
    return [decode_json(record) for record in records if record.strip()]


def _events(body: bytes) -> list[Any]:
    """Server-sent events as objects; one without data is none (HTML, section 9.2.6)."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedBody(f"not UTF-8: {error.reason} at byte {error.start}") from None
    found: list[Any] = []
    event: dict[str, Any] = {}
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        name, _, value = line.partition(":")
        if not line:
            found += [event] if "data" in event else []
            event = {}
        elif name in _FIELDS:
            value = value.removeprefix(" ")
            if name == "data" and "data" in event:
                value = f"{event['data']}\n{value}"
            event[name] = int(value) if name == "retry" and value.isdecimal() else value
    return found
