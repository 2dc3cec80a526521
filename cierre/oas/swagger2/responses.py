"""Responses: `schema`, `examples` and the operation's `produces` become `content`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cierre.oas.pointers import escape
from cierre.oas.swagger2.moves import Moves
from cierre.oas.swagger2.schemas import Schemas
from cierre.oas.validation import media

Json = dict[str, Any]
_CONVERTED = frozenset({"schema", "examples", "headers"})


def response(node: Mapping[str, Any], produces: Sequence[str], schemas: Schemas, moves: Moves, where: str) -> Json:
    """A response as OpenAPI 3.0 has it.

    Args:
        node: as Swagger 2.0 has it.
        produces: the media types of the operation.
        schemas: converts its schemas.
        moves: has the place of the response already, and is told of its parts.
        where: the pointer of the response in the converted document.
    """
    copy = {key: value for key, value in node.items() if key not in _CONVERTED}
    if isinstance(node.get("headers"), Mapping):
        copy["headers"] = {str(name): header(value, schemas) for name, value in node["headers"].items()}
        for name in copy["headers"]:
            place = f"{where}/headers/{escape(name)}"
            moves.note(f"{place}/schema", moves.origin(place))
    content = _content(node, produces, schemas, moves, where)
    if content:
        copy["content"] = content
    return copy


def header(node: Any, schemas: Schemas) -> Any:
    """A header of a response."""
    if not isinstance(node, Mapping):
        return node
    kept = {key: value for key, value in node.items() if key == "description" or key.startswith("x-")}
    comma = node.get("collectionFormat", "csv") == "csv"
    schema = schemas.of_value(node) if comma or node.get("type") != "array" else {"type": "string"}
    return {**kept, "schema": schema} | ({"example": node["example"]} if "example" in node else {})


def _content(node: Mapping[str, Any], produces: Sequence[str], schemas: Schemas, moves: Moves, where: str) -> Json:
    """By media type; an example of a media type that is not produced brings it along."""
    written = node.get("examples")
    examples: Json = {str(key): value for key, value in written.items()} if isinstance(written, Mapping) else {}
    _concrete(examples, produces)
    # Names instead of media types are no Swagger 2.0, but frequent.
    named = {key: {"value": value} for key, value in examples.items() if "/" not in key and not key.startswith("x-")}
    origin = moves.origin(where)
    has_schema = isinstance(node.get("schema"), Mapping)
    is_file = has_schema and node["schema"].get("type") == "file"
    default = ["application/octet-stream"] if is_file else ["application/json"]
    media_types = (list(produces) or default) if has_schema or named else []
    schema = schemas.convert(node["schema"]) if has_schema else None
    content: Json = {}
    for media_type in dict.fromkeys([*media_types, *(key for key in examples if "/" in key)]):
        place = f"{where}/content/{escape(media_type)}"
        content[media_type] = held = {} if schema is None else {"schema": schema}
        moves.note(f"{place}/schema", f"{origin}/schema")
        if media_type in examples:
            held["example"] = examples[media_type]
            moves.note(f"{place}/example", f"{origin}/examples/{escape(media_type)}")
        elif named:
            held["examples"] = named
            for name in named:
                moves.note(f"{place}/examples/{escape(name)}/value", f"{origin}/examples/{escape(name)}")
    return content


def _concrete(examples: Json, produces: Sequence[str]) -> None:
    """Put an example of a range of media types, such as `*/*`, under those of the range that are produced."""
    for key in [key for key in examples if key.partition(";")[0].endswith("*")]:
        covered = [name for name in produces if media.find([key], media.parse(name).essence) is not None]
        if covered:
            value = examples.pop(key)
            for name in covered:
                examples.setdefault(name, value)
