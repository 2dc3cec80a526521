"""The documents that the mocks serve: our contract as one audience sees it, and made-up ones of a given size."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import scratch
from cierre import oas
from cierre.oas import views

Json = dict[str, Any]

ORDER = {
    "id": "0123456789ab",
    "customer": "usuario@ejemplo.com",
    "total": 129.9,
    "placedAt": "2025-09-25T15:30:00.000Z",
    "lines": [{"sku": "A-1", "quantity": 2, "price": 19.95}, {"sku": "B-7", "quantity": 1, "price": 90.0}],
}
LIST_BYTES = 40_000


def contract_alone() -> Path:
    """The view of the dialect `session`: one media type an answer, which every peer can serve."""
    return _written("contract", _view())


def contract_and_more() -> Path:
    """The same with three operations beside: a path parameter, a list of 40 KB, an answer without an example."""
    document = _view()
    document["paths"] |= {
        "/orders/{orderId}": {"get": _operation("get_order", "Order", ORDER, parameters=[_path_parameter("orderId")])},
        "/orders": {"get": _operation("list_orders", "Orders", [ORDER] * (LIST_BYTES // len(json.dumps(ORDER))))},
        "/drafts/{draftId}": {"get": _operation("get_draft", "Order", None, parameters=[_path_parameter("draftId")])},
    }
    document["components"]["schemas"] |= {"Order": _order_schema(), "Orders": _list_of("Order")}
    return _written("contract-and-more", document)


def for_connexion(path: Path) -> Path:
    """The same document with the function that Connexion needs to accept a bearer token."""
    document = json.loads(path.read_text())
    document["components"]["securitySchemes"]["bearerAuth"]["x-bearerInfoFunc"] = "accept.bearer"
    return _written(f"{path.stem}-connexion", document)


def of_size(megabytes: float) -> Path:
    """A document of resources with five operations each, shaped like those of large public APIs."""
    wanted = megabytes * 1e6
    one = len(json.dumps(_resource(0)))
    document: Json = {
        "openapi": "3.0.3",
        "info": {"title": f"{megabytes} MB", "version": "1"},
        "paths": {},
        "components": {"schemas": {}},
    }
    for number in range(max(1, round(wanted / one))):
        made = _resource(number)
        document["paths"] |= made["paths"]
        document["components"]["schemas"] |= made["schemas"]
    return _written(f"size-{megabytes}", document)


@cache
def _loaded() -> Json:
    return oas.load()


def _view() -> Json:
    document = views.view(copy.deepcopy(_loaded()), "session")
    # Below `/` only: where a document names other servers as well, some peers pick one of those.
    document["servers"] = [{"url": "/"}]
    return document


def _written(name: str, document: Json) -> Path:
    scratch.DOCUMENTS.mkdir(parents=True, exist_ok=True)
    path = scratch.DOCUMENTS / f"{name}.json"
    path.write_text(json.dumps(document))
    return path


def _operation(name: str, schema: str, example: object, *, parameters: list[Json] | None = None) -> Json:
    content: Json = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    if example is not None:
        content["example"] = example
    answer = {"description": "Found.", "content": {"application/json": content}}
    return {"operationId": name, "parameters": parameters or [], "responses": {"200": answer}}


def _path_parameter(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _list_of(name: str) -> Json:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _order_schema() -> Json:
    line = {
        "type": "object",
        "required": ["sku", "quantity"],
        "properties": {
            "sku": {"type": "string"},
            "quantity": {"type": "integer", "minimum": 1, "maximum": 100},
            "price": {"type": "number"},
        },
    }
    return {
        "type": "object",
        "required": ["id", "customer", "lines"],
        "properties": {
            "id": {"type": "string", "pattern": "^[0-9a-f]{12}$"},
            "customer": {"type": "string", "format": "email"},
            "total": {"type": "number", "minimum": 0},
            "placedAt": {"type": "string", "format": "date-time"},
            "lines": {"type": "array", "minItems": 1, "maxItems": 3, "items": line},
        },
    }


def _resource(number: int) -> Json:
    """One resource: a schema of twelve fields, which names its neighbour's, and five operations on it."""
    name = f"Resource{number}"
    text = f"What a resource of the kind {number} is, in the words of those who keep it. " * 2
    fields: Json = {
        f"field{n}": {"type": "string", "maxLength": 100, "description": text, "example": f"value {n}"}
        for n in range(12)
    }
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, **fields}}
    if number:
        schema["properties"]["previous"] = {"$ref": f"#/components/schemas/Resource{number - 1}Summary"}  # type: ignore[index]
    summary = {"type": "object", "properties": {"id": {"type": "integer", "example": number}}}
    one, many = f"/resources{number}/{{id}}", f"/resources{number}"
    example = {"id": number, **{key: value["example"] for key, value in fields.items()}}
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}
    key = [_path_parameter("id")]
    paths = {
        many: {
            "get": _operation(f"list_{number}", f"{name}List", [example] * 3),
            "post": _operation(f"create_{number}", name, example) | {"requestBody": body},
        },
        one: {
            "get": _operation(f"get_{number}", name, example, parameters=key),
            "put": _operation(f"replace_{number}", name, example, parameters=key) | {"requestBody": body},
            "delete": _operation(f"delete_{number}", f"{name}Summary", {"id": number}, parameters=key),
        },
    }
    for item in paths.values():
        for operation in item.values():
            operation["description"] = text
    return {"paths": paths, "schemas": {name: schema, f"{name}Summary": summary, f"{name}List": _list_of(name)}}
