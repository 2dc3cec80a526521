"""Request bodies, from bytes to the value that the schema describes.

JSON is strict (`decode_json`). Forms, multipart and XML carry text, which the schema types. What has no JSON form stays
text: a binary part or body is a string of its bytes, one character each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cierre.oas.validation import media, styles
from cierre.oas.validation.coercion import TextCoercer
from cierre.oas.validation.json_body import decode_json
from cierre.oas.validation.query import Fields, parse_fields
from cierre.oas.validation.references import resolve
from cierre.oas.validation.schemas import SchemaCompiler
from cierre.oas.validation.violations import MalformedBody

_UTF8 = frozenset({"utf-8", "utf8", "us-ascii"})


class BodyReader:
    """Reads bodies of one media type object."""

    def __init__(self, essence: str, node: Any, compiler: SchemaCompiler) -> None:
        self.kind = media.kind_of(essence)
        self.schema: Any = node.get("schema") if isinstance(node, Mapping) else None
        self._encoding: Mapping[str, Any] = (node.get("encoding") or {}) if isinstance(node, Mapping) else {}
        self._document = compiler.document
        self._compiler = compiler
        self._text: TextCoercer | None = None
        self.validates = self.schema is not None and self.kind != "binary"
        self.validator = compiler.compile(self.schema) if self.validates else None

    @property
    def _reader(self) -> TextCoercer:
        if self._text is None:
            self._text = TextCoercer(self.schema if self.schema is not None else {}, self._document)
        return self._text

    def read(self, body: bytes, parameters: Mapping[str, str]) -> Any:
        """The body's value; `parameters` are the Content-Type's.

        Raises:
            MalformedBody: it is not what the Content-Type says.
        """
        if self.kind == "json":
            return decode_json(body)
        if self.kind == "form":
            return self._form(parse_fields(body))
        if self.kind == "multipart":
            from cierre.oas.validation.multipart import parse_parts  # noqa: PLC0415 - most runs never need it

            return self._parts(parse_parts(body, parameters.get("boundary", "")))
        if self.kind == "xml":
            from cierre.oas.validation.xml_body import read_xml  # noqa: PLC0415 - most runs never need it

            return read_xml(body, self.schema or {}, self._document)
        if self.kind == "text":
            return self._reader.read(_utf8(body))
        return body.decode("latin-1")

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
        style = encoding.get("style", "form")
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
            item = _part(reader.items if repeated else reader, content_type, content)
            if not repeated:
                value[name] = item
            elif isinstance(item, list):
                value.setdefault(name, []).extend(item)
            else:
                value.setdefault(name, []).append(item)
        return value


def _part(reader: TextCoercer, content_type: str, content: bytes) -> Any:
    # A file of JSON, where the schema wants a string, is a file.
    if media.kind_of(media.parse(content_type).essence) == "json" and reader.types != {"string"}:
        return decode_json(content)
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
