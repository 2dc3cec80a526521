"""Documents with one keyword of a wrong type at a time: what the mock serves of them it answers without an error."""

import copy
import json

import httpx
import pytest

from cierre.mocks.app import MockApp
from cierre.mocks.loading import load
from cierre.mocks.log import Log
from cierre.mocks.options import MockOptions
from cierre.oas.errors import BrokenDocument

WRONG = (None, True, 7, -1.5, "text", [], [7], ["a", {}, None], {}, {"a": 7}, {"$ref": 7}, {"$ref": "#/nowhere"})
ITEM = {
    "type": "object",
    "title": "Item",
    "description": "of a list",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 9, "multipleOf": 1, "readOnly": True},
        "name": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^[a-z]+$", "nullable": True},
        "when": {"type": "string", "format": "date-time", "x-faker": "date.past"},
        "kind": {"enum": ["a", "b"], "default": "a", "example": "a", "deprecated": True},
        "file": {"type": "string", "contentEncoding": "base64", "contentMediaType": "application/json"},
        "parent": {"$ref": "#/components/schemas/Item"},
        "tags": {
            "type": "array",
            "items": {"type": "string", "xml": {"name": "tag", "prefix": "t", "namespace": "urn:t"}},
            "minItems": 1,
            "maxItems": 2,
            "uniqueItems": True,
            "xml": {"wrapped": True},
        },
        "more": {"type": "array", "prefixItems": [{"const": 1}], "contains": {"type": "integer"}, "minContains": 1},
        "secret": {"type": "string", "writeOnly": True},
        "map": {
            "type": "object",
            "additionalProperties": {"type": "integer"},
            "patternProperties": {"^x-": {"type": "string"}},
            "propertyNames": {"maxLength": 5},
            "minProperties": 1,
            "maxProperties": 3,
        },
        "one": {
            "oneOf": [{"$ref": "#/components/schemas/Leaf"}, {"type": "string"}],
            "discriminator": {"propertyName": "kind", "mapping": {"leaf": "#/components/schemas/Leaf"}},
        },
        "any": {"anyOf": [{"type": "integer"}, {"type": "null"}], "not": {"const": 5}},
    },
    "allOf": [{"dependentRequired": {"name": ["kind"]}, "dependentSchemas": {"kind": {"required": ["id"]}}}],
    "if": {"required": ["name"]},
    "then": {"required": ["kind"]},
    "else": {"required": ["when"]},
    "unevaluatedProperties": False,
    "xml": {"name": "item", "namespace": "urn:i", "prefix": "i"},
}
BODY = {"schema": {"$ref": "#/components/schemas/Item"}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Odd", "version": "1"},
    "servers": [{"url": "/{base}", "variables": {"base": {"default": "v1", "enum": ["v1"]}}}],
    "security": [{"key": []}],
    "tags": [{"name": "items"}],
    "x-json-schema-faker": {"min-items": 1, "fillProperties": True},
    "paths": {
        "/items/{id}": {
            "summary": "One item",
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}, "style": "simple"},
            ],
            "get": {
                "operationId": "get-item",
                "tags": ["items"],
                "deprecated": True,
                "security": [{"key": []}, {}],
                "parameters": [
                    {"name": "q", "in": "query", "schema": {"type": "array"}, "explode": False, "example": ["a"]},
                    {"name": "h", "in": "header", "schema": {"type": "string"}, "examples": {"one": {"value": "a"}}},
                    {"name": "j", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
                ],
                "responses": {
                    "200": {
                        "description": "the item",
                        "headers": {
                            "X-Rate": {"schema": {"type": "integer"}, "example": 7, "required": True},
                            "X-Json": {"content": {"application/json": {"schema": {"type": "object"}}}},
                        },
                        "content": {
                            "application/json": {**BODY, "examples": {"one": {"value": {"id": 1}, "summary": "one"}}},
                            "application/xml": BODY,
                        },
                        "links": {"self": {"operationId": "get-item", "parameters": {"id": "$response.body#/id"}}},
                    },
                    "default": {"description": "failure", "content": {"application/problem+json": {"schema": {}}}},
                },
            },
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {**BODY, "example": {"kind": "a"}},
                        "multipart/form-data": {**BODY, "encoding": {"tags": {"contentType": "text/plain"}}},
                        "application/x-www-form-urlencoded": {**BODY, "encoding": {"tags": {"style": "form"}}},
                    },
                },
                "callbacks": {"done": {"{$request.body#/url}": {"post": {"responses": {"200": {"description": ""}}}}}},
                "responses": {"201": {"description": "", "content": {"application/json": BODY}}},
            },
        }
    },
    "components": {
        "schemas": {
            "Item": ITEM,
            "Leaf": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}},
        },
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}


def places(node, path=()):
    """Every member and item of the document, as a path."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in members:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(path, value):
    document = copy.deepcopy(DOCUMENT)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return document


FORM = "application/x-www-form-urlencoded"
PLACES = list(places(DOCUMENT))
REQUESTS = [
    ("GET", "/items/7?q=a,b&j={}", {"Accept": "application/json", "h": "a"}, b""),
    ("GET", "/items/7", {"Accept": "application/xml", "Prefer": "example=one"}, b""),
    ("GET", "/items/7", {"Prefer": "dynamic=true, code=404"}, b""),
    ("GET", "/items/x", {"Prefer": "dynamic=true"}, b""),
    ("POST", "/items/7", {"Content-Type": "application/json"}, b'{"kind": "a", "when": "x", "tags": ["a"]}'),
    (
        "POST",
        "/items/7",
        {"Content-Type": "application/x-www-form-urlencoded", "Prefer": "dynamic=true"},
        b"tags=a&id=1",
    ),
    ("OPTIONS", "/items/7", {}, b""),
]


@pytest.mark.parametrize("wrong", WRONG, ids=json.dumps)
async def test_a_keyword_of_a_wrong_type_is_told_or_served_and_never_an_error_of_the_mock(wrong):
    failures = []
    # Each place gets a quarter of what may be wrong.
    for path in PLACES[WRONG.index(wrong) % 4 :: 4]:
        try:
            document = load(changed(path, wrong), lenient=True)
        except BrokenDocument:
            continue
        crashes = []
        log = Log("silent")
        log.add_crash = lambda _request, error, found=crashes: found.append(error)
        app = MockApp(document, MockOptions(callbacks=False), log)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://mock") as client:
            for method, url, headers, body in REQUESTS:
                await client.request(method, url, headers={"X-Key": "k", **headers}, content=body)
        failures += [(path, wrong, repr(error)) for error in crashes]
    assert failures == []
