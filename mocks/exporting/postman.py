"""A collection in Postman's format 2.1.0 (schema.getpostman.com/json/collection/v2.1.0)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from cierre.mocks.exporting.model import Answer, Auth, Body, Collection, Field, Folder, Request

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
Json = dict[str, Any]


def postman(collection: Collection) -> Json:
    """The collection; its credentials are variables without a value."""
    variables = [_variable(name, url) for name, url in collection.servers.items()]
    variables += [_variable(name, "") for name in collection.credentials]
    return {
        "info": {"name": collection.name, "description": collection.description, "schema": _SCHEMA},
        "item": _items(collection.root, collection.auth),
        "auth": _auth(collection.auth),
        "variable": variables,
    }


def _variable(name: str, value: str) -> Json:
    return {"key": name, "value": value, "type": "string"}


def _items(folder: Folder, usual: Auth) -> list[Json]:
    folders = [{"name": one.name, "description": one.description, "item": _items(one, usual)} for one in folder.folders]
    return [*folders, *(_item(request, usual) for request in folder.requests)]


def _item(request: Request, usual: Auth) -> Json:
    asked: Json = {
        "method": request.method,
        "header": [_field(one) for one in request.headers],
        "url": _url(request),
        "description": request.description,
    }
    if request.body is not None:
        asked["body"] = _body(request.body)
    if request.auth != usual:
        asked["auth"] = _auth(request.auth)
    return {"name": request.name, "request": asked, "response": [_response(one, request) for one in request.answers]}


def _url(request: Request) -> Json:
    url: Json = {"raw": request.url, "host": [f"{{{{{request.server}}}}}"], "path": list(request.path)}
    if request.query:
        # Without `=` where there is no value.
        url["query"] = [_field(one) | ({} if one.value else {"value": None}) for one in request.query]
    if request.variables:
        url["variable"] = [_field(one) for one in request.variables]
    return url


def _field(field: Field) -> Json:
    found: Json = {"key": field.name, "value": field.value}
    if field.description:
        found["description"] = field.description
    if not field.enabled:
        found["disabled"] = True
    return found


def _body(body: Body) -> Json:
    if body.kind == "form":
        return {"mode": "urlencoded", "urlencoded": [_field(one) for one in body.fields]}
    if body.kind == "multipart":
        return {"mode": "formdata", "formdata": [_part(one) for one in body.fields]}
    return {"mode": "raw", "raw": body.text, "options": {"raw": {"language": body.kind}}}


def _part(field: Field) -> Json:
    kind = {"contentType": field.content_type} if field.content_type else {}
    return {**_field(field), "type": "text", **kind}


def _auth(auth: Auth) -> Json:
    if auth.kind == "none":
        return {"type": "noauth"}
    values = [f"{{{{{name}}}}}" for name in auth.variables]
    if auth.kind in {"basic", "digest"}:
        settings = {"username": values[0], "password": values[1]}
    elif auth.kind == "apikey":
        settings = {"key": auth.key, "value": values[0], "in": auth.place}
    elif auth.kind == "bearer":
        settings = {"token": values[0]}
    else:
        settings = {"accessToken": values[0], "addTokenTo": "header", "headerPrefix": "Bearer", **dict(auth.settings)}
    written = [{"key": key, "value": value, "type": "string"} for key, value in settings.items()]
    return {"type": auth.kind, auth.kind: written}


def _response(answer: Answer, request: Request) -> Json:
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = ""
    return {
        "name": answer.name,
        "originalRequest": {"method": request.method, "header": [], "url": _url(request)},
        "status": phrase,
        "code": answer.status,
        "_postman_previewlanguage": answer.language,
        "header": [_field(one) for one in answer.headers],
        "cookie": [],
        "body": answer.body,
    }
