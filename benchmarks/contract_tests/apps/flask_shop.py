"""A shop of Flask, written without much care, with 13 bugs."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, Response, g, request

from benchmarks.contract_tests.apps import MARK, TOKEN

BUGS = (
    "a limit of zero divides by it",
    "an offset below zero is taken",
    "the total is a text",
    "a body without a name is an error of the server",
    "a price below zero is taken",
    "no Location after something was made",
    "a status that the contract has not",
    "HTML where the contract has JSON",
    "deleting wants no credentials",
    "NUL in a name is an error of the server",
    "an id of more than 64 bits is an error of the server",
    "more than a thousand pieces are an error of the server",
    "a time that is none",
)
_PROBLEM = {
    "description": "Refused.",
    "content": {"application/json": {"schema": {"type": "object", "required": ["error"]}}},
}
_NAME = {"type": "string", "minLength": 1, "maxLength": 50}
_ITEM = {
    "type": "object",
    "required": ["id", "name", "price"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "price": {"type": "number"}},
}
_NEW = {
    "type": "object",
    "required": ["name", "price"],
    "properties": {"name": _NAME, "price": {"type": "number", "minimum": 0, "maximum": 1000000}},
    "additionalProperties": False,
}
_ORDER = {
    "type": "object",
    "required": ["item", "pieces"],
    "properties": {
        "item": {"type": "integer", "minimum": 1, "maximum": 5},
        "pieces": {"type": "integer", "minimum": 1, "maximum": 10000},
    },
    "additionalProperties": False,
}
_ORDERED = {
    "type": "object",
    "required": ["ordered"],
    "properties": {"ordered": {"type": "string", "format": "date-time"}},
}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "Good.", "content": {"application/json": {"schema": schema}}}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _query(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 100}}


_REFUSALS = {"400": _PROBLEM, "405": _PROBLEM}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
_LIST = {
    "type": "object",
    "required": ["items", "total"],
    "properties": {"items": {"type": "array", "items": _ITEM}, "total": {"type": "integer"}},
}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Flask shop", "version": "1"},
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/items": {
            "get": {"parameters": [_query("limit"), _query("offset")], "responses": {"200": _json(_LIST), **_REFUSALS}},
            "post": {
                "requestBody": _body(_NEW),
                "responses": {
                    "201": {
                        **_json(_ITEM),
                        "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
                        "links": {"it": {"operationId": "get_item", "parameters": {"id": "$response.body#/id"}}},
                    },
                    **_REFUSALS,
                },
            },
        },
        "/items/{id}": {
            "parameters": [_ID],
            "get": {"operationId": "get_item", "responses": {"200": _json(_ITEM), "404": _PROBLEM, **_REFUSALS}},
            "put": {
                "requestBody": _body(_NEW),
                "responses": {"200": _json(_ITEM), "404": _PROBLEM, **_REFUSALS},
            },
            "delete": {
                "security": [{"bearer": []}],
                "responses": {"204": {"description": "Gone."}, "401": _PROBLEM, "404": _PROBLEM, **_REFUSALS},
            },
        },
        "/orders": {
            "post": {"requestBody": _body(_ORDER), "responses": {"200": _json(_ORDERED), **_REFUSALS}},
        },
    },
}

app = Flask(__name__)
items: dict[int, dict[str, Any]] = {
    number: {"id": number, "name": f"n{number}", "price": 1.0} for number in range(1, 6)
}


def bug(name: str) -> None:
    """The answer to this request shows a bug."""
    assert name in BUGS
    g.bugs = [*g.get("bugs", []), name]


@app.after_request
def mark(response: Response) -> Response:
    if g.get("bugs"):
        response.headers[MARK] = ", ".join(g.bugs)
    return response


def answer(value: Any, status: int = 200, **fields: str) -> Response:
    return Response(json.dumps(value), status, fields, content_type="application/json")


def refused(status: int) -> Response:
    return answer({"error": "refused"}, status)


@app.errorhandler(405)
def no_such_method(problem: Any) -> Response:
    return answer({"error": "no such method"}, 405, Allow=", ".join(problem.valid_methods or ()))


@app.errorhandler(500)
def broken(_problem: Any) -> Response:
    return Response("Internal Server Error", 500, content_type="text/plain")


def number_of(name: str, lowest: int) -> int | None:
    """A query parameter; None where it is refused."""
    written = request.args.getlist(name)
    if not written:
        return 10
    text = written[0].removeprefix("-")
    if len(written) > 1 or not text.isascii() or not text.isdigit():
        return None
    value = int(written[0])
    return value if lowest <= value <= 100 else None


@app.get("/items")
def list_items() -> Response:
    limit, offset = number_of("limit", 0), number_of("offset", -100)
    if limit is None or offset is None:
        return refused(400)
    if offset < 0:
        bug("an offset below zero is taken")
    if limit == 0:
        bug("a limit of zero divides by it")
    pages = len(items) // limit
    if limit > 50:
        bug("the total is a text")
        return answer({"items": [], "total": str(len(items))})
    return answer({"items": list(items.values())[max(0, offset) :][:limit], "total": len(items), "pages": pages})


def new_item() -> dict[str, Any] | None:
    """The body, as far as it is checked; None where it is refused."""
    body = body_of({"name", "price"})
    if body is None:
        return None
    if "name" not in body:
        bug("a body without a name is an error of the server")
    name, price = body["name"], body.get("price")
    if not isinstance(name, str) or not 1 <= len(name) <= 50 or isinstance(price, bool):
        return None
    if not isinstance(price, int | float) or not -1000000 <= price <= 1000000:
        return None
    if price < 0:
        bug("a price below zero is taken")
    return {"name": name, "price": price}


def body_of(members: set[str]) -> dict[str, Any] | None:
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        return None
    right_type = request.mimetype == "application/json"
    return body if right_type and isinstance(body, dict) and set(body) <= members else None


@app.post("/items")
def make_item() -> Response:
    made = new_item()
    if made is None:
        return refused(400)
    number = max(items, default=0) + 1
    items[number] = {"id": number, **made}
    if number % 3 == 0:
        bug("no Location after something was made")
        return answer(items[number], 201)
    return answer(items[number], 201, Location=f"/items/{number}")


def id_of(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


@app.get("/items/<text>")
def get_item(text: str) -> Response:
    number = id_of(text)
    if number is None:
        return refused(400)
    if number >= 1 << 63:
        bug("an id of more than 64 bits is an error of the server")
        raise OverflowError(number)
    if number in items:
        return answer(items[number])
    if number > 1000:
        bug("a status that the contract has not")
        return answer({"error": "gone"}, 410)
    bug("HTML where the contract has JSON")
    return Response("<h1>Not found</h1>", 404, content_type="text/html")


@app.put("/items/<text>")
def put_item(text: str) -> Response:
    number, body = id_of(text), body_of({"name", "price"})
    if number is None or body is None or not isinstance(body.get("name"), str):
        return refused(400)
    name, price = body["name"], body.get("price")
    if not 1 <= len(name) <= 50 or isinstance(price, bool) or not isinstance(price, int | float):
        return refused(400)
    if not 0 <= price <= 1000000:
        return refused(400)
    if "\0" in name:
        bug("NUL in a name is an error of the server")
        raise ValueError(name)
    if number not in items:
        return refused(404)
    items[number] = {"id": number, "name": name, "price": price}
    return answer(items[number])


@app.delete("/items/<text>")
def delete_item(text: str) -> Response:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        bug("deleting wants no credentials")
    number = id_of(text)
    if number is None:
        return refused(400)
    if items.pop(number, None) is None:
        return refused(404)
    return Response(status=204)


@app.post("/orders")
def order() -> Response:
    body = body_of({"item", "pieces"})
    numbers = [body.get("item"), body.get("pieces")] if body is not None else [None]
    if any(isinstance(one, bool) or not isinstance(one, int) for one in numbers):
        return refused(400)
    if not 1 <= numbers[0] <= 5 or not 1 <= numbers[1] <= 10000:  # type: ignore[operator]
        return refused(400)
    if numbers[1] > 1000:  # type: ignore[operator]
        bug("more than a thousand pieces are an error of the server")
        raise OverflowError(numbers)
    if numbers[0] == 2:
        bug("a time that is none")
        return answer({"ordered": "today"})
    return answer({"ordered": "2026-01-01T00:00:00Z"})
