"""The document as a whole: its paths, and what it keeps for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cierre.oas.pointers import pointer
from cierre.oas.references import resolved
from cierre.oas.structure import METHODS
from cierre.oas.swagger2.moves import Moves
from cierre.oas.swagger2.parameters import Written, is_body, parameter, request_body
from cierre.oas.swagger2.responses import response
from cierre.oas.swagger2.schemas import Schemas
from cierre.oas.swagger2.security import security_scheme, servers

Json = dict[str, Any]
_VERSION = "3.0.3"
_CONVERTED = frozenset(
    {
        *("swagger", "host", "basePath", "schemes", "consumes", "produces", "paths"),
        *("definitions", "parameters", "responses", "securityDefinitions", "components"),
    }
)
_OF_OPERATIONS = frozenset({"consumes", "produces", "schemes", "parameters", "responses", "requestBody"})


def convert(root: Mapping[str, Any]) -> tuple[Json, Moves]:
    """A document of Swagger 2.0 as one of OpenAPI 3.0.

    What it does not understand it leaves as it is, for those who check the document.

    Args:
        root: all of it; its `$ref`s are local.

    Returns:
        the converted document, which shares examples and other data with `root`, and where its parts were.
    """
    return _Conversion(root).convert()


class _Conversion:
    """Of one document."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._moves = Moves()
        self._schemas = Schemas(root)
        self._produces = _texts(root.get("produces"))

    def convert(self) -> tuple[Json, Moves]:
        root = self._root
        converted: Json = {"openapi": _VERSION, "info": root.get("info", {})}
        converted |= {key: value for key, value in root.items() if key not in _CONVERTED}
        found = servers(root)
        if found:
            converted["servers"] = found
            self._moves.note("/servers", "/host" if "host" in root else "/basePath")
        components = {section: entries for section, entries in self._components() if entries}
        converted["paths"] = self._paths(root.get("paths"))
        if components:
            converted["components"] = components
        for node in self._schemas.references:
            if node["$ref"].startswith("#/"):
                node["$ref"] = "#" + self._moves.place(node["$ref"][1:])
        return converted, self._moves

    def _components(self) -> Iterator[tuple[str, Any]]:
        for section, old in {
            "schemas": "definitions",
            "parameters": "parameters",
            "responses": "responses",
            "securitySchemes": "securityDefinitions",
        }.items():
            entries = self._root.get(old)
            if isinstance(entries, Mapping):
                self._moves.note(f"/components/{section}", f"/{old}")
                yield section, dict(self._section(section, old, entries))

    def _section(self, section: str, old: str, entries: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, node in entries.items():
            name = str(key)
            where = pointer("components", section, name)
            # The body and the fields of forms stand with the operations: what they consume decides about them.
            if section == "parameters" and is_body(node):
                continue
            self._moves.note(where, pointer(old, name))
            if section == "schemas":
                yield name, self._schemas.convert(node, name)
            elif section == "parameters":
                yield name, self._parameter(node, where, pointer(old, name))
            elif section == "responses":
                yield name, self._response(node, self._produces, where)
            else:
                yield name, security_scheme(node)

    def _paths(self, paths: Any) -> Any:
        if not isinstance(paths, Mapping):
            return paths if paths is not None else {}
        return {
            path: node if str(path).startswith("x-") else self._path_item(node, pointer("paths", path))
            for path, node in paths.items()
        }

    def _path_item(self, written: Any, where: str) -> Any:
        node = resolved(self._root, written)
        if not isinstance(node, Mapping):
            return written
        if node is not written:
            self._moves.note(where, written["$ref"].removeprefix("#"))
        copy = {key: value for key, value in node.items() if key not in METHODS}
        origin = self._moves.origin(where)
        shared = list(self._written(node.get("parameters"), origin))
        if isinstance(node.get("parameters"), list):
            copy["parameters"] = self._kept_parameters(node["parameters"], where, origin)
        for method in METHODS:
            if method in node:
                copy[method] = self._operation(node[method], shared, f"{where}/{method}")
        return copy

    def _operation(self, written: Any, shared: list[Written], where: str) -> Any:
        node = resolved(self._root, written)
        if not isinstance(node, Mapping):
            return written
        origin = self._moves.origin(where)
        copy = {key: value for key, value in node.items() if key not in _OF_OPERATIONS}
        own = list(self._written(node.get("parameters"), origin))
        if "parameters" in node:
            copy["parameters"] = self._kept_parameters(node["parameters"], where, origin)
        consumes = _texts(node["consumes"] if "consumes" in node else self._root.get("consumes"))
        # Path and operation may both have fields; the operation's go first, and stand for those of their name.
        taken = {item.key for item in own}
        every = [*own, *(item for item in shared if item.key not in taken)]
        body = request_body(every, consumes, self._schemas, self._moves, f"{where}/requestBody")
        if body is not None:
            copy["requestBody"] = body
        if "responses" in node:
            copy["responses"] = self._responses(node, where, origin)
        if "schemes" in node and isinstance(self._root.get("host"), str):
            copy["servers"] = servers(self._root, node["schemes"])
        return copy

    def _written(self, parameters: Any, where: str) -> Iterator[Written]:
        for index, item in enumerate(parameters if isinstance(parameters, list) else ()):
            node = resolved(self._root, item)
            if isinstance(node, Mapping):
                place = item["$ref"].removeprefix("#") if node is not item else f"{where}/parameters/{index}"
                yield Written(node, place)

    def _kept_parameters(self, parameters: Any, where: str, origin: str) -> Any:
        """Those that stay parameters, at their new indices."""
        if not isinstance(parameters, list):
            return parameters
        kept: list[Any] = []
        for index, item in enumerate(parameters):
            if not is_body(resolved(self._root, item)):
                new, old = f"{where}/parameters/{len(kept)}", f"{origin}/parameters/{index}"
                self._moves.note(new, old)
                kept.append(self._parameter(item, new, old))
        return kept

    def _parameter(self, node: Any, where: str, origin: str) -> Any:
        if not isinstance(node, Mapping):
            return node
        if isinstance(node.get("$ref"), str):
            return self._reference(node)
        self._moves.note(f"{where}/schema", origin)
        return parameter(node, self._schemas)

    def _responses(self, node: Mapping[str, Any], where: str, origin: str) -> Any:
        """By status. A shared response has the media types of the whole document: an operation of others has a copy."""
        responses = node["responses"]
        if not isinstance(responses, Mapping):
            return responses
        produces = _texts(node["produces"]) if "produces" in node else self._produces
        copy = {}
        for status, item in responses.items():
            place, old = f"{where}/responses{pointer(status)}", f"{origin}/responses{pointer(status)}"
            found = resolved(self._root, item)
            is_shared = isinstance(item, Mapping) and str(item.get("$ref")).startswith("#/responses/")
            if str(status).startswith("x-") or (is_shared and not found):
                copy[status] = item
            elif is_shared and produces == self._produces:
                copy[status] = self._reference(item)
            else:
                self._moves.note(place, item["$ref"].removeprefix("#") if found is not item else old)
                copy[status] = self._response(found, produces, place)
        return copy

    def _response(self, node: Any, produces: list[str], where: str) -> Any:
        if not isinstance(node, Mapping):
            return node
        if isinstance(node.get("$ref"), str):
            return self._reference(node)
        return response(node, produces, self._schemas, self._moves, where)

    def _reference(self, node: Mapping[str, Any]) -> Json:
        copy = dict(node)
        self._schemas.references.append(copy)
        return copy


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
