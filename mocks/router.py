"""Routing: from method and path to the operation, by a tree of segments, fixed ones before templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from cierre.mocks.path_query import PathQuery, pairs, split
from cierre.oas.document import Document
from cierre.oas.structure import Operation
from cierre.oas.validation import PathParameters

_VARIABLE = re.compile(r"\{([^{}]+)\}")


class Match(NamedTuple):
    """An operation that a request is for.

    Attributes:
        operation: of the document.
        parameters: name → text of its path parameters.
        only: no path of the document that differs in names or query alone matches the same requests.
        others: operations of paths of the same shape, such as `/files/{id}` and `/files/{name}`.
    """

    operation: Operation
    parameters: PathParameters
    only: bool
    others: tuple[Match, ...] = ()


class _Route(NamedTuple):
    operations: dict[str, Operation]
    names: tuple[str, ...]
    query: PathQuery


class _Node:
    """One segment of the tree."""

    __slots__ = ("_templates", "fixed", "routes", "templates")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self._templates: dict[str, _Node] = {}
        # Of two templates the one with more fixed text goes first.
        self.templates: list[tuple[re.Pattern[str], _Node, int]] = []
        self.routes: dict[tuple[tuple[str, ...], PathQuery], _Route] = {}

    def template(self, pattern: str, fixed: int) -> _Node:
        """The node that the segments of a pattern lead to; `fixed` is how much of its text is no variable."""
        node = self._templates.get(pattern)
        if node is None:
            node = self._templates[pattern] = _Node()
            self.templates.append((re.compile(pattern, re.DOTALL), node, fixed))
            self.templates.sort(key=lambda item: -item[2])
        return node


class Router:
    """Finds operations, with and without the base paths of `servers`.

    Args:
        document: that has them.
        base: what all paths begin with before that, such as `/v1`.
    """

    def __init__(self, document: Document, base: str = "") -> None:
        self._root = _Node()
        self._base = base
        self._bases = sorted(document.base_paths(), key=len, reverse=True)
        known: dict[str, _Route] = {}
        for operation in document.operations():
            for path in (operation.path, *(server + operation.path for server in document.base_paths(operation))):
                route = known.get(path)
                if route is None or "}{" in path:
                    route = known[path] = self._route(path, operation, document)
                route.operations.setdefault(operation.method, operation)

    def _route(self, path: str, operation: Operation, document: Document) -> _Route:
        plain, query = split(path)
        node, names = self._root, []
        enums = _enums(document, operation) if "}{" in plain else {}
        for segment in plain.split("/")[1:]:
            variables = _VARIABLE.findall(segment) if "{" in segment else []
            names += variables
            if variables:
                node = node.template(_pattern(segment, enums), len(_VARIABLE.sub("", segment)))
            else:
                text = unquote(segment)
                child = node.fixed.get(text)
                if child is None:
                    child = node.fixed[text] = _Node()
                node = child
        key = tuple(names), query
        route = node.routes.get(key)
        if route is None:
            route = node.routes[key] = _Route({}, tuple(names), query)
        return route

    def find(self, method: str, raw_path: str, query: bytes = b"") -> Match | list[str]:
        """The match, or the methods of the path in lower case: none for an unknown path.

        Args:
            method: in lower case.
            raw_path: percent-encoded, so that an encoded slash stays within its segment.
            query: the raw query string.
        """
        for path in self._candidates(raw_path):
            segments = path.split("/")[1:]
            if "%" in path:
                segments = [unquote(segment) for segment in segments]
            for node, values in _walk(self._root, segments, 0):
                routes = _by_query(list(node.routes.values()), query)
                having = [route for route in routes if method in route.operations]
                if having:
                    only = len(node.routes) == 1 and not having[0].query.is_open
                    matches = [
                        Match(route.operations[method], _named(route, values, path, query), only)
                        for route in having
                        if route.query == having[0].query
                    ]
                    return matches[0]._replace(others=tuple(matches[1:]))
                if routes:
                    # The path that matches best decides about the methods, too (OpenAPI: concrete paths go first).
                    return list(dict.fromkeys(name for route in routes for name in route.operations))
        return []

    def _candidates(self, path: str) -> Iterator[str]:
        if self._base:
            if not f"{path}/".startswith(f"{self._base}/"):
                return
            path = path[len(self._base) :] or "/"
        yield path
        for base in self._bases:
            if path.startswith(base + "/"):
                yield path[len(base) :]
            elif path == base:
                yield "/"


def _named(route: _Route, values: list[str], path: str, query: bytes) -> PathParameters:
    """The texts by their names; of a segment with commas of both kinds also its pieces."""
    parameters = PathParameters(zip(route.names, values, strict=True))
    if route.query.is_open:
        parameters.update(route.query.read(pairs(query)))
    for segment in path.split("/") if "%2c" in path.lower() and "," in path else ():
        if "," in segment and "%2c" in segment.lower():
            whole, pieces = unquote(segment), [unquote(piece) for piece in segment.split(",")]
            parameters.pieces |= {name: pieces for name, text in parameters.items() if text == whole}
    return parameters


def _pattern(segment: str, enums: dict[str, list[str]]) -> str:
    """The expression of a segment like `{name}.{ext}`; a variable takes at least one character.

    A variable ends where the text after it first occurs. That choice is final (an atomic group), which keeps the time
    linear; only the last one may be as long as it likes.

    `enums`: the values of variables that stand side by side; nothing else says where one of them ends.
    """
    units = [""]
    pieces = _VARIABLE.split(segment)
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            units[-1] += re.escape(piece)
        elif piece in enums:
            units[-1] += f"({'|'.join(re.escape(value) for value in enums[piece])})"
        else:
            units.append("(.+?)" if index < len(pieces) - 2 else "(.+)")
    first, *free = units
    return first + "".join(f"(?>{unit})" for unit in free[:-1]) + "".join(free[-1:]) + r"\Z"


def _enums(document: Document, operation: Operation) -> dict[str, list[str]]:
    found = {}
    for item in [*(operation.path_item.get("parameters") or ()), *(operation.node.get("parameters") or ())]:
        node = document.mapping(item)
        values = document.mapping(node.get("schema")).get("enum")
        if node.get("in") == "path" and isinstance(values, list):
            found[str(node.get("name"))] = [str(value) for value in values]
    return found


def _walk(node: _Node, segments: list[str], place: int) -> Iterator[tuple[_Node, list[str]]]:
    """Every node that the segments from a place on lead to, those of fixed ones first, with the variables' texts."""
    if place == len(segments):
        if node.routes:
            yield node, []
        return
    segment = segments[place]
    if segment in node.fixed:
        yield from _walk(node.fixed[segment], segments, place + 1)
    for expression, child, _ in node.templates:
        match = expression.match(segment)
        if match:
            for found, values in _walk(child, segments, place + 1):
                yield found, [*match.groups(), *values]


def _by_query(candidates: list[_Route], query: bytes) -> list[_Route]:
    """Routes whose query the request has, those that ask for most first."""
    if len(candidates) == 1 and not candidates[0].query.fixed:
        return candidates
    given = pairs(query)
    fitting = [route for route in candidates if route.query.fixed.issubset(given)]
    return sorted(fitting, key=lambda route: route.query.distance(given))
