"""Values as bytes of a media type."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from cierre.mocks.documents import Document
from cierre.oas.validation import media

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
# One pixel, so that an <img> shows something.
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
_LINES = frozenset({"application/x-ndjson", "application/jsonl", "application/json-seq", "application/jsonlines"})


def encode(document: Document, value: Any, content_type: str, schema: Any) -> bytes:
    """The bytes of a body.

    Args:
        document: for what XML needs to know.
        value: a JSON value; text stands for itself where the media type is not JSON.
        content_type: concrete.
        schema: of the value.
    """
    essence = media.parse(content_type).essence
    kind = media.kind_of(essence)
    if kind == "json":
        return dump(value)
    if essence in _LINES:
        return b"".join(dump(item) + b"\n" for item in (value if isinstance(value, list) else [value]))
    if essence == "text/event-stream":
        return _events(value)
    if kind == "binary":
        return _binary(value, essence)
    return _text(document, value, kind, schema)


def _text(document: Document, value: Any, kind: media.Kind, schema: Any) -> bytes:
    # Text is shown as the author wrote it; text that is no XML becomes the content of an element.
    if kind == "xml" and not (isinstance(value, str) and value.lstrip().startswith("<")):
        from cierre.mocks.xml_writer import write_xml  # noqa: PLC0415 - most documents never need it

        return write_xml(value, schema, document)
    if kind == "form" and isinstance(value, dict):
        return urlencode({key: _plain(item) for key, item in value.items()}).encode()
    return _plain(value).encode()


def dump(value: Any) -> bytes:
    """JSON; whole floats are written as the integers they equal, since a schema may say `integer`."""
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        import json  # noqa: PLC0415 - integers beyond 64 bits only

        return json.dumps(value, ensure_ascii=False).encode()


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return dump(value).decode()


def _binary(value: Any, essence: str) -> bytes:
    if essence == "image/png":
        return _PNG
    if isinstance(value, str):
        return value.encode()
    return b"" if value is None else dump(value)


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
