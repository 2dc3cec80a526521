"""A request for an operation that the document calls valid, for a form that somebody changes and sends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from cierre.mocks import oauth
from cierre.mocks.answering.encoding import encode
from cierre.mocks.answering.examples import examples_of
from cierre.mocks.json_writer import write_json
from cierre.oas.document import Document
from cierre.oas.references import UnresolvableReference
from cierre.oas.structure import Operation
from cierre.oas.validation import RequestValidator, media
from cierre.oas.validation.parameters import Parameter

_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}
# "mock:mock", for RFC 7617.
_BASIC = "Basic bW9jazptb2Nr"


class SampleBody(NamedTuple):
    """A valid body of a request.

    Attributes:
        content_type: without `*`.
        kind: of that: `json`, `form`, `multipart`, …
        node: the media type object.
        value: a JSON value, or the text of another kind.
    """

    content_type: str
    kind: str
    node: Mapping[str, Any]
    value: Any

    def text(self, document: Document) -> str:
        """It as one text; what is no text has replacement characters."""
        if self.kind == "json":
            return json.dumps(self.value, ensure_ascii=False, indent=2)
        return encode(document, self.value, self.content_type, self.node.get("schema", {})).decode("utf-8", "replace")


def sample_path(document: Document, operation: Operation, validator: RequestValidator | None) -> str:
    """The operation's path, percent-encoded, with a valid value in the place of each parameter.

    Args:
        document: of the operation; values are its examples, or are made from its schemas.
        operation: whose path it is.
        validator: of its requests; None where the document cannot be read so far: the path is as it is written.
    """
    path = operation.path
    for parameter in validator.parameters if validator is not None else ():
        if parameter.location == "path":
            path = path.replace(f"{{{parameter.name}}}", in_path(parameter, value_of(document, parameter)))
    return path


def sample_request(
    document: Document, operation: Operation, validator: RequestValidator | None, token: str | None
) -> dict[str, Any]:
    """Method, path, query, header fields and body.

    Args:
        document: of the operation; values are its examples, or are made from its schemas.
        operation: to be asked.
        validator: of its requests; None where the document cannot be read so far.
        token: that the mock accepts; None: any.

    Returns:
        `method`, `path` (percent-encoded), `query` (a query string without its `?`), `headers` and `body`, a text.
    """
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    for parameter in validator.parameters if validator is not None else ():
        if not parameter.required or parameter.location == "path":
            continue
        value = value_of(document, parameter)
        if parameter.location == "query":
            query += pairs_of(parameter, value)
        elif parameter.location == "header":
            headers[parameter.name] = text_of(value)
    for place, name, text in _credentials(document, operation, token):
        if place == "query":
            query.append((name, text))
        elif place == "header":
            headers[name] = text
    body = _body(document, operation, headers)
    path = sample_path(document, operation, validator)
    made = {"method": operation.method.upper(), "path": path, "query": urlencode(query, quote_via=quote)}
    return {**made, "headers": headers, "body": body}


def value_of(document: Document, parameter: Parameter) -> Any:
    """A valid value of a parameter: its example, or one that is made from its schema."""
    for example in examples_of(document, parameter.node).values():
        if _is_valid(document, parameter.schema, example):
            return example
    from cierre.mocks.generation.values import valid_value  # noqa: PLC0415 - what makes values takes a while to load

    return valid_value(document, document.requests, parameter.schema, seed=parameter.name)[0]


def _is_valid(document: Document, schema: Any, example: Any) -> bool:
    """Whether an example keeps to its schema: not all do."""
    try:
        return document.requests.compile(schema).is_valid(example)
    except (UnresolvableReference, ValueError):
        return True


def _body(document: Document, operation: Operation, headers: dict[str, str]) -> str:
    """The text of a valid body, "" for none; its type goes into the header fields."""
    sample = sample_body(document, operation)
    if sample is None:
        return ""
    headers["Content-Type"] = sample.content_type
    if sample.kind == "multipart":
        return _parts(sample.value, headers)
    return sample.text(document)


def sample_body(document: Document, operation: Operation) -> SampleBody | None:
    """A body that the document calls valid, of JSON where there is JSON; None where the operation reads none."""
    content = document.mapping(document.mapping(operation.node.get("requestBody")).get("content"))
    if not content:
        return None
    key = min(content, key=lambda one: media.kind_of(media.parse(one).essence) != "json")
    content_type = "application/json" if "*" in key else key
    kind = media.kind_of(media.parse(content_type).essence)
    node = document.mapping(content[key])
    schema = node.get("schema", {})
    examples = examples_of(document, node, as_text=kind != "json").values()
    # The text of another kind is as its author wrote it.
    usable = [one for one in examples if (kind != "json" and isinstance(one, str)) or _is_valid(document, schema, one)]
    if usable:
        value = usable[0]
    else:
        from cierre.mocks.generation.values import valid_value  # noqa: PLC0415 - what makes values takes a while to load

        value = valid_value(document, document.requests, schema, seed="body")[0]
    return SampleBody(content_type, kind, node, value)


def _parts(value: Any, headers: dict[str, str]) -> str:
    headers["Content-Type"] = 'multipart/form-data; boundary="part"'
    members = value.items() if isinstance(value, dict) else ()
    parts = [
        f'--part\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text_of(item)}' for name, item in members
    ]
    return "\r\n".join([*parts, "--part--", ""])


def in_path(parameter: Parameter, value: Any) -> str:
    """The text of a path parameter, percent-encoded; it is never empty."""
    if parameter.encoded:
        return quote(write_json(value).decode(), safe="")
    text = quote(text_of(value), safe=",") or "x"
    prefix = {"label": ".", "matrix": f";{quote(parameter.name)}="}.get(parameter.style, "")
    return f"{prefix}{text}"


def pairs_of(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    """Names and values of a query parameter, as its style writes it."""
    if parameter.encoded:
        return [(parameter.name, write_json(value).decode())]
    if isinstance(value, dict) and parameter.style == "deepObject":
        return [(f"{parameter.name}[{key}]", text_of(item)) for key, item in value.items()]
    if isinstance(value, dict) and parameter.explode:
        return [(str(key), text_of(item)) for key, item in value.items()]
    if isinstance(value, list) and parameter.explode:
        return [(parameter.name, text_of(item)) for item in value]
    if isinstance(value, list):
        return [(parameter.name, _DELIMITERS.get(parameter.style, ",").join(map(text_of, value)))]
    return [(parameter.name, text_of(value))]


def text_of(value: Any) -> str:
    """A value in the style `simple`; objects inside of one are JSON, as clients write them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(text_of, value))
    if isinstance(value, dict):
        return write_json(value).decode()
    return "null" if value is None else str(value)


def _credentials(document: Document, operation: Operation, token: str | None) -> Iterator[tuple[str, str, str]]:
    """Place, name and text of what the first alternative of the security requirements wants."""
    wanted = operation.node.get("security", document.root.get("security"))
    first = wanted[0] if isinstance(wanted, list) and wanted else {}
    schemes = document.mapping(document.mapping(document.root.get("components")).get("securitySchemes"))
    for name in first if isinstance(first, dict) else ():
        scheme = document.mapping(schemes.get(name))
        given = token or oauth.ANY_TOKEN
        if scheme.get("type") == "apiKey":
            yield str(scheme.get("in", "header")), str(scheme.get("name", "")), given
        elif scheme.get("type") == "http" and str(scheme.get("scheme", "")).lower() == "basic":
            yield "header", "Authorization", _BASIC
        elif scheme.get("type") in {"http", "oauth2", "openIdConnect"}:
            yield "header", "Authorization", f"Bearer {given}"
