"""The contract as one audience sees it: derived mechanically, never edited by hand."""

from __future__ import annotations

from typing import Any

from cierre.oas.bundling import bundle
from cierre.oas.errors import BrokenDocument, Problem
from cierre.oas.references import resolved
from cierre.oas.structure import METHODS, SECTIONS, operations, walk
from cierre.oas.translating import Texts, key, translated
from cierre.phrases import Phrase

Json = dict[str, Any]

DIALECTS = ("session", "envelope", "respuesta", "dto", "plain")
_JSON = "application/json"
_PROBLEM = "application/problem+json"
_DESCRIPTION = """\
What clients of the dialect `{dialect}` see of the contract; derived from the whole of it.

Examples are named after the situation; an answer without a body names its situations in `x-cierre-situations`.
What routing itself refuses (404, 405) is in `x-cierre-unrouted`, by path."""


def view(document: Json, dialect: str, texts: Texts | None = None) -> Json:
    """The document that the clients of one dialect see.

    It holds the operations that speak the dialect (`x-cierre-dialects`), each with that dialect's shape as
    `application/json` and only the statuses that the dialect can answer. Problem details are shown where the
    dialect itself has nothing else. What is then unused is left out.

    Args:
        document: as `load` gives it.
        dialect: one of `DIALECTS`.
        texts: translations of its summaries and descriptions; None: they stay as they are.

    Raises:
        BrokenDocument: no operation speaks the dialect.
    """
    texts = texts or {}
    seen = translated(bundle(document), texts)
    paths = {path: _path_item(seen, item, dialect) for path, item in seen.get("paths", {}).items()}
    seen["paths"] = {path: item for path, item in paths.items() if any(key in METHODS for key in item)}
    if not seen["paths"]:
        raise BrokenDocument(
            [Problem("openapi.yaml", Phrase("no operation speaks the dialect {dialect!r}", dialect=dialect))]
        )
    components = seen.setdefault("components", {})
    components["responses"] = {
        name: shown
        for name, response in components.get("responses", {}).items()
        if (shown := _response(response, dialect))
    }
    _keep_nearest_unrouted(seen, dialect)
    _drop_dead_links(seen)
    _drop_unused_components(seen)
    used = {tag for _, _, operation, _ in operations(seen) for tag in operation.get("tags", [])}
    seen["tags"] = [tag for tag in seen.get("tags", []) if tag["name"] in used]
    seen["info"]["title"] += f" ({dialect})"
    seen["info"]["description"] = texts.get(key(_DESCRIPTION), _DESCRIPTION).format(dialect=dialect)
    return seen


def _path_item(document: Json, item: Json, dialect: str) -> Json:
    return {
        key: _operation(document, value, dialect) if key in METHODS else value
        for key, value in item.items()
        if key not in METHODS or dialect in value.get("x-cierre-dialects", [])
    }


def _operation(document: Json, operation: Json, dialect: str) -> Json:
    responses = {}
    for status, response in operation["responses"].items():
        shown = _response(resolved(document, response), dialect)
        if shown is not None:
            responses[status] = response if "$ref" in response else shown
    kept = {key: value for key, value in operation.items() if key != "x-cierre-dialects"}
    return {**kept, "responses": responses}


def _response(response: Json, dialect: str) -> Json | None:
    """The response as the dialect gives it, or None where it never does."""
    content = response.get("content")
    if content is None:
        return response
    if any(media_type.startswith("application/vnd.cierre.") for media_type in content):
        own = content.get(f"application/vnd.cierre.{dialect}+json")
    else:
        own = content.get(_JSON)
    if own is not None:
        return {**response, "content": {_JSON: own}}
    return response if list(content) == [_PROBLEM] else None


def _keep_nearest_unrouted(document: Json, dialect: str) -> None:
    """Of what routing refuses, keep the entries whose path leads to an operation of the view."""
    unrouted = document.get("x-cierre-unrouted")
    if unrouted:
        nearest = {max(filter(path.startswith, unrouted), key=len) for path in document["paths"]}
        document["x-cierre-unrouted"] = {
            prefix: {status: _response(response, dialect) for status, response in responses.items()}
            for prefix, responses in unrouted.items()
            if prefix in nearest
        }


def _drop_dead_links(document: Json) -> None:
    """Links to operations that the view does not hold."""
    known = {operation.get("operationId") for _, _, operation, _ in operations(document)}
    for spot in list(walk(document)):
        links = spot.node.get("links") if spot.kind == "response" else None
        if links:
            alive = {name: link for name, link in links.items() if link.get("operationId") in known}
            spot.node["links"] = alive
            if not alive:
                del spot.node["links"]


def _drop_unused_components(document: Json) -> None:
    """Components that no path leads to, by any number of steps."""
    components = document["components"]
    rest = {key: value for key, value in document.items() if key != "components"}
    used: set[tuple[str, str]] = set()
    waiting = _references(rest)
    while waiting:
        reference = waiting.pop()
        section, _, name = reference.removeprefix("#/components/").partition("/")
        if (section, name) not in used:
            used.add((section, name))
            waiting |= _references(components.get(section, {}).get(name))
    schemes = {
        name for _, _, operation, _ in operations(document) for need in operation.get("security", []) for name in need
    }
    used |= {(SECTIONS["securityScheme"], name) for name in schemes}
    document["components"] = {
        section: kept
        for section, entries in components.items()
        if (kept := {name: entry for name, entry in entries.items() if (section, name) in used})
    }


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(_references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(value) for value in node))
    return set()
