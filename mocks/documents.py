"""An OpenAPI document as the mock sees it: one mapping, whatever number of files it came from.

Files that the document refers to are put under `x-files`, and the references into them become local ones. So everything
after this is about one mapping with local `$ref`s, which are resolved when somebody follows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cierre.oas.validation import SchemaCompiler
from cierre.oas.validation.references import resolve
from cierre.oas.validation.violations import UnresolvableReference, Version

FILES = "x-files"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
# Base paths of one server, at the most, where its variables have many values.
_MOST_SERVERS = 64


class Problem(NamedTuple):
    """Something in a document that cannot be served. `pointer` is RFC 6901 into the file, or `line:column`."""

    file: str
    pointer: str
    message: str

    def __str__(self) -> str:
        if not self.pointer:
            return f"{self.file}: {self.message}"
        return f"{self.file}{'#' if self.pointer.startswith('/') else ':'}{self.pointer}: {self.message}"


class BrokenDocument(ValueError):
    """A document that cannot be served as it is; `problems` has all that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Operation(NamedTuple):
    """One operation as written. `path` is the key under `paths`, `method` is lower case."""

    path: str
    method: str
    node: Mapping[str, Any]
    path_item: Mapping[str, Any]


class Document:
    """A document to be mocked.

    Attributes:
        root: the whole of it; `$ref`s in it are local.
        version: how its schemas read; 3.2 reads like 3.1.
        files: what it was read from, to be watched.
    """

    def __init__(self, root: Mapping[str, Any], files: frozenset[Path] = frozenset(), name: str = "document") -> None:
        self.root = root
        self.name = name
        self.files = files
        self.version: Version = "3.0" if str(root.get("openapi", "")).startswith("3.0") else "3.1"
        self.requests = SchemaCompiler(root, version=self.version, direction="request", roots=self._request_schemas)
        self.responses = SchemaCompiler(root, version=self.version, direction="response", roots=self._answer_schemas)

    def resolve(self, node: Any) -> Any:
        """The node, or what its `$ref` leads to; {} where that is nothing (reported at start)."""
        try:
            return resolve(self.root, node)
        except UnresolvableReference:
            return {}

    def mapping(self, node: Any) -> Mapping[str, Any]:
        """Like `resolve`; {} where something else than a mapping stands."""
        found = self.resolve(node)
        return found if isinstance(found, Mapping) else {}

    def operations(self) -> Iterator[Operation]:
        for path, written in self.mapping(self.root.get("paths")).items():
            path_item = self.mapping(written)
            for method in METHODS:
                if isinstance(path_item.get(method), Mapping):
                    yield Operation(str(path), method, path_item[method], path_item)
            for method, node in self.mapping(path_item.get("additionalOperations")).items():
                if isinstance(node, Mapping):
                    yield Operation(str(path), method.lower(), node, path_item)

    def _request_schemas(self) -> Iterator[Any]:
        for operation in self.operations():
            yield from self._content_schemas(operation.node.get("requestBody"))

    def _answer_schemas(self) -> Iterator[Any]:
        for operation in self.operations():
            for response in self.mapping(operation.node.get("responses")).values():
                yield from self._content_schemas(response)

    def _content_schemas(self, holder: Any) -> Iterator[Any]:
        for media in self.mapping(self.mapping(holder).get("content")).values():
            schema = self.mapping(media).get("schema")
            if schema is not None:
                yield schema

    def base_paths(self, operation: Operation | None = None) -> list[str]:
        """The paths of the servers' URLs, without a trailing slash; variables have their defaults."""
        holders: list[Mapping[str, Any]] = [self.root]
        if operation is not None:
            holders = [operation.path_item, operation.node]
        servers = [self.mapping(server) for holder in holders for server in holder.get("servers") or ()]
        return sorted({path for server in servers for path in _base_paths(server)} - {""})


def _base_paths(server: Mapping[str, Any]) -> Iterator[str]:
    urls = [str(server.get("url", ""))]
    for name, variable in (server.get("variables") or {}).items():
        if isinstance(variable, Mapping):
            values = {str(variable.get("default", "")): None} | dict.fromkeys(map(str, variable.get("enum") or ()))
            urls = [url.replace("{" + name + "}", value) for url in urls for value in values][:_MOST_SERVERS]
    yield from dict.fromkeys(_base_path(url) for url in urls)


def _base_path(url: str) -> str:
    url = url.removeprefix(".") if url.startswith("./") else url
    path = url if url.startswith("/") and not url.startswith("//") else _url_path(url)
    return path.rstrip("/")


def _url_path(url: str) -> str:
    try:
        return urlsplit(url).path if "://" in url else ("/" + url if url and "{" not in url else "")
    except ValueError:
        return ""
