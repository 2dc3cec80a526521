"""From a selection to the status, headers and bytes of a reply: an example or a generated value, encoded.

The same operation, status, media type, example and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from cierre.mocks.answering.bodies import encode_with_type
from cierre.mocks.answering.examples import examples_of
from cierre.mocks.answering.selection import Selection
from cierre.mocks.generation.budget import DEFAULT_LIMITS, AnswerLimits, Budget
from cierre.mocks.json_writer import whole, write_json
from cierre.mocks.messages import Headers
from cierre.oas.document import Document
from cierre.oas.references import UnresolvableReference
from cierre.oas.validation import SchemaCompiler, Violation, media
from cierre.oas.validation.coercion import TextCoercer


class RenderedResponse(NamedTuple):
    """A documented response as bytes.

    Attributes:
        status: to send.
        headers: Content-Type and Content-Length included.
        body: encoded.
        value: of the body, before it was encoded.
        source: where the body is from, for the log.
        valid: whether the validator accepts the body.
        violations: what the body breaks in its schema.
    """

    status: int
    headers: Headers
    body: bytes
    value: Any
    source: str
    valid: bool
    violations: tuple[Violation, ...] = ()


class Renderer:
    """Renders responses of one document.

    Args:
        document: that they are of.
        limits: of what is generated.
        strict: an example that breaks its schema is not valid, instead of being repaired.
    """

    def __init__(self, document: Document, limits: AnswerLimits = DEFAULT_LIMITS, *, strict: bool = False) -> None:
        self._document = document
        self._strict = strict
        self._limits = limits
        # By the letter, and as documents mean it: what is sent is the first where there is such a value.
        self._compiler: SchemaCompiler = document.answers
        self._lenient: SchemaCompiler = document.responses

    def render(self, selection: Selection, *, seed: str, dynamic: bool) -> RenderedResponse:
        """The response as bytes. An example is sent as it is unless it breaks its schema: then it is repaired.

        Args:
            selection: what to render.
            seed: of what is generated; the same seed gives the same bytes.
            dynamic: generate the body at random even where there is an example.
        """
        headers = self._headers(selection.response.headers, seed=seed)
        if not selection.choice.key:
            without_body = selection.status in {204, 304} or selection.status < 200
            length: Headers = [] if without_body else [(b"content-length", b"0")]
            return RenderedResponse(selection.status, headers + length, b"", None, "no body", valid=True)
        node = self._document.mapping(selection.response.content[selection.choice.key])
        schema = self._compiler.schema_of(node)
        value, source, valid = self._value(node, schema, selection, seed=seed, dynamic=dynamic)
        value = whole(value)
        made = partial(self._header, seed=seed)
        body, content_type = encode_with_type(self._document, value, selection.choice.content_type, node, made)
        headers = [*_content_fields(content_type, len(body)), *headers]
        violations = () if valid else tuple(self._violations(schema, value))
        return RenderedResponse(selection.status, headers, body, value, source, valid, violations)

    def with_value(self, rendered: RenderedResponse, selection: Selection, value: Any) -> RenderedResponse:
        """The same response with another body.

        Args:
            rendered: it is not changed.
            selection: that it was rendered from.
            value: of the new body.
        """
        node = self._document.mapping(selection.response.content[selection.choice.key])
        body, content_type = encode_with_type(self._document, value, selection.choice.content_type, node)
        rest = [item for item in rendered.headers if item[0] not in {b"content-type", b"content-length"}]
        headers = [*_content_fields(content_type, len(body)), *rest]
        return rendered._replace(headers=headers, body=body, value=value)

    def _value(
        self, node: Mapping[str, Any], schema: Any, selection: Selection, *, seed: str, dynamic: bool
    ) -> tuple[Any, str, bool]:
        essence = media.parse(selection.choice.content_type).essence
        kind = media.kind_of(essence)
        examples = examples_of(self._document, node, as_text=kind != "json")
        if "itemSchema" in node:
            # An example may show one item alone.
            examples = {name: [value] if isinstance(value, Mapping) else value for name, value in examples.items()}
        if selection.example in examples and not dynamic:
            return self._example(examples[selection.example], selection.example, schema, kind, seed)
        if schema is None:
            return ({} if kind == "json" else ""), "nothing, as the document has no schema here", True
        value, valid = self._made(schema, seed, dynamic=dynamic)
        return value, "generated" if valid else "generated; no attempt made a value that its schema accepts", valid

    def _example(self, value: Any, name: str | None, schema: Any, kind: str, seed: str) -> tuple[Any, str, bool]:
        label = f"example {name!r}" if name else "the example"
        if kind != "json" and isinstance(value, str):
            # The text of XML, of a form or of a sequence is sent as the author wrote it.
            return value, label, True
        if schema is None or self._accepts(self._compiler, schema, value, kind):
            return value, label, True
        if self._strict:
            valid = self._accepts(self._lenient, schema, value, kind)
            return value, label if valid else f"{label}, which breaks its schema", valid
        from cierre.mocks.generation.repair import repair  # noqa: PLC0415 - most documents show examples that conform
        from cierre.mocks.generation.values import valid_value  # noqa: PLC0415

        # By the letter wherever there is such a value: where alternatives overlap, documents mean less than they say.
        for compiler in (self._compiler, self._lenient):
            repaired = repair(self._document, compiler, schema, value, seed=seed, budget=Budget(self._limits))
            if self._accepts(compiler, schema, repaired, kind):
                return repaired, label if repaired == value else f"{label}, repaired as it breaks its schema", True
            made, valid = valid_value(self._document, compiler, schema, seed=seed, limits=self._limits)
            if valid:
                return made, f"generated, since {label} breaks its schema", True
        return value, f"{label}, which breaks its schema, as everything does", False

    def _made(self, schema: Any, seed: str, *, dynamic: bool = False) -> tuple[Any, bool]:
        from cierre.mocks.generation.values import valid_value  # noqa: PLC0415 - what makes values takes a while to load

        made: Any = None
        for compiler in (self._compiler, self._lenient):
            made, valid = valid_value(self._document, compiler, schema, seed=seed, dynamic=dynamic, limits=self._limits)
            if valid:
                return made, True
        return made, False

    def _violations(self, schema: Any, value: Any) -> list[Violation]:
        try:
            return self._lenient.compile(schema).violations(value)
        except (UnresolvableReference, ValueError):
            return []

    def conforms(self, schema: Any, value: Any, kind: str = "json") -> bool:
        """Whether the schema accepts the value; True where the schema itself is broken.

        Args:
            schema: as written.
            value: a JSON value, or the text of another kind of media type.
            kind: of the media type: `json`, `xml`, `form`, …
        """
        return any(self._accepts(one, schema, value, kind) for one in (self._compiler, self._lenient))

    def conforms_as(self, schema: Any, value: Any, other: Any) -> bool:
        """Whether the schema accepts the value by the letter, or, as it does the other value, as documents mean it."""
        if self._accepts(self._compiler, schema, other, "json"):
            return self._accepts(self._compiler, schema, value, "json")
        return self._accepts(self._lenient, schema, value, "json")

    def _accepts(self, compiler: SchemaCompiler, schema: Any, value: Any, kind: str) -> bool:
        try:
            validator = compiler.compile(schema)
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
                value, _ = self._made(node.get("schema", {}), seed)
            return _one_line(write_json(value).decode())
        examples = list(examples_of(self._document, header).values())
        if schema is None:
            return _text(examples[0]) if examples else ""
        try:
            validator = self._compiler.compile(schema)
            coercer = TextCoercer(schema, self._document.root)
        except (UnresolvableReference, ValueError):
            return _text(examples[0]) if examples else None
        for example in examples:
            if validator.is_valid(example) or validator.is_valid(coercer.read(_text(example))):
                return _text(example)
        value, _ = self._made(schema, seed)
        return _text(value)


def _content_fields(content_type: str, length: int) -> Headers:
    return [(b"content-type", content_type.encode("latin-1", "replace")), (b"content-length", b"%d" % length)]


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
    """The text without line breaks and other control characters, which no header field may have."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
