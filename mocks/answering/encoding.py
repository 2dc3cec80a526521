"""Values as bytes of a media type."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from cierre.mocks.json_writer import write_json
from cierre.oas.document import Document
from cierre.oas.validation import media, sequences

# One pixel, so that an <img> shows something.
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def encode(document: Document, value: Any, content_type: str, schema: Any) -> bytes:
    """The bytes of a body.

    Args:
        document: that the schema's references are resolved in.
        value: a JSON value; a text is written as it is where the media type is not JSON.
        content_type: a media type without `*`.
        schema: of the value, for the names of XML.
    """
    essence = media.parse(content_type).essence
    kind = media.kind_of(essence)
    if kind == "json":
        return write_json(value)
    if sequences.is_sequence(essence):
        return _sequence(value, essence)
    if kind == "binary":
        return _binary(value, essence)
    return _text(document, value, kind, schema)


def _sequence(value: Any, essence: str) -> bytes:
    """One item a line, a record or an event; a text as the document has it."""
    if essence == sequences.EVENTS:
        return _events(value)
    if isinstance(value, str):
        return value.encode()
    start = sequences.RECORD_SEPARATOR if sequences.is_records(essence) else b""
    return b"".join(start + write_json(item) + b"\n" for item in (value if isinstance(value, list) else [value]))


def _text(document: Document, value: Any, kind: media.Kind, schema: Any) -> bytes:
    # A text is sent as the author wrote it; one that is no XML becomes the content of an element.
    if kind == "xml" and not (isinstance(value, str) and value.lstrip().startswith("<")):
        from cierre.mocks.answering.xml_writer import write_xml  # noqa: PLC0415 - few documents have XML

        return write_xml(value, schema, document)
    if kind == "form" and isinstance(value, dict):
        return urlencode({key: _plain(item) for key, item in value.items()}).encode()
    return _plain(value).encode()


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return write_json(value).decode()


def _binary(value: Any, essence: str) -> bytes:
    if essence == "image/png":
        return _PNG
    if isinstance(value, str):
        return value.encode()
    return b"" if value is None else write_json(value)


def _events(value: Any) -> bytes:
    """Server-sent events: text as the document has it, otherwise one event an item."""
    if isinstance(value, str):
        text = value if value.endswith("\n\n") else value.rstrip("\n") + "\n\n"
        return (text if ":" in text else f"data: {text}").encode()
    items = value if isinstance(value, list) else [value]
    return b"".join(_event(item) for item in items)


def _event(item: Any) -> bytes:
    """An object with `data` (and `event`, `id`, `retry`) is an event as the standard has it."""
    if not (isinstance(item, Mapping) and "data" in item):
        item = {"data": item}
    lines = []
    for field in ("event", "id", "retry", "data"):
        if field in item:
            lines += [f"{field}: {line}\n" for line in _plain(item[field]).split("\n")]
    return "".join(lines).encode() + b"\n"
