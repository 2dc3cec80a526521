"""`in: querystring` (OpenAPI 3.2): the whole query string is one value, of the media type that `content` names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from cierre.oas.pointers import pointer
from cierre.oas.references import resolve
from cierre.oas.validation import media
from cierre.oas.validation.bodies import BodyReader
from cierre.oas.validation.parameters import MISSING
from cierre.oas.validation.schemas import SchemaCompiler
from cierre.oas.validation.violations import MalformedBody, Violation


class Querystring:
    """The parameter, compiled.

    Args:
        node: the parameter object.
        compiler: of the document's requests.
    """

    def __init__(self, node: Mapping[str, Any], compiler: SchemaCompiler) -> None:
        self.name = str(node.get("name", ""))
        self.node = node
        self._required = node.get("required") is True
        content = resolve(compiler.document, node.get("content") or {})
        written, held = next(iter(content.items()), ("application/x-www-form-urlencoded", {}))
        essence = media.parse(str(written)).essence
        self._is_form = media.kind_of(essence) == "form"
        self._reader = BodyReader(essence, resolve(compiler.document, held), compiler)

    def read(self, query: bytes) -> tuple[Any, list[Violation]]:
        """The value of a raw query string, or MISSING, and what is wrong with it."""
        where = pointer(self.name)
        if not query:
            if not self._required:
                return MISSING, []
            return MISSING, [Violation("query", where, "a query string is required", "required")]
        try:
            value = self._reader.read(query if self._is_form else unquote_to_bytes(query), {})
        except MalformedBody as error:
            return MISSING, [Violation("query", where, error.message, "malformed")]
        validator = self._reader.validator
        return value, [] if validator is None else validator.violations(value, "query", where)


def querystring_of(
    document: Mapping[str, Any], path_item: Mapping[str, Any], operation: Mapping[str, Any], compiler: SchemaCompiler
) -> Querystring | None:
    """The operation's parameter of that place, or its path item's; None where there is none."""
    for listed in (operation.get("parameters"), path_item.get("parameters")):
        for item in listed or ():
            node = resolve(document, item)
            if isinstance(node, Mapping) and node.get("in") == "querystring":
                return Querystring(node, compiler)
    return None
