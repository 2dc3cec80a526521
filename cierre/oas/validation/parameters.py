"""One parameter of an operation, compiled: where it is read, how it is written, what it must be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from cierre.oas.pointers import pointer
from cierre.oas.references import resolve
from cierre.oas.validation import styles
from cierre.oas.validation.coercion import TextCoercer, additional_of, from_text, parts
from cierre.oas.validation.json_body import decode_json
from cierre.oas.validation.media import kind_of, parse
from cierre.oas.validation.query import Fields
from cierre.oas.validation.schema_validator import SchemaValidator
from cierre.oas.validation.schemas import SchemaCompiler
from cierre.oas.validation.violations import Location, MalformedBody, Violation

MISSING: Final = object()
_DEFAULT_STYLE = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
_PLAIN_STYLES = frozenset({"simple", "form"})
_PLACES = {"path": 0, "query": 1, "header": 2, "cookie": 3}
# OpenAPI: parameters of these names are ignored, as other keywords describe them.
IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})


class PathParameters(dict[str, str]):
    """Texts of path parameters, and `pieces`: of those with commas of both kinds, the texts between the plain ones."""

    __slots__ = ("pieces",)

    def __init__(self, texts: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(texts)
        self.pieces: dict[str, list[str]] = {}


class Source(NamedTuple):
    """The places of one request in which parameters stand."""

    path: Mapping[str, str]
    query: Fields
    headers: Mapping[str, str]
    cookies: Mapping[str, str]


class Parameter:
    """One parameter object, its schema compiled at first use."""

    def __init__(self, node: Mapping[str, Any], compiler: SchemaCompiler) -> None:
        self.name: str = str(node["name"])
        self.location: Location = node["in"]
        self.required: bool = node.get("required") is True or self.location == "path"
        self.node = node
        content = node.get("content")
        kind, media = next(iter(content.items()), ("", {})) if isinstance(content, Mapping) else ("", None)
        # A parameter with `content` holds one encoded value: a text, or JSON.
        self.encoded = media is not None
        self._is_text = kind_of(parse(str(kind)).essence) == "text"
        self.schema: Any = (media if media is not None else node).get("schema", True)
        style = node.get("style")
        self.style: str = style if isinstance(style, str) and style else _DEFAULT_STYLE[self.location]
        self.explode: bool = bool(node.get("explode", self.style == "form"))
        self._may_be_empty = self.location == "query" and node.get("allowEmptyValue") is True
        self._compiler = compiler
        self._reader: TextCoercer | None = None
        self._validator: SchemaValidator | None = None
        self._shapes: tuple[styles.Shape, ...] = ()
        self._key = self.name.lower() if self.location == "header" else self.name
        self._known: frozenset[str] = frozenset()
        # Whether an exploded object takes names that its schema doesn't list, and those that are others' all the same.
        self._is_free = False
        self._taken: frozenset[str] = frozenset()
        self.default: Any = MISSING
        self._plain = False

    def _compile(self) -> tuple[TextCoercer, SchemaValidator]:
        document = self._compiler.document
        self._validator = self._compiler.compile(self.schema)
        self._reader = reader = TextCoercer(self.schema, document)
        structured = [shape for shape in ("array", "object") if shape in reader.types]
        plain = reader.types - {"array", "object", "null"} or not structured
        self._shapes = (*structured, "primitive") if plain else tuple(structured)
        self._plain = self._shapes == ("primitive",) and not self.encoded and self.style in _PLAIN_STYLES
        self._known = frozenset(reader.properties) if "object" in reader.types else frozenset()
        self._is_free = "object" in reader.types and self._is_exploded and bool(additional_of(self.schema, document))
        self.default = next((part["default"] for part in parts(self.schema, document) if "default" in part), MISSING)
        return reader, self._validator

    def read(self, source: Source) -> tuple[Any, list[Violation]]:
        """The typed value, or MISSING, and what is wrong with it."""
        reader, validator = (self._reader, self._validator) if self._reader and self._validator else self._compile()
        if self._plain:
            # By far the most frequent: one text, one value.
            text = source[_PLACES[self.location]].get(self._key)
            if isinstance(text, list) and len(text) == 1:
                text = text[0]
            if text is None:
                return self._absent()
            if text == "" and self._may_be_empty:
                return text, []
            value = from_text(text, reader.types) if isinstance(text, str) else text
            if validator.is_valid(value):
                return value, []
        try:
            return self._read_any(source, reader, validator)
        except MalformedBody as error:
            return MISSING, [Violation(self.location, pointer(self.name), error.message, "malformed")]

    def _read_any(self, source: Source, reader: TextCoercer, validator: SchemaValidator) -> tuple[Any, list[Violation]]:
        first: Any = MISSING
        missed = self._misses_prefix(source)
        if missed is not None:
            message = f'must begin with "{missed}", as its style is {self.style}'
            return MISSING, [Violation(self.location, pointer(self.name), message, "style")]
        for raw in self._readings(source):
            if self.encoded:
                return self._decode(raw, reader, validator)
            value = reader.read(raw)
            if validator.is_valid(value):
                return value, []
            if isinstance(raw, str) and value is not raw and validator.is_valid(raw):
                return raw, []
            if first is MISSING:
                first = value
        if first is not MISSING:
            return first, validator.violations(first, self.location, pointer(self.name))
        return self._absent()

    def _misses_prefix(self, source: Source) -> str | None:
        if self.location != "path" or self.encoded or self.name not in source.path:
            return None
        shape = self._shapes[0]
        return styles.misses_prefix(source.path[self.name], self.style, self.name, shape, explode=self.explode)

    def _absent(self) -> tuple[Any, list[Violation]]:
        if not self.required:
            return self.default, []
        missing = f'{self.location} parameter "{self.name}" is required'
        return MISSING, [Violation(self.location, pointer(self.name), missing, "required")]

    def _decode(self, raw: Any, reader: TextCoercer, validator: SchemaValidator) -> tuple[Any, list[Violation]]:
        where = pointer(self.name)
        if self._is_text:
            value = reader.read(raw)
            value = raw if validator.is_valid(raw) else value
            return value, validator.violations(value, self.location, where)
        try:
            value = decode_json(str(raw).encode())
        except MalformedBody as error:
            # A media type that is no JSON.
            problems = validator.violations(raw, self.location, where)
            return raw, [Violation(self.location, where, error.message, "malformed")] if problems else []
        return value, validator.violations(value, self.location, where)

    def _readings(self, source: Source) -> Iterator[Any]:
        """The ways to read what was sent, the likeliest first; none where nothing was sent."""
        if self.location == "query":
            yield from self._query_readings(source.query)
            return
        if self.location == "cookie" and self.explode and "object" in self._shapes:
            members = {name: text for name, text in source.cookies.items() if name in self._known}
            if members:
                yield members
        place = {"path": source.path, "header": source.headers, "cookie": source.cookies}[self.location]
        text = place.get(self._key)
        if text is None:
            return
        pieces = place.pieces.get(self._key) if isinstance(place, PathParameters) and self.style == "simple" else None
        undo = styles.PATH_STYLES.get(self.style, styles.simple)
        for shape in self._shapes if not self.encoded else ("primitive",):
            # `a%2Cb,c` is two items (RFC 6570, section 3.2.1): a comma inside of one is encoded.
            yield pieces if pieces and shape == "array" else undo(text, shape, explode=self.explode)

    def _query_readings(self, fields: Fields) -> Iterator[Any]:
        for shape in self._shapes if not self.encoded else ("primitive",):
            known = self._known
            if self._is_free:
                known |= {name for name in fields if name not in self._taken and "[" not in name}
            raw = styles.form(fields, self.name, shape, style=self.style, explode=self.explode, known=known)
            if raw is not None:
                yield raw
                if shape == "array" and raw == [""]:
                    # `ids=` is an empty list to some and a list of one empty text to others.
                    yield []

    def owns(self, name: str) -> bool:
        """Whether a name in the query belongs to this parameter."""
        if self.location != "query":
            return False
        if self._reader is None:
            self._compile()
        exploded = self._is_exploded and name in self._known
        return name == self.name or name.startswith(f"{self.name}[") or exploded or self._is_free

    @property
    def _is_exploded(self) -> bool:
        return self.location == "query" and self.style == "form" and self.explode and not self.encoded

    def leave(self, names: frozenset[str]) -> None:
        """Names in the query that belong to others."""
        self._taken = names - {self.name}


def parameters_of(
    document: Mapping[str, Any], path_item: Mapping[str, Any], operation: Mapping[str, Any], compiler: SchemaCompiler
) -> list[Parameter]:
    """The operation's parameters; its own win over the path item's of the same name and place."""
    nodes: dict[tuple[str, str], Mapping[str, Any]] = {}
    for listed in (path_item.get("parameters"), operation.get("parameters")):
        for item in listed or ():
            node = resolve(document, item)
            if not isinstance(node, Mapping) or node.get("in") not in _DEFAULT_STYLE or "name" not in node:
                continue
            if node["in"] == "header" and str(node["name"]).lower() in IGNORED_HEADERS:
                continue
            # Names of header fields are case-insensitive (RFC 9110, section 5.1).
            name = str(node["name"])
            nodes[node["in"], name.lower() if node["in"] == "header" else name] = node
    parameters = [Parameter(node, compiler) for node in nodes.values()]
    names = frozenset(one.name for one in parameters if one.location == "query")
    for one in parameters:
        one.leave(names)
    return parameters
