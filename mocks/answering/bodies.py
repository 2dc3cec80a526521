"""Bodies with their Content-Type: multipart (RFC 2046, RFC 7578) by the members of an object or the items of a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from cierre.mocks.answering.encoding import encode
from cierre.mocks.answering.negotiation import concrete
from cierre.oas.document import Document
from cierre.oas.merged_schema import flatten
from cierre.oas.validation import media

# The line that an author's text begins with.
_FIRST_LINE = re.compile(rb"\s*--([\w'()+,./:=? -]{0,69}[\w'()+,./:=?-])[ \t]*\r?\n")
_FILES = frozenset({"binary", "base64", "byte"})
HeaderText = Callable[[Mapping[str, Any]], str | None] | None


class _Part(NamedTuple):
    """`name` is empty for an item of a list."""

    name: str
    value: Any
    schemas: list[Any]
    encoding: Mapping[str, Any]


def encode_with_type(
    document: Document,
    value: Any,
    content_type: str,
    node: Mapping[str, Any],
    header_text: HeaderText = None,
) -> tuple[bytes, str]:
    """The bytes of a body, and its Content-Type: that of several parts has a boundary.

    Args:
        document: that references are resolved in.
        value: a JSON value.
        content_type: a media type without `*`.
        node: the media type object.
        header_text: makes the text of a header object of a part; None leaves them out.
    """
    if media.kind_of(media.parse(content_type).essence) != "multipart":
        return encode(document, value, content_type, node.get("schema", node.get("itemSchema"))), content_type
    return write_multipart(document, value, content_type, node, header_text)


def write_multipart(
    document: Document, value: Any, content_type: str, node: Mapping[str, Any], header_text: HeaderText
) -> tuple[bytes, str]:
    """The body, and the Content-Type with its boundary.

    Args:
        document: that references are resolved in.
        value: of the whole body; a text is sent as the author wrote it.
        content_type: without a boundary, or with the document's own.
        node: the media type object, for the schema and `encoding`, `prefixEncoding`, `itemEncoding`.
        header_text: makes the text of a header object; None leaves them out.
    """
    declared = media.parse(content_type)
    if isinstance(value, str):
        body = value.encode()
        found = _FIRST_LINE.match(body)
        boundary = declared.parameters.get("boundary") or (found[1].decode("latin-1") if found else "")
        return body, _with_boundary(content_type, boundary) if boundary else content_type
    is_form = declared.essence == "multipart/form-data"
    parts = [_bytes_of(document, part, header_text, is_form=is_form) for part in _parts(document, value, node)]
    boundary = declared.parameters.get("boundary") or _free_boundary(parts)
    line = f"--{boundary}".encode("latin-1", "replace")
    written = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts)
    return written + line + b"--\r\n", _with_boundary(content_type, boundary)


def _with_boundary(content_type: str, boundary: str) -> str:
    if "boundary" in media.parse(content_type).parameters:
        return content_type
    plain = re.fullmatch(r"[\w'+.-]+", boundary) is not None
    return f"{content_type}; boundary={boundary}" if plain else f'{content_type}; boundary="{boundary}"'


def _free_boundary(parts: list[bytes]) -> str:
    """One that no part has."""
    boundary, number = "cierre", 0
    while any(boundary.encode() in part for part in parts):
        number += 1
        boundary = f"cierre{number}"
    return boundary


def _parts(document: Document, value: Any, node: Mapping[str, Any]) -> Iterator[_Part]:
    merged = flatten(document, [node.get("schema", {})])
    if isinstance(value, list):
        listed = document.resolve(node.get("prefixEncoding"))
        by_place = listed if isinstance(listed, list) else []
        items = [node["itemSchema"]] if "itemSchema" in node else merged.items
        for index, item in enumerate(value):
            encoding = by_place[index] if index < len(by_place) else node.get("itemEncoding")
            schemas = [merged.prefix[index]] if index < len(merged.prefix) else items
            yield _Part("", item, schemas, document.mapping(encoding))
        return
    encodings = document.mapping(node.get("encoding"))
    for name, member in value.items() if isinstance(value, Mapping) else ():
        schemas = merged.properties.get(name, [])
        encoding = document.mapping(encodings.get(name))
        if isinstance(member, list) and member and "json" not in str(encoding.get("contentType", "")):
            inner = flatten(document, schemas).items
            # Each item is a part of the same name (OpenAPI 3.0.3, section 4.7.14.3).
            for item in member:
                yield _Part(name, item, inner, encoding)
        else:
            yield _Part(name, member, schemas, encoding)


def _bytes_of(document: Document, part: _Part, header_text: HeaderText, *, is_form: bool) -> bytes:
    merged = flatten(document, part.schemas)
    is_file = isinstance(part.value, str) and (
        not _FILES.isdisjoint(merged.formats) or merged.hint("contentMediaType") or merged.hint("contentEncoding")
    )
    content_type = _content_type(part, merged.hint("contentMediaType"), is_file=bool(is_file))
    fields: dict[str, str] = {}
    if part.name:
        # Quotes and what is not ASCII as browsers write them (RFC 7578, section 5.1).
        name = part.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        file = f'; filename="{quote(part.name)}"' if is_file else ""
        fields["Content-Disposition"] = f'{"form-data" if is_form else "attachment"}; name="{name}"{file}'
    fields["Content-Type"] = content_type
    for name, header in document.mapping(part.encoding.get("headers")).items() if header_text else ():
        text = header_text(document.mapping(header)) if header_text else None
        if text is not None and str(name).lower() != "content-type":
            fields[str(name)] = text
    head = "".join(f"{name}: {text}\r\n" for name, text in fields.items())
    content = encode(document, part.value, content_type, part.schemas[0] if part.schemas else {})
    return head.encode("utf-8", "replace") + b"\r\n" + content


def _content_type(part: _Part, named: Any, *, is_file: bool) -> str:
    """That of the encoding object; otherwise by the kind of value."""
    declared = part.encoding.get("contentType", named)
    if isinstance(declared, str) and "/" in declared:
        # Of several, the first one.
        return concrete(declared.partition(",")[0].strip())
    if part.value is None or isinstance(part.value, (dict, list)):
        return "application/json"
    return "application/octet-stream" if is_file else "text/plain"
