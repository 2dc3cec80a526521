"""One operation's requests against the document: parameters in every place, and the body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cierre.oas.pointers import pointer
from cierre.oas.references import resolve
from cierre.oas.validation import media
from cierre.oas.validation.bodies import BodyReader, readable_charset
from cierre.oas.validation.cookies import read_cookies
from cierre.oas.validation.parameters import MISSING, Source, parameters_of
from cierre.oas.validation.query import Fields, parse_fields
from cierre.oas.validation.querystring import querystring_of
from cierre.oas.validation.schemas import SchemaCompiler
from cierre.oas.validation.violations import Location, MalformedBody, UnsupportedMediaType, Version, Violation

# Content-Type values are the client's: remember some of them, not all that anybody can think of.
_REMEMBERED = 64


class Validated(NamedTuple):
    """A request as the document reads it.

    Attributes:
        parameters: by place, then by the name the document gives; absent ones have their default or are left out.
        body: None where none was sent.
        violations: empty where the request conforms.
    """

    parameters: dict[Location, dict[str, Any]]
    body: Any
    violations: list[Violation]


class _Body(NamedTuple):
    reader: BodyReader
    parameters: Mapping[str, str]


class RequestValidator:
    """Compiled from one operation of a document.

    Args:
        document: the whole document; `$ref`s are local.
        path: as the document writes it (`/users/{id}`).
        method: in any case.
        version: how the schemas are read; 3.2 reads like 3.1.
        strict_query: report query parameters that the operation does not declare.
        compiler: shared by the operations of one document; made here where none is given.
        path_item: the path item object, where the caller has it already.
        operation: the operation object, likewise.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        path: str,
        method: str,
        *,
        version: Version = "3.0",
        strict_query: bool = False,
        compiler: SchemaCompiler | None = None,
        path_item: Mapping[str, Any] | None = None,
        operation: Mapping[str, Any] | None = None,
    ) -> None:
        self._compiler = compiler or SchemaCompiler(document, version=version, direction="request")
        path_item = path_item or resolve(document, document["paths"][path])
        operation = operation or resolve(document, path_item)[method.lower()]
        self.parameters = parameters_of(document, path_item, operation, self._compiler)
        self._querystring = querystring_of(document, path_item, operation, self._compiler)
        body = resolve(document, operation.get("requestBody") or {})
        self._required: bool = body.get("required") is True
        content = media.declared(resolve(document, body.get("content")))
        self._content: Mapping[str, Any] | None = content or None
        self._strict_query = strict_query
        self._bodies: dict[str, _Body] = {}
        self._readers: dict[str, BodyReader] = {}
        self._query_keys = _query_keys(document) if strict_query else frozenset()
        self._reads_query = any(parameter.location == "query" for parameter in self.parameters)
        self._reads_cookies = any(parameter.location == "cookie" for parameter in self.parameters)

    @property
    def supported(self) -> list[str]:
        """The media types of the body, as the document writes them."""
        return list(self._content or ())

    def validate(
        self,
        path_params: Mapping[str, str],
        query: bytes,
        headers: Mapping[str, str],
        content_type: str | None,
        body: bytes,
    ) -> Validated:
        """Read and check one request.

        Args:
            path_params: text of each template variable, percent-decoded.
            query: the raw query string.
            headers: lower-case names.
            content_type: the Content-Type field as sent.
            body: all of it; empty means absent.

        Raises:
            UnsupportedMediaType: there is a body, and its type or charset is none that the operation reads.
        """
        value, violations = self._read_body(content_type, body)
        values: dict[Location, dict[str, Any]] = {}
        if self.parameters or (self._strict_query and query):
            fields = parse_fields(query) if query and (self._reads_query or self._strict_query) else {}
            cookies = read_cookies(headers.get("cookie", "")) if self._reads_cookies else {}
            source = Source(path_params, fields, headers, cookies)
            for parameter in self.parameters:
                found, problems = parameter.read(source)
                if found is not MISSING:
                    values.setdefault(parameter.location, {})[parameter.name] = found
                violations.extend(problems)
            if self._strict_query and self._querystring is None:
                violations.extend(self._unknown(fields))
        if self._querystring is not None:
            found, problems = self._querystring.read(query)
            if found is not MISSING:
                values.setdefault("query", {})[self._querystring.name] = found
            violations.extend(problems)
        return Validated(values, value, violations)

    def _read_body(self, content_type: str | None, body: bytes) -> tuple[Any, list[Violation]]:
        if not body:
            if self._required:
                return None, [Violation("body", "", "a body is required", "required")]
            return None, []
        if self._content is None:
            # The operation reads no body: one that was sent is not looked at.
            return None, []
        found = self._bodies.get(content_type or "") or self._find(content_type or "")
        try:
            value = found.reader.read(body, found.parameters)
        except MalformedBody as error:
            return None, [Violation("body", "", error.message, "malformed")]
        validator = found.reader.validator
        problems = found.reader.unencoded(body)
        if validator is not None and not validator.is_valid(value):
            problems += validator.violations(value)
        return value, problems

    def _find(self, content_type: str) -> _Body:
        content = self._content or {}
        given = media.parse(content_type)
        key = media.find(content, given.essence, given.parameters)
        if not content_type or key is None or not readable_charset(given.parameters):
            raise UnsupportedMediaType(list(content))
        # A range in the document is read as what the client says it sent.
        reader = self._readers.get(f"{key} {media.kind_of(given.essence)}")
        if reader is None:
            reader = BodyReader(given.essence, content[key], self._compiler)
            self._readers[f"{key} {reader.kind}"] = reader
        found = _Body(reader, given.parameters)
        if len(self._bodies) < _REMEMBERED:
            self._bodies[content_type] = found
        return found

    def _unknown(self, fields: Fields) -> list[Violation]:
        return [
            Violation("query", pointer(name), f'query parameter "{name}" is not known here', "additionalProperties")
            for name in fields
            if name not in self._query_keys and not any(parameter.owns(name) for parameter in self.parameters)
        ]


def _query_keys(document: Mapping[str, Any]) -> frozenset[str]:
    """API keys that travel in the query are no parameters, yet known."""
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    nodes = [resolve(document, scheme) for scheme in schemes.values()]
    return frozenset(node.get("name", "") for node in nodes if node.get("in") == "query")
