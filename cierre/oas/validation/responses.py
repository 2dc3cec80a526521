"""One operation's answers against the document: status, headers, media type, body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cierre.oas.pointers import pointer
from cierre.oas.references import resolve
from cierre.oas.validation import media, styles
from cierre.oas.validation.bodies import BodyReader
from cierre.oas.validation.coercion import TextCoercer
from cierre.oas.validation.json_body import decode_json
from cierre.oas.validation.schemas import SchemaCompiler
from cierre.oas.validation.sequences import is_sequence, read_sequence
from cierre.oas.validation.violations import MalformedBody, Version, Violation

# A body of a kind that no schema can look into.
_OPAQUE: Final = object()


def response_of(document: Any, operation: Mapping[str, Any], status: int) -> Mapping[str, Any] | None:
    """The response object for a status: itself, then its range (`4XX`), then `default`; None where undocumented."""
    responses = operation.get("responses") or {}
    for key in (str(status), status, f"{status // 100}XX", f"{status // 100}xx", "default"):
        if key in responses:
            node = resolve(document, responses[key])
            return node if isinstance(node, Mapping) else {}
    return None


class ResponseValidator:
    """Compiled from one operation of a document; arguments as for `RequestValidator`."""

    def __init__(
        self,
        document: Mapping[str, Any],
        path: str,
        method: str,
        *,
        version: Version = "3.0",
        compiler: SchemaCompiler | None = None,
        operation: Mapping[str, Any] | None = None,
    ) -> None:
        self._document = document
        self._compiler = compiler or SchemaCompiler(document, version=version, direction="response")
        self._method = method.lower()
        self._operation = operation or resolve(document, document["paths"][path])[self._method]

    def violations(
        self, status: int, headers: Mapping[str, str], content_type: str | None, body: bytes
    ) -> list[Violation]:
        """What an answer breaks; header names are lower case.

        `rule` is `status` for one that is not documented, `mediaType` for a type that is not, otherwise a keyword.
        """
        response = response_of(self._document, self._operation, status)
        if response is None:
            return [Violation("body", "", f"status {status} is not documented", "status")]
        found = self._headers(response, headers)
        content = response.get("content") or {}
        if self._method == "head" or status in {204, 304}:
            content = {}
        if not content:
            if body:
                found.append(Violation("body", "", f"no body is documented for status {status}", "mediaType"))
            return found
        return found + self._body(content, content_type, body)

    def _body(self, content: Mapping[str, Any], content_type: str | None, body: bytes) -> list[Violation]:
        given = media.parse(content_type or "")
        key = media.find(content, given.essence)
        if key is None:
            message = f"Content-Type {content_type or 'none'} is not documented"
            return [Violation("header", "/Content-Type", message, "mediaType")]
        node = content[key] or {}
        schema = self._compiler.schema_of(node)
        if schema is None:
            return []
        try:
            if "itemSchema" in node and is_sequence(given.essence):
                value: Any = read_sequence(given.essence, body)
            else:
                value = self._value(given, node, schema, body)
        except MalformedBody as error:
            return [Violation("body", "", error.message, "malformed")]
        return [] if value is _OPAQUE else self._compiler.compile(schema).violations(value)

    def _value(self, given: media.MediaType, node: Any, schema: Any, body: bytes) -> Any:
        kind = media.kind_of(given.essence)
        if kind == "json":
            return decode_json(body)
        if kind in {"form", "multipart"}:
            return BodyReader(given.essence, node, self._compiler).read(body, given.parameters)
        if kind == "xml":
            from cierre.oas.validation.xml_body import read_xml  # noqa: PLC0415 - most runs never need it

            return read_xml(body, schema, self._document)
        if kind == "text":
            return TextCoercer(schema, self._document).read(body.decode("utf-8", "replace"))
        return _OPAQUE

    def _headers(self, response: Mapping[str, Any], headers: Mapping[str, str]) -> list[Violation]:
        found = []
        for name, node in (response.get("headers") or {}).items():
            header = resolve(self._document, node)
            if name.lower() == "content-type" or not isinstance(header, Mapping):
                continue
            text = headers.get(name.lower())
            if text is None:
                if header.get("required") is True:
                    message = f'header "{name}" is required'
                    found.append(Violation("header", pointer(name), message, "required"))
            elif "schema" in header:
                found.extend(self._header(name, header, text))
        return found

    def _header(self, name: str, header: Mapping[str, Any], text: str) -> list[Violation]:
        schema = header["schema"]
        reader = TextCoercer(schema, self._document)
        shape = next((shape for shape in ("array", "object") if shape in reader.types), "primitive")
        raw = styles.simple(text, shape, explode=bool(header.get("explode")))
        validator = self._compiler.compile(schema)
        value = reader.read(raw)
        return [] if validator.is_valid(text) else validator.violations(value, "header", pointer(name))
