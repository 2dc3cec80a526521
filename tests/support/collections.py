"""What tests of collections share: documents, and a program in small that sends what Postman's format says."""

import base64
import json
import re
from pathlib import Path
from urllib.parse import urlencode

import httpx

from cierre.mocks import mock_app
from cierre.mocks.contract import load_contract
from cierre.mocks.exporting.collecting import collect
from cierre.mocks.exporting.postman import postman
from cierre.mocks.loading import load
from tests.support.flows import SHOP
from tests.support.library import library

AWKWARD = Path(__file__).parents[1] / "mocks" / "exporting" / "awkward.yaml"
PET = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
SWAGGER = {
    "swagger": "2.0",
    "info": {"title": "Pets", "version": "1"},
    "host": "pets.example.com",
    "basePath": "/v2",
    "schemes": ["https"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "api_key"}},
    "security": [{"key": []}],
    "paths": {
        "/pets": {
            "post": {
                "tags": ["pets"],
                "parameters": [
                    {"name": "pet", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
                ],
                "responses": {"201": {"description": "made", "schema": {"$ref": "#/definitions/Pet"}}},
            }
        },
        "/pets/{id}/photo": {
            "post": {
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "type": "integer"},
                    {"name": "file", "in": "formData", "required": True, "type": "file"},
                    {"name": "size", "in": "query", "required": True, "type": "array", "items": {"type": "integer"}},
                ],
                "responses": {"200": {"description": "kept"}},
            }
        },
    },
    "definitions": {"Pet": PET},
}


def documents():
    """By name."""
    return {
        "contract": load_contract(),
        "awkward": load(AWKWARD),
        "library": load(library()),
        "shop": load(SHOP),
        "swagger": load(SWAGGER),
    }


def requests_in(items):
    """Postman's items that are requests, in the order of their folders."""
    for item in items:
        if "request" in item:
            yield item
        else:
            yield from requests_in(item["item"])


class Sender:
    """Sends each request of a collection to a mock of its document, in process; variables have the value `v`."""

    def __init__(self, document):
        self.written = postman(collect(document))
        self.variables = {one["key"]: "v" for one in self.written["variable"] if not one["value"]}
        transport = httpx.ASGITransport(app=mock_app(document))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://mock")

    def _filled(self, text):
        return re.sub(r"\{\{(\w+)\}\}", lambda name: self.variables.get(name[1], name[0]), text)

    async def send(self, item):
        asked = item["request"]
        url, headers = asked["url"], {one["key"]: one["value"] for one in asked["header"] if not one.get("disabled")}
        segments = {f":{one['key']}": one["value"] for one in url.get("variable", ())}
        path = "/".join(segments.get(one, one) for one in url["path"])
        query = [one for one in url.get("query", ()) if not one.get("disabled")]
        pairs = [one["key"] if one["value"] is None else f"{one['key']}={one['value']}" for one in query]
        auth = asked.get("auth", self.written["auth"])
        settings = {one["key"]: one["value"] for one in auth.get(auth["type"], ())}
        if auth["type"] == "basic":
            given = self._filled(f"{settings['username']}:{settings['password']}")
            headers["Authorization"] = f"Basic {base64.b64encode(given.encode()).decode()}"
        elif auth["type"] in {"bearer", "oauth2"}:
            headers["Authorization"] = f"Bearer {settings.get('token') or settings['accessToken']}"
        elif auth["type"] == "apikey" and settings["in"] == "header":
            headers[settings["key"]] = settings["value"]
        elif auth["type"] == "apikey":
            pairs.append(f"{settings['key']}={settings['value']}")
        content, files = self._body(asked.get("body"))
        target = self._filled(f"/{path}{'?' if pairs else ''}{'&'.join(pairs)}")
        headers = {name: self._filled(value) for name, value in headers.items()}
        return await self.http.request(asked["method"], target, headers=headers, content=content, files=files)

    def _body(self, body):
        if body is None:
            return None, None
        if body["mode"] == "raw":
            return body["raw"].encode(), None
        if body["mode"] == "urlencoded":
            return urlencode([(one["key"], one["value"]) for one in body["urlencoded"]]).encode(), None
        parts = [(one["key"], (None, one["value"].encode(), one.get("contentType"))) for one in body["formdata"]]
        return None, parts


def text_of(collection):
    return json.dumps(collection, ensure_ascii=False, indent=2)
