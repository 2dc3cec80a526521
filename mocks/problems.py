"""What is broken in a document, as far as a mock can tell: wrong kinds of nodes and references that lead nowhere.

What many documents leave out without harm (info, components, operationId, descriptions) is no problem here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cierre.mocks.documents import FILES, METHODS, Document, Problem
from cierre.mocks.identifiers import NAMES
from cierre.oas.validation.references import lookup
from cierre.oas.validation.violations import UnresolvableReference, pointer

_PLACES = frozenset({"path", "query", "header", "cookie", "querystring"})
SWAGGER_2 = (
    "this is Swagger 2.0; convert it to OpenAPI 3 first, for instance with `npx swagger2openapi {name} -o openapi.yaml`"
)


def find_problems(document: Document, refs: set[str]) -> list[Problem]:
    """Every problem of the document; `refs` are the references that its text holds."""
    root, name = document.root, document.name
    if "swagger" in root:
        return [Problem(name, "/swagger", SWAGGER_2.format(name=name))]
    if not str(root.get("openapi", "")).startswith("3."):
        return [Problem(name, "/openapi", "no `openapi: 3.x` here: not an OpenAPI document that can be mocked")]
    return [*_paths(document), *_dangling(document, refs)]


def _paths(document: Document) -> Iterator[Problem]:
    paths = document.root.get("paths")
    if paths is None and ("webhooks" in document.root or document.version == "3.1"):
        return
    if not isinstance(document.resolve(paths), Mapping):
        yield Problem(document.name, "/paths", "must be a mapping of paths")
        return
    for path, written in document.mapping(paths).items():
        where = pointer("paths", path)
        if str(path).startswith("x-"):
            continue
        path_item = document.resolve(written)
        if not isinstance(path_item, Mapping):
            yield Problem(document.name, where, "must be a mapping of methods")
            continue
        if not str(path).startswith("/"):
            yield Problem(document.name, where, "a path must start with /")
        yield from _parameters(document, path_item, where)
        for method in METHODS:
            if method in path_item:
                yield from _operation(document, path_item[method], where + pointer(method))


def _operation(document: Document, node: Any, where: str) -> Iterator[Problem]:
    if not isinstance(node, Mapping):
        yield Problem(document.name, where, "must be an operation object")
        return
    yield from _parameters(document, node, where)
    responses = node.get("responses", {})
    if not isinstance(document.resolve(responses), Mapping):
        yield Problem(document.name, where + "/responses", "must be a mapping of statuses")


def _parameters(document: Document, holder: Mapping[str, Any], where: str) -> Iterator[Problem]:
    parameters = holder.get("parameters") or []
    if not isinstance(parameters, list):
        yield Problem(document.name, where + "/parameters", "must be a list")
        return
    for index, item in enumerate(parameters):
        node = document.resolve(item)
        spot = f"{where}/parameters/{index}"
        if not isinstance(node, Mapping):
            yield Problem(document.name, spot, "must be a parameter object")
        elif node and ("name" not in node or node.get("in") not in _PLACES):
            yield Problem(document.name, spot, "a parameter needs `name`, and `in`: path, query, header or cookie")


def _dangling(document: Document, refs: set[str]) -> list[Problem]:
    dead = {ref for ref in refs if not _leads_somewhere(document.root, ref)}
    if not dead:
        return []
    # Only now is the walk through the whole document worth its time.
    return [_problem(document, where, ref) for where, ref in _uses(document.root, dead)]


def _leads_somewhere(root: Any, ref: str) -> bool:
    """Not to nothing, and not back to itself; where it leads to another one that is dead, that one is told."""
    seen: set[str] = set()
    while ref not in seen:
        seen.add(ref)
        try:
            node = lookup(root, ref)
        except UnresolvableReference:
            return len(seen) > 1
        if not isinstance(node, Mapping) or not isinstance(node.get("$ref"), str):
            return True
        ref = node["$ref"]
    return False


def _problem(document: Document, where: tuple[str | int, ...], ref: str) -> Problem:
    message = f"$ref {_as_written(ref)} leads nowhere"
    if where[:1] == (FILES,):
        return Problem(str(where[1]), pointer(*where[2:]), message)
    return Problem(document.name, pointer(*where), message)


def _as_written(ref: str) -> str:
    """`#/x-files/schemas.yaml/User` stands for `schemas.yaml#/User`."""
    inner = ref.removeprefix(f"#/{FILES}/")
    if inner == ref:
        return ref
    file, _, rest = inner.partition("/")
    return f"{file.replace('~1', '/').replace('~0', '~')}#/{rest}"


def _uses(root: Any, dead: set[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    pending: list[tuple[tuple[str | int, ...], Any, bool]] = [((), root, False)]
    while pending:
        where, node, named = pending.pop()
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str) and node["$ref"] in dead:
                yield where, node["$ref"]
            pending.extend(
                ((*where, key), child, not named and key in NAMES)
                for key, child in node.items()
                if named or key not in {"example", "value"}
            )
        elif isinstance(node, list):
            pending.extend(((*where, index), child, False) for index, child in enumerate(node))
