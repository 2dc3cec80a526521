"""The parts of one request, with valid values: path, query, header fields, cookies, body."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote

from cierre.mocks.answering.examples import examples_of
from cierre.mocks.answering.operation import MockedOperation
from cierre.mocks.answering.responses import responses_of
from cierre.mocks.console.sample import in_path, pairs_of, sample_body, text_of, value_of
from cierre.mocks.exporting.model import Body, Field
from cierre.mocks.generation.values import valid_value
from cierre.mocks.json_writer import write_json
from cierre.mocks.options import MockOptions
from cierre.oas.document import Document
from cierre.oas.structure import Operation
from cierre.oas.validation import media
from cierre.oas.validation.parameters import Parameter

_VARIABLE = re.compile(r"\{([^{}]+)\}")
# What may stand in a query as it is; `+` means a blank there.
_IN_NAME, _IN_VALUE = "[]:,@!$*()~", "[]:,@!$*()~/?"
_RAW = frozenset({"json", "xml"})
_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}


class Parts:
    """Of a request for one operation.

    Args:
        document: of the operation.
        operation: to be asked.
    """

    def __init__(self, document: Document, operation: Operation) -> None:
        self._document = document
        self._operation = operation
        validator = MockedOperation(document, operation, MockOptions()).validator
        self._parameters = validator.parameters if validator is not None else []
        self._sample = sample_body(document, operation)

    @property
    def content_type(self) -> str:
        """Of the body."""
        return self._sample.content_type if self._sample is not None else ""

    def path(self) -> tuple[tuple[str, ...], tuple[Field, ...], list[Field]]:
        """The segments, the variables in them, and the query that some documents write into a path.

        A segment that is a variable as a whole stays one; one that has a variable beside other text has its value.
        """
        plain, _, rest = self._operation.path.partition("#")[0].partition("?")
        segments, variables = [], []
        for segment in plain.removeprefix("/").split("/"):
            whole = _VARIABLE.fullmatch(segment)
            if whole is not None:
                name = re.sub(r"[^\w.-]", "_", whole[1], flags=re.ASCII)
                segments.append(f":{name}")
                variables.append(Field(name, self._texts.get(whole[1], "x"), self._description("path", whole[1])))
            else:
                segments.append(_literal(_VARIABLE.sub(self._inserted, segment)))
        query = [
            Field(_in_query(name, _IN_NAME), _in_query(self._filled(value), _IN_VALUE))
            for name, value in parse_qsl(rest, keep_blank_values=True)
        ]
        return tuple(segments), tuple({one.name: one for one in variables}.values()), query

    @cached_property
    def _texts(self) -> dict[str, str]:
        """The path parameters, percent-encoded."""
        return {one.name: in_path(one, value_of(self._document, one)) for one in self._parameters if _is(one, "path")}

    def _inserted(self, variable: re.Match[str]) -> str:
        return self._texts.get(variable[1], "x")

    def _filled(self, text: str) -> str:
        return _VARIABLE.sub(self._inserted, text)

    def query(self) -> Iterator[Field]:
        """What has to be sent, and switched off what may be."""
        for parameter in self._parameters:
            if _is(parameter, "query"):
                for name, value in pairs_of(parameter, value_of(self._document, parameter)):
                    yield Field(
                        _in_query(name, _IN_NAME),
                        _in_query(value, _IN_VALUE),
                        _about(parameter.node),
                        enabled=parameter.required,
                    )
        yield from self._querystring()

    def _querystring(self) -> Iterator[Field]:
        """`in: querystring` of 3.2: the whole query is one value."""
        listed = [self._operation.node.get("parameters"), self._operation.path_item.get("parameters")]
        nodes = [self._document.mapping(one) for each in listed if isinstance(each, list) for one in each]
        node = next((one for one in nodes if one.get("in") == "querystring"), None)
        content = self._document.mapping(node.get("content")) if node is not None else {}
        for kind, written in list(content.items())[:1]:
            holder = self._document.mapping(written)
            shown = list(examples_of(self._document, holder).values())
            made = valid_value(self._document, self._document.requests, holder.get("schema", {}), seed="query")[0]
            value = shown[0] if shown else made
            if media.kind_of(media.parse(str(kind)).essence) == "form" and isinstance(value, Mapping):
                for name, item in value.items():
                    yield Field(_in_query(str(name), _IN_NAME), _in_query(text_of(item), _IN_VALUE))
            else:
                plain = value if isinstance(value, str) else write_json(value).decode()
                yield Field(_in_query(plain, _IN_NAME), "")

    def headers(self) -> Iterator[Field]:
        """What has to be sent, switched off what may be, and the type of the first success."""
        success = next(iter(responses_of(self._document, self._operation)), None)
        accepted = [key for key in (success.content if success is not None else ()) if "*" not in key]
        if accepted:
            yield Field("Accept", accepted[0])
        for parameter in self._parameters:
            if _is(parameter, "header"):
                text = _header(value_of(self._document, parameter))
                yield Field(parameter.name, text, _about(parameter.node), enabled=parameter.required)

    def cookies(self) -> Iterator[Field]:
        """Those that have to be sent."""
        for parameter in self._parameters:
            if _is(parameter, "cookie") and parameter.required:
                text = text_of(value_of(self._document, parameter))
                yield Field(parameter.name, quote(text, safe="!#$&'()*+-./:<=>?@[]^_`{|}~"))

    def body(self) -> Body | None:
        """None where the operation reads none."""
        sample = self._sample
        if sample is None:
            return None
        is_form_data = media.parse(sample.content_type).essence == "multipart/form-data"
        if sample.kind == "multipart" and is_form_data and isinstance(sample.value, Mapping):
            return Body("multipart", fields=tuple(self._fields(sample.node, sample.value, is_multipart=True)))
        if sample.kind == "form":
            return Body("form", fields=tuple(self._form(sample.node, sample.value)))
        kind = sample.kind if sample.kind in _RAW else "text"
        return Body(kind, sample.text(self._document))

    def _form(self, node: Mapping[str, Any], value: Any) -> Iterator[Field]:
        if isinstance(value, Mapping):
            yield from self._fields(node, value, is_multipart=False)
        elif isinstance(value, str):
            yield from (Field(name, text) for name, text in parse_qsl(value, keep_blank_values=True))

    def _fields(self, node: Mapping[str, Any], value: Mapping[str, Any], *, is_multipart: bool) -> Iterator[Field]:
        """The members of a form; a list is as many fields, unless its `encoding` says otherwise."""
        encodings = self._document.mapping(node.get("encoding"))
        for name, item in value.items():
            encoding = self._document.mapping(encodings.get(name))
            style = str(encoding.get("style", "form"))
            content_type = str(encoding.get("contentType", "")).partition(",")[0].strip() if is_multipart else ""
            if style == "deepObject" and not is_multipart and isinstance(item, list | Mapping):
                yield from (Field(at, text) for at, text in _in_brackets(str(name), item))
            elif isinstance(item, list) and encoding.get("explode") is False:
                yield Field(str(name), _DELIMITERS.get(style, ",").join(map(text_of, item)))
            elif isinstance(item, list) and not is_multipart and any(isinstance(one, list | Mapping) for one in item):
                yield Field(str(name), write_json(item).decode())
            else:
                for each in item if isinstance(item, list) else [item]:
                    kind = content_type or ("application/json" if isinstance(each, Mapping) and is_multipart else "")
                    yield Field(str(name), text_of(each), content_type="" if "*" in kind else kind)

    def _description(self, place: str, name: str) -> str:
        return next((_about(one.node) for one in self._parameters if _is(one, place) and one.name == name), "")


def _is(parameter: Parameter, place: str) -> bool:
    return parameter.location == place


def _about(node: Mapping[str, Any]) -> str:
    text = node.get("description")
    return text.strip() if isinstance(text, str) else ""


def _in_brackets(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A nested value as names in brackets: OpenAPI leaves them open below the first, and this is what servers read."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _in_brackets(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _in_brackets(f"{name}[{index}]", item)
    else:
        yield name, text_of(value)


def _literal(segment: str) -> str:
    """A segment that is no variable for any program."""
    text = quote(segment, safe="%:@!$&'()*+,;=~")
    return f"%3A{text[1:]}" if text.startswith(":") else text


def _in_query(text: str, safe: str) -> str:
    return quote(text, safe=safe)


def _header(value: Any) -> str:
    """In one line, as a header field has it."""
    return " ".join("".join(one if one.isprintable() else " " for one in text_of(value)).split())
