"""What is broken in a document, as far as a mock can tell: wrong kinds of nodes.

What many documents leave out without harm (info, components, operationId, descriptions) is no problem here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cierre.oas.document import Document
from cierre.oas.errors import MEDIA_TYPE, Problem
from cierre.oas.pointers import pointer
from cierre.oas.structure import METHODS
from cierre.oas.validation import media
from cierre.phrases import Phrase

_PLACES = frozenset({"path", "query", "header", "cookie", "querystring"})


def find_problems(document: Document) -> list[Problem]:
    """Every problem of the document."""
    root = document.root
    if "swagger" in root and "openapi" not in root:
        return [
            document.problem(
                "/swagger", Phrase("Swagger {version!r}: only 2.0 of Swagger is understood", version=root["swagger"])
            )
        ]
    if "openapi" not in root and isinstance(root.get("item"), list):
        return [document.problem("/item", Phrase("a Postman collection, which is not read: export it as OpenAPI"))]
    if not str(root.get("openapi", "")).startswith("3."):
        message = Phrase("no `openapi: 3.x` here: not an OpenAPI document that can be mocked")
        return [document.problem("/openapi", message)]
    # What several operations refer to is told once.
    return list(dict.fromkeys([*_security(document, root, ""), *_paths(document)]))


def _paths(document: Document) -> Iterator[Problem]:
    paths = document.root.get("paths")
    # A library of schemas, or of webhooks, answers nothing, and is no mistake.
    if paths is None and ({"webhooks", "x-webhooks", "components"} & document.root.keys() or document.version == "3.1"):
        return
    if not isinstance(document.resolve(paths), Mapping):
        yield document.problem("/paths", Phrase("must be a mapping of paths"))
        return
    for path, written in document.mapping(paths).items():
        where = pointer("paths", path)
        if str(path).startswith("x-"):
            continue
        path_item = document.resolve(written)
        if not isinstance(path_item, Mapping):
            yield document.problem(where, Phrase("must be a mapping of methods"))
            continue
        if not str(path).startswith("/"):
            yield document.problem(where, Phrase("a path must start with /"))
        if "parameters" in path_item:
            yield from _parameters(document, path_item, where)
        for method in METHODS:
            if method in path_item:
                yield from _operation(document, path_item[method], where + pointer(method))


def _operation(document: Document, node: Any, where: str) -> Iterator[Problem]:
    if not isinstance(node, Mapping):
        yield document.problem(where, Phrase("must be an operation object"))
        return
    if "parameters" in node:
        yield from _parameters(document, node, where)
    if "security" in node:
        yield from _security(document, node, where)
    if "requestBody" in node:
        yield from _content(document, node["requestBody"], where + "/requestBody")
    responses = node.get("responses", {})
    if not isinstance(document.resolve(responses), Mapping):
        yield document.problem(where + "/responses", Phrase("must be a mapping of statuses"))
    for status, response in document.mapping(responses).items():
        if _odd_types(document, response):
            yield from _content(document, response, where + "/responses" + pointer(status))


def _security(document: Document, holder: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """What is no list of requirements would leave the operation open, and nobody would know."""
    if not isinstance(holder.get("security", []), list):
        yield document.problem(
            where + "/security", Phrase("must be a list of alternatives; as it is, no credentials are wanted")
        )


def _content(document: Document, written: Any, where: str) -> Iterator[Problem]:
    """Of a response or request body: keys that name no media type."""
    if isinstance(written, Mapping) and isinstance(written.get("$ref"), str) and written["$ref"].startswith("#/"):
        where = written["$ref"][1:]
    for key in _odd_types(document, written):
        message = "{key!r} is no media type, so it is not served: is it indented too far?"
        yield document.problem(where + "/content" + pointer(key), Phrase(message, key=str(key)), MEDIA_TYPE)


def _odd_types(document: Document, written: Any) -> list[Any]:
    """The keys of a response's or request body's content that name no media type."""
    content = document.mapping(document.mapping(written).get("content"))
    return [key for key in content if not media.is_media_type(key) and not str(key).startswith("x-")]


def _parameters(document: Document, holder: Mapping[str, Any], where: str) -> Iterator[Problem]:
    parameters = holder.get("parameters") or []
    if not isinstance(parameters, list):
        yield document.problem(where + "/parameters", Phrase("must be a list"))
        return
    for index, item in enumerate(parameters):
        node = document.resolve(item)
        spot = f"{where}/parameters/{index}"
        if not isinstance(node, Mapping):
            yield document.problem(spot, Phrase("must be a parameter object"))
        elif node and ("name" not in node or str(node.get("in")) not in _PLACES):
            yield document.problem(spot, Phrase("a parameter needs `name`, and `in`: path, query, header or cookie"))
