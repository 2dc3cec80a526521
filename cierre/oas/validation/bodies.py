"""Request bodies, from bytes to the value that the schema describes.

JSON is strict (`decode_json`). Forms, multipart and XML carry text, which the schema types. What has no JSON form stays
text: a binary part or body is a string of its bytes, one character each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from cierre.oas.pointers import pointer
from cierre.oas.references import resolve
from cierre.oas.validation import media, styles
from cierre.oas.validation.coercion import TextCoercer, prefix_items_of, types_of
from cierre.oas.validation.json_body import decode_json
from cierre.oas.validation.query import Fields, parse_fields
from cierre.oas.validation.schemas import SchemaCompiler
from cierre.oas.validation.sequences import is_sequence, read_sequence
from cierre.oas.validation.violations import MalformedBody, Violation

# RFC 3986, section 2.2, without what encoders of forms leave as it is, and what separates fields and items.
_RESERVED = frozenset(b":/?#[]@$;")
_UTF8 = frozenset({"utf-8", "utf8", "us-ascii"})


class BodyReader:
    """Reads bodies of one media type object."""

    def __init__(self, essence: str, node: Any, compiler: SchemaCompiler) -> None:
        self.kind = media.kind_of(essence)
        self.schema: Any = compiler.schema_of(node) if isinstance(node, Mapping) else None
        self._document = compiler.document
        # OpenAPI 3.2 describes a list of items by `itemSchema`, or by the schema of all of them.
        is_list = self.schema is not None and types_of(self.schema, self._document) == {"array"}
        self._sequence = essence if is_list and is_sequence(essence) else ""
        self._lists_parts = is_list and self.kind == "multipart"
        self._node: Mapping[str, Any] = node if isinstance(node, Mapping) else {}
        encoding = self._node.get("encoding")
        self._encoding: Mapping[str, Any] = encoding if isinstance(encoding, Mapping) else {}
        self._compiler = compiler
        self._text: TextCoercer | None = None
        self.validates = self.schema is not None and (self.kind != "binary" or bool(self._sequence))
        self.validator = compiler.compile(self.schema) if self.validates else None

    @property
    def _reader(self) -> TextCoercer:
        if self._text is None:
            self._text = TextCoercer(self.schema if self.schema is not None else {}, self._document)
        return self._text

    @property
    def _is_text(self) -> bool:
        """Whether the schema of a form wants no fields, but a single text or number: some documents say so."""
        types = self._reader.types - {"null"}
        return bool(types) and types.isdisjoint({"array", "object"})

    def read(self, body: bytes, parameters: Mapping[str, str]) -> Any:
        """The body's value; `parameters` are the Content-Type's.

        Raises:
            MalformedBody: it is not what the Content-Type says.
        """
        if self._sequence:
            return read_sequence(self._sequence, body)
        if self.kind == "json":
            return decode_json(body)
        if self.kind in {"form", "multipart"}:
            return self._fields(body, parameters.get("boundary", ""))
        if self.kind == "xml":
            from cierre.oas.validation.xml_body import read_xml  # noqa: PLC0415 - most runs never need it

            return read_xml(body, self.schema or {}, self._document)
        return self._reader.read(_utf8(body)) if self.kind == "text" else body.decode("latin-1")

    def unencoded(self, body: bytes) -> list[Violation]:
        """The fields of a form that have reserved characters as they are, where the document says they must not."""
        if self.kind != "form" or not self._encoding:
            return []
        strict = {name for name, node in self._encoding.items() if self._forbids_reserved(node)}
        if not strict:
            return []
        pairs = [pair.partition(b"=") for pair in body.split(b"&")]
        names = [unquote_to_bytes(name).decode("utf-8", "replace") for name, _, value in pairs if _RESERVED & {*value}]
        message = "reserved characters must be percent-encoded"
        return [Violation("body", pointer(name), message, "allowReserved") for name in names if name in strict]

    def _forbids_reserved(self, encoding: Any) -> bool:
        """Whether it says so itself: nobody relies on the default."""
        node = resolve(self._document, encoding or {})
        return isinstance(node, Mapping) and node.get("allowReserved") is False

    def _fields(self, body: bytes, boundary: str) -> Any:
        if self._is_text:
            return self._reader.read(body.decode("utf-8", "replace"))
        return self._form(parse_fields(body)) if self.kind == "form" else self._multipart(body, boundary)

    def _multipart(self, body: bytes, boundary: str) -> Any:
        """By name, or as items where the document lists them (OpenAPI 3.2)."""
        from cierre.oas.validation.multipart import parse_parts  # noqa: PLC0415 - most runs never need it

        parts = parse_parts(body, boundary)
        if not self._lists_parts:
            return self._parts(parts)
        return [self._listed_part(index, kind, content) for index, (_, kind, content) in enumerate(parts)]

    def _listed_part(self, index: int, content_type: str, content: bytes) -> Any:
        prefix = prefix_items_of(self.schema, self._document)
        reader = TextCoercer(prefix[index], self._document) if index < len(prefix) else self._reader.items
        listed = self._node.get("prefixEncoding")
        by_place = listed if isinstance(listed, list) else []
        encoding = by_place[index] if index < len(by_place) else self._node.get("itemEncoding")
        return self._part(reader, self._declared_type(encoding, content_type), content)

    def _form(self, fields: Fields) -> dict[str, Any]:
        reader = self._reader
        value: dict[str, Any] = {}
        claimed: set[str] = set()
        for name, property_reader in reader.properties.items():
            raw = self._form_field(fields, name, property_reader)
            if raw is None and self._is_spread(name, property_reader):
                raw = self._spread(fields, property_reader)
                claimed.update(raw or ())
            if raw is not None:
                value[name] = _structured(property_reader, raw)
        for name, texts in fields.items():
            if name not in value and name not in claimed and name.partition("[")[0] not in value:
                value[name] = reader.member(name).read(texts[0] if len(texts) == 1 else texts)
        return value

    def _form_field(self, fields: Fields, name: str, reader: TextCoercer) -> Any:
        style, explode = self._style(name)
        shape = next((shape for shape in ("array", "object") if shape in reader.types), "primitive")
        if shape != "primitive" and len(fields.get(name, ())) == 1 and fields[name][0][:1] in {"{", "["}:
            return fields[name][0]
        # An object under its own name, or in brackets: that is what clients send.
        explode = explode and shape != "object"
        return styles.form(fields, name, shape, style=style, explode=explode, known=frozenset())

    def _style(self, name: str) -> tuple[str, bool]:
        encoding = resolve(self._document, self._encoding.get(name) or {})
        encoding = encoding if isinstance(encoding, Mapping) else {}
        style = encoding.get("style")
        style = style if isinstance(style, str) else "form"
        return style, bool(encoding.get("explode", style == "form"))

    def _is_spread(self, name: str, reader: TextCoercer) -> bool:
        return self._style(name) == ("form", True) and "object" in reader.types

    def _spread(self, fields: Fields, reader: TextCoercer) -> dict[str, Any] | None:
        """An object whose members stand in the form themselves: what the standard says of `explode`."""
        own = self._reader.properties
        return {key: fields[key][0] for key in reader.properties if key in fields and key not in own} or None

    def _parts(self, parts: list[tuple[str, str, bytes]]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name, content_type, content in parts:
            reader = self._reader.member(name)
            repeated = "array" in reader.types
            item = self._part(reader.items if repeated else reader, self._part_type(name, content_type), content)
            if not repeated:
                value[name] = item
            elif isinstance(item, list):
                value.setdefault(name, []).extend(item)
            else:
                value.setdefault(name, []).append(item)
        return value

    def _part_type(self, name: str, content_type: str) -> str:
        return self._declared_type(self._encoding.get(name), content_type)

    def _declared_type(self, encoding: Any, content_type: str) -> str:
        """The part's own type; where it names none, that of its encoding object."""
        found = resolve(self._document, encoding or {})
        declared = found.get("contentType") if isinstance(found, Mapping) else None
        if isinstance(declared, str) and media.parse(content_type).essence == "text/plain":
            return declared.partition(",")[0]
        return content_type

    def _part(self, reader: TextCoercer, content_type: str, content: bytes) -> Any:
        kind = media.kind_of(media.parse(content_type).essence)
        # A file of JSON or XML, where the schema wants a string, is a file.
        if kind == "json" and reader.types != {"string"}:
            return decode_json(content)
        if kind == "xml" and reader.types & {"object", "array"}:
            from cierre.oas.validation.xml_body import read_xml  # noqa: PLC0415 - most runs never need it

            return read_xml(content, reader.schema, self._document)
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return content.decode("latin-1")
        return _structured(reader, text)


def _structured(reader: TextCoercer, raw: Any) -> Any:
    """Objects and arrays may come as JSON in a field of a form."""
    if isinstance(raw, str) and raw[:1] in {"{", "["} and reader.types & {"object", "array"}:
        try:
            return decode_json(raw.encode())
        except MalformedBody:
            return reader.read(raw)
    return reader.read(raw)


def _utf8(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"not UTF-8: {error.reason} at byte {error.start}") from None


def readable_charset(parameters: Mapping[str, str]) -> bool:
    """Whether the Content-Type's charset is one that we read: UTF-8 (and ASCII, a part of it) only."""
    return parameters.get("charset", "utf-8").lower() in _UTF8
