"""A shop whose flows scenarios play, and a mock of it in process."""

from tests.support.console import Console
from tests.support.mocked import document

JSON = "application/json"
PAYMENT = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {"id": {"type": "string"}, "status": {"type": "string", "enum": ["pending", "done", "failed"]}},
}
BOOK = {
    "type": "object",
    "required": ["title"],
    "properties": {"id": {"type": "string", "readOnly": True}, "title": {"type": "string"}},
}
LOGIN = {
    "type": "object",
    "required": ["user"],
    "properties": {"user": {"type": "string"}, "rights": {"type": "array", "items": {"type": "string"}}},
}


def answer(schema, **more):
    return {"description": "It.", "content": {JSON: {"schema": schema, **more}}}


def taking(schema):
    return {"required": True, "content": {JSON: {"schema": schema}}}


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
BUSY = {"description": "Busy.", "headers": {"Retry-After": {"schema": {"type": "integer"}}}}
REFUSED = {"description": "Not logged in."}
EXAMPLES = {"done": {"value": {"id": "1", "status": "done"}}, "failed": {"value": {"id": "1", "status": "failed"}}}
SHOP = document(
    {
        "/login": {
            "post": {
                "operationId": "login",
                "requestBody": taking(LOGIN),
                "responses": {"200": answer({"type": "object", "properties": {"token": {"type": "string"}}})},
            }
        },
        "/payments/{id}": {
            "get": {
                "operationId": "getPayment",
                "parameters": [ID, {"name": "as", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": answer(PAYMENT, examples=EXAMPLES), "401": REFUSED},
            }
        },
        "/books": {
            "get": {
                "operationId": "listBooks",
                "responses": {"200": answer({"type": "array", "items": BOOK}), "401": REFUSED, "503": BUSY},
            },
            "post": {
                "operationId": "createBook",
                "requestBody": taking(BOOK),
                "responses": {"201": answer(BOOK), "401": REFUSED},
            },
        },
        "/books/{id}": {
            "get": {"parameters": [ID], "responses": {"200": answer(BOOK), "404": {"description": "None."}}}
        },
    },
    info={"title": "Shop", "version": "1"},
)


def playing(folder, text, **options):
    """A mock of the shop with these scenarios."""
    file = folder / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    return Console(SHOP, scenarios=[file], **options)
