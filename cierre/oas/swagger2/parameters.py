"""Parameters: those of path, query and header stay, the body and the fields of a form become a request body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cierre.oas.pointers import escape
from cierre.oas.swagger2.moves import Moves
from cierre.oas.swagger2.schemas import Schemas

Json = dict[str, Any]
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_BODY = frozenset({"body", "formData"})
_SAID_OTHERWISE = frozenset({"x-nullable", "x-isnullable", "x-example", "x-examples"})
_KEPT = ("name", "in", "description", "required", "allowEmptyValue", "deprecated")
# collectionFormat → style and explode, in a query or a form.
_STYLES: dict[str, Json] = {
    "csv": {"style": "form", "explode": False},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "pipes": {"style": "pipeDelimited", "explode": False},
    "multi": {"style": "form", "explode": True},
}


class Written(NamedTuple):
    """A parameter, references followed, and the pointer where it is written."""

    node: Mapping[str, Any]
    pointer: str

    @property
    def key(self) -> tuple[Any, Any]:
        """What tells it from the others of its operation; there is one body only."""
        place = self.node.get("in")
        return place, None if place == "body" else self.node.get("name")


def is_body(node: Any) -> bool:
    """Whether a parameter is the body or a part of it."""
    return isinstance(node, Mapping) and node.get("in") in _BODY


def parameter(node: Mapping[str, Any], schemas: Schemas) -> Json:
    """A parameter of a path, a query or a header field."""
    copy: Json = {key: node[key] for key in _KEPT if key in node}
    schema = _not_empty(node, schemas.of_value(node))
    if node.get("type") == "array":
        in_query = node.get("in") == "query"
        style = _STYLES.get(node.get("collectionFormat", "csv"))
        if style is not None and in_query:
            copy |= style
        elif style is None or style["style"] != "form":
            # Tabs, and in a path or header anything but commas: OpenAPI 3 cannot say it.
            schema = {"type": "string"}
    copy["schema"] = schema
    example = node.get("x-example", node.get("example"))
    return copy | ({"example": example} if example is not None else {}) | _extensions(node)


def _not_empty(node: Mapping[str, Any], schema: Json) -> Json:
    """The schema of a text that must not be empty, where a parameter or a field says so: OpenAPI 3 says it there."""
    is_text = schema.get("type") == "string" and "minLength" not in schema and "enum" not in schema
    return {**schema, "minLength": 1} if is_text and node.get("allowEmptyValue") is False else schema


def _extensions(node: Mapping[str, Any]) -> Json:
    return {key: value for key, value in node.items() if key.startswith("x-") and key not in _SAID_OTHERWISE}


def request_body(
    written: Sequence[Written], consumes: Sequence[str], schemas: Schemas, moves: Moves, where: str
) -> Json | None:
    """The request body that parameters make; None where none of them is of the body.

    Args:
        written: all parameters of one operation.
        consumes: the media types of the operation.
        schemas: converts them.
        moves: where they were written.
        where: the pointer of the request body.
    """
    for item in written:
        if item.node.get("in") == "body":
            return _whole(item, consumes, schemas, moves, where)
    fields = [item for item in written if item.node.get("in") == "formData" and "name" in item.node]
    return _form(fields, consumes, schemas, moves, where) if fields else None


def _whole(item: Written, consumes: Sequence[str], schemas: Schemas, moves: Moves, where: str) -> Json:
    node = item.node
    moves.note(where, item.pointer)
    schema = schemas.convert(node.get("schema", {}))
    examples = node.get("x-examples", node.get("x-example"))
    content: Json = {}
    for media_type in consumes or ["application/json"]:
        moves.note(f"{where}/content/{escape(media_type)}/schema", f"{item.pointer}/schema")
        content[media_type] = {"schema": schema}
        if isinstance(examples, Mapping) and media_type in examples:
            content[media_type]["example"] = examples[media_type]
    kept = {key: node[key] for key in ("description", "required") if key in node}
    return {**kept, "content": content} | _extensions(node)


def _form(fields: Sequence[Written], consumes: Sequence[str], schemas: Schemas, moves: Moves, where: str) -> Json:
    moves.note(where, fields[0].pointer)
    has_file = any(field.node.get("type") == "file" for field in fields)
    allowed = [name for name in consumes if name.startswith((MULTIPART, *(() if has_file else (URLENCODED,))))]
    media_types = allowed or [MULTIPART if has_file else URLENCODED]
    properties: Json = {}
    encoding: Json = {}
    for field in fields:
        name = str(field.node["name"])
        for media_type in media_types:
            place = f"{where}/content/{escape(media_type)}/schema/properties/{escape(name)}"
            moves.note(place, field.pointer)
        described = {key: field.node[key] for key in ("description", "example") if key in field.node}
        properties[name] = {**described, **_not_empty(field.node, schemas.of_value(field.node))}
        if field.node.get("type") == "array":
            style = _STYLES.get(field.node.get("collectionFormat", "csv"))
            if style is None:
                properties[name] = {**described, "type": "string"}
            elif not style["explode"]:
                encoding[name] = style
    required = [str(field.node["name"]) for field in fields if field.node.get("required") is True]
    schema: Json = {"type": "object", "properties": properties} | ({"required": required} if required else {})
    media: Json = {"schema": schema} | ({"encoding": encoding} if encoding else {})
    return ({"required": True} if required else {}) | {"content": {name: dict(media) for name in media_types}}
