"""Text that holds something else: `contentEncoding`, `contentMediaType` and `contentSchema` of JSON Schema."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from typing import Any

from cierre.mocks.json_writer import write_json
from cierre.oas.merged_schema import MergedSchema
from cierre.oas.validation import media

# RFC 4648 and RFC 2045, by their names in lower case.
_ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
    "base32": base64.b32encode,
    "base32hex": base64.b32hexencode,
    "base16": base64.b16encode,
    "hex": base64.b16encode,
    "quoted-printable": quopri.encodestring,
}
_TEXTS = {"xml": "<string/>", "form": "string=string"}


def content_text(merged: MergedSchema, make: Callable[[Any], Any]) -> str | None:
    """The text of what the content keywords describe; None where a schema has none of them.

    Args:
        merged: the schemas of the text.
        make: gives a value of `contentSchema`.
    """
    encoding, kind = merged.hint("contentEncoding"), merged.hint("contentMediaType")
    if not isinstance(kind, str) and not isinstance(encoding, str):
        return None
    content = _content(kind if isinstance(kind, str) else "text/plain", merged.hint("contentSchema"), make)
    encode = _ENCODINGS.get(encoding.lower()) if isinstance(encoding, str) else None
    return encode(content).decode("ascii") if encode else content.decode()


def _content(content_type: str, schema: Any, make: Callable[[Any], Any]) -> bytes:
    essence = media.parse(content_type).essence
    kind = media.kind_of(essence)
    if kind == "json":
        return write_json(make({} if schema is None else schema))
    return ("<p>string</p>" if essence == "text/html" else _TEXTS.get(kind, "string")).encode()
