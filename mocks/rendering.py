"""From a selection to the bytes of an answer: example or generated value, headers, encoding.

What does not depend on the request is made once: the same operation, status, media type and example give the same
bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cierre.mocks.documents import Document
from cierre.mocks.encoding import dump, encode
from cierre.mocks.examples import examples_of
from cierre.mocks.generation.generator import valid_value
from cierre.mocks.selection import Selection
from cierre.oas.validation import SchemaCompiler, UnresolvableReference, media
from cierre.oas.validation.coercion import TextCoercer

Headers = list[tuple[bytes, bytes]]


class Rendered(NamedTuple):
    """An answer without what only the request decides.

    Attributes:
        headers: as ASGI wants them, with Content-Type and Content-Length.
        value: of the body, before it was encoded.
        source: where the body is from, for the log.
        valid: whether the validator agrees with the body.
    """

    status: int
    headers: Headers
    body: bytes
    value: Any
    source: str
    valid: bool


class Renderer:
    """Renders answers of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._compiler: SchemaCompiler = document.responses

    def render(self, selection: Selection, *, seed: str, dynamic: bool) -> Rendered:
        """The answer; a named example is shown as it is unless it breaks its schema."""
        headers = self._headers(selection.response.headers, seed=seed)
        if not selection.choice.key:
            bodiless = selection.status in {204, 304} or selection.status < 200
            length: Headers = [] if bodiless else [(b"content-length", b"0")]
            return Rendered(selection.status, headers + length, b"", None, "no body", valid=True)
        node = self._document.mapping(selection.response.content[selection.choice.key])
        schema = node.get("schema", node.get("itemSchema"))
        value, source, valid = self._value(node, schema, selection, seed=seed, dynamic=dynamic)
        body = encode(self._document, value, selection.choice.content_type, schema)
        headers = [*self._content(selection.choice.content_type, len(body)), *headers]
        return Rendered(selection.status, headers, body, value, source, valid)

    def with_value(self, rendered: Rendered, selection: Selection, value: Any) -> Rendered:
        """The same answer with another JSON body."""
        body = dump(value)
        rest = [item for item in rendered.headers if item[0] not in {b"content-type", b"content-length"}]
        headers = [*self._content(selection.choice.content_type, len(body)), *rest]
        return rendered._replace(headers=headers, body=body, value=value)

    @staticmethod
    def _content(content_type: str, length: int) -> Headers:
        return [(b"content-type", content_type.encode("latin-1", "replace")), (b"content-length", b"%d" % length)]

    def _value(
        self, node: Mapping[str, Any], schema: Any, selection: Selection, *, seed: str, dynamic: bool
    ) -> tuple[Any, str, bool]:
        examples = examples_of(self._document, node)
        kind = media.kind_of(media.parse(selection.choice.content_type).essence)
        if selection.example in examples and not dynamic:
            return self._example(examples[selection.example], selection.example, schema, kind, seed)
        if schema is None:
            return ({} if kind == "json" else ""), "nothing, as the document has no schema here", True
        value, valid = valid_value(self._document, self._compiler, schema, seed=seed, dynamic=dynamic)
        return value, "generated" if valid else "generated; nothing was found that its schema accepts", valid

    def _example(self, value: Any, name: str | None, schema: Any, kind: str, seed: str) -> tuple[Any, str, bool]:
        label = f"example {name!r}" if name else "the example"
        if schema is None or self.conforms(schema, value, kind):
            return value, label, True
        if kind != "json" and isinstance(value, str):
            # Text of an XML or a form, as it goes over the wire: shown as the author wrote it.
            return value, label, True
        from cierre.mocks.generation.repair import repair  # noqa: PLC0415 - good examples never need it

        mended = repair(self._document, self._compiler, schema, value, seed=seed)
        if self.conforms(schema, mended, kind):
            return mended, f"{label}, repaired where it breaks its schema", True
        made, valid = valid_value(self._document, self._compiler, schema, seed=seed)
        return made, f"generated, since {label} breaks its schema", valid

    def conforms(self, schema: Any, value: Any, kind: str = "json") -> bool:
        """Whether the schema accepts the value; yes where the schema itself is broken."""
        try:
            validator = self._compiler.compile(schema)
        except (UnresolvableReference, ValueError):
            return True
        if kind != "json" and isinstance(value, str):
            value = TextCoercer(schema, self._document.root).read(value)
        return validator.is_valid(value)

    def _headers(self, headers: Mapping[str, Any], *, seed: str) -> Headers:
        found = []
        for name, header in headers.items():
            if name.lower() == "preference-applied":
                continue  # written where a preference was applied
            text = self._header(header, seed=f"{seed}/{name}")
            if text is not None:
                found.append((name.lower().encode("latin-1", "replace"), text.encode("latin-1", "replace")))
        return found

    def _header(self, header: Mapping[str, Any], *, seed: str) -> str | None:
        """A header field's text: its example where that is valid, otherwise generated."""
        schema = header.get("schema")
        content = self._document.mapping(header.get("content"))
        if content:
            node = self._document.mapping(next(iter(content.values())))
            value = next(iter(examples_of(self._document, node).values()), None)
            if value is None:
                value, _ = valid_value(self._document, self._compiler, node.get("schema", {}), seed=seed)
            return _one_line(dump(value).decode())
        examples = list(examples_of(self._document, header).values())
        if schema is None:
            return _text(examples[0]) if examples else ""
        validator = self._compiler.compile(schema)
        reader = TextCoercer(schema, self._document.root)
        for example in examples:
            if validator.is_valid(example) or validator.is_valid(reader.read(_text(example))):
                return _text(example)
        value, _ = valid_value(self._document, self._compiler, schema, seed=seed)
        return _text(value)


def _text(value: Any) -> str:
    """A value in the style `simple`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_text(item) for item in value)
    if isinstance(value, Mapping):
        return ",".join(f"{name},{_text(item)}" for name, item in value.items())
    return "" if value is None else _one_line(str(value))


def _one_line(text: str) -> str:
    """Without what no header field can carry: line breaks and other control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
