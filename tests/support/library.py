"""A small document of a library, for tests of a mock that keeps state."""

from contextlib import asynccontextmanager

import httpx

from cierre.mocks import mock_app

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
BOOK = {"$ref": "#/components/schemas/Book"}
REVIEW = {"$ref": "#/components/schemas/Review"}
ERROR = {"$ref": "#/components/schemas/Error"}
SCHEMAS = {
    "Book": {
        "type": "object",
        "required": ["id", "title", "createdAt"],
        "properties": {
            "id": {**NUMBER, "readOnly": True},
            "title": {**TEXT, "minLength": 1},
            "isbn": TEXT,
            "price": {"type": "number", "default": 5},
            "genre": {**TEXT, "nullable": True},
            "notes": {**TEXT, "writeOnly": True},
            "createdAt": {**TEXT, "format": "date-time", "readOnly": True},
            "updatedAt": {**TEXT, "format": "date-time", "readOnly": True},
        },
    },
    "Review": {
        "type": "object",
        "required": ["id", "stars"],
        "properties": {"id": {**TEXT, "format": "uuid", "readOnly": True}, "stars": NUMBER},
    },
    "Error": {
        "type": "object",
        "required": ["code"],
        "properties": {"code": {**TEXT, "example": "documented"}},
    },
}


def answer(schema=None, kind="application/json", **media):
    """A response object."""
    return {"description": "", **({"content": {kind: {"schema": schema, **media}}} if schema is not None else {})}


def body(schema, *kinds):
    """A request body that is required."""
    return {"required": True, "content": {kind: {"schema": schema} for kind in kinds or ("application/json",)}}


def in_path(name, schema):
    return {"name": name, "in": "path", "required": True, "schema": schema}


def in_query(**schemas):
    return [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]


def document(paths, **more):
    """A document with the library's schemas."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "library", "version": "1"},
        "paths": paths,
        "components": {"schemas": SCHEMAS},
        **more,
    }


def library(**more):
    """Books with their reviews, and one reader."""
    shelf = {"type": "object", "properties": {"data": {"type": "array", "items": BOOK}, "total": NUMBER}}
    failures = {"404": answer(ERROR), "409": answer(ERROR), "412": answer(ERROR)}
    changes = body({"type": "object"}, "application/merge-patch+json", "application/json")
    changes["content"]["application/json-patch+json"] = {"schema": {"type": "array", "items": {"type": "object"}}}
    listed = in_query(
        title=TEXT, genre=TEXT, price_gte={"type": "number"}, q=TEXT, page=NUMBER, per_page=NUMBER, sort=TEXT
    )
    paths = {
        "/books": {
            "get": {"operationId": "listBooks", "parameters": listed, "responses": {"200": answer(shelf)}},
            "post": {
                "operationId": "createBook",
                "requestBody": body(BOOK),
                "responses": {"201": answer(BOOK), **failures},
            },
        },
        "/books/{bookId}": {
            "parameters": [in_path("bookId", NUMBER)],
            "get": {"responses": {"200": answer(BOOK), "304": answer(), **failures}},
            "put": {"requestBody": body(BOOK), "responses": {"200": answer(BOOK), **failures}},
            "patch": {"requestBody": changes, "responses": {"200": answer(BOOK), **failures}},
            "delete": {"responses": {"204": answer(), **failures}},
        },
        "/books/{id}/reviews": {
            "parameters": [in_path("id", NUMBER)],
            "get": {"responses": {"200": answer({"type": "array", "items": REVIEW}), **failures}},
            "post": {"requestBody": body(REVIEW), "responses": {"201": answer(REVIEW), **failures}},
        },
        "/books/{id}/reviews/{reviewId}": {
            "parameters": [in_path("id", NUMBER), in_path("reviewId", {**TEXT, "format": "uuid"})],
            "get": {"responses": {"200": answer(REVIEW), **failures}},
        },
        "/books/{id}/print": {
            "parameters": [in_path("id", NUMBER)],
            "post": {"responses": {"202": answer(), **failures}},
        },
        "/me": {
            "get": {"responses": {"200": answer({"type": "object", "properties": {"name": TEXT}})}},
            "put": {
                "requestBody": body({"type": "object", "properties": {"name": TEXT}}),
                "responses": {"200": answer({"type": "object", "properties": {"name": TEXT}})},
            },
        },
        "/health": {"get": {"responses": {"200": answer({"type": "object"})}}},
    }
    return document(paths, **more)


@asynccontextmanager
async def keeping(spec=None, **options):
    """An HTTP client to a mock of the document that keeps state; no network."""
    transport = httpx.ASGITransport(app=mock_app(spec or library(), stateful=True, **options))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client
