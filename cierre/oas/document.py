"""A loaded OpenAPI document: one mapping, whatever number of files it came from, and where each part is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cierre.oas.errors import Problem
from cierre.oas.files import Files
from cierre.oas.locations import FileLocation, Location, UrlLocation
from cierre.oas.pointers import pointer
from cierre.oas.references import resolved
from cierre.oas.structure import Operation, operations
from cierre.oas.validation import SchemaCompiler
from cierre.oas.validation.violations import Version
from cierre.phrases import Phrase

if TYPE_CHECKING:
    from cierre.oas.swagger2 import Moves

# Base paths of one server, at the most, where its variables have many values.
_MOST_SERVERS = 64


class Document:
    """An OpenAPI document.

    Args:
        root: the whole of it; `$ref`s in it are local.
        name: for problems and logs.
        files: that it was read from; None where it was given as a mapping.
        origins: from pointers into `root` to the file, and the pointer in it, that a part came from.
        before: the document of Swagger 2.0 that this one was converted from, and where its parts stood there.

    Attributes:
        swagger: the document of Swagger 2.0 that this one was converted from, or None.
        version: how its schemas read; 3.2 reads like 3.1.
        problems: what could not be read, with file, line and column.
        merged: what `merged_schema.flatten` keeps of its schemas.
    """

    def __init__(
        self,
        root: Mapping[str, Any],
        name: str = "document",
        files: Files | None = None,
        origins: Mapping[str, tuple[Location, str]] | None = None,
        before: tuple[Document, Moves] | None = None,
    ) -> None:
        self.root = root
        self.name = name
        self.version: Version = "3.0" if str(root.get("openapi", "")).startswith("3.0") else "3.1"
        self._files = files
        self._origins = origins or {}
        self._before = before
        self.swagger: Document | None = before[0] if before is not None else None
        self.problems: list[Problem] = files.problems if files is not None else []
        self.merged: dict[tuple[Any, ...], tuple[Any, tuple[Any, ...]]] = {}

    @property
    def paths(self) -> frozenset[Path]:
        """The files of this machine that it was read from, to be watched."""
        locations = self._files.contents if self._files is not None else ()
        return frozenset(location.path for location in locations if isinstance(location, FileLocation))

    @property
    def addresses(self) -> dict[UrlLocation, bytes]:
        """The addresses that it was read from, each with its text."""
        texts = self._files.raw if self._files is not None else {}
        return {location: raw for location, raw in texts.items() if isinstance(location, UrlLocation)}

    def derive(self, root: Mapping[str, Any]) -> Document:
        """Another document from the same files, such as a view of this one."""
        return Document(root, self.name, self._files, self._origins, self._before)

    def convert(self) -> Document:
        """A document of Swagger 2.0 as OpenAPI 3.0; problems keep their places in what the author wrote."""
        from cierre.oas.swagger2 import convert  # noqa: PLC0415 - most documents are of OpenAPI

        root, moves = convert(self.root)
        converted = Document(root, self.name, self._files, self._origins, (self, moves))
        converted.problems = self.problems
        return converted

    @cached_property
    def requests(self) -> SchemaCompiler:
        """The validators of what is sent."""
        return SchemaCompiler(self.root, version=self.version, direction="request", roots=self._request_schemas)

    @cached_property
    def responses(self) -> SchemaCompiler:
        """The validators of what is answered."""
        return SchemaCompiler(self.root, version=self.version, direction="response", roots=self._answer_schemas)

    @cached_property
    def answers(self) -> SchemaCompiler:
        """The same by the letter of the standard, which is what we answer where a value can be both."""
        roots = self._answer_schemas
        return SchemaCompiler(self.root, version=self.version, direction="response", roots=roots, by_the_letter=True)

    def resolve(self, node: Any) -> Any:
        """The node, or what its `$ref` leads to; {} where that is nothing (told when it was loaded)."""
        return resolved(self.root, node)

    def mapping(self, node: Any) -> Mapping[str, Any]:
        """Like `resolve`; {} where something else than a mapping stands."""
        found = self.resolve(node)
        return found if type(found) is dict or isinstance(found, Mapping) else {}

    def operations(self) -> Iterator[Operation]:
        """Every operation, in the order of the document."""
        return operations(self.root)

    def problem(self, where: str, message: Phrase, rule: str = "") -> Problem:
        """A problem of the part of `root` that a pointer names, with its file, line and column."""
        return Problem(self.place(where), message, where, rule)

    def place(self, where: str) -> str:
        """`openapi.yaml:41:9`: where the part of `root` that a pointer names is written."""
        if self._before is not None:
            document, moves = self._before
            return document.place(moves.origin(where))
        if self._files is None:
            return f"{self.name}#{where}" if where else self.name
        start = where
        while start and start not in self._origins:
            start = start.rpartition("/")[0]
        file, inner = self._origins.get(start, (self._files.root, ""))
        return self._files.place(file, inner + where[len(start) :])

    def path_item_files(self) -> dict[str, str]:
        """Which file holds the path item of each path, relative to the document, if it is not the same."""
        found = {}
        for path in self.mapping(self.root.get("paths")):
            origin = self._origins.get(pointer("paths", path))
            if origin is not None and self._files is not None:
                found[path] = self._files.root.relative(origin[0])
        return found

    def base_paths(self, operation: Operation | None = None) -> list[str]:
        """The paths of the servers' URLs, without a trailing slash; variables have their defaults."""
        holders: list[Mapping[str, Any]] = [self.root]
        if operation is not None:
            holders = [operation.path_item, operation.node]
        if not any("servers" in holder for holder in holders):
            return []
        listed = [holder.get("servers") for holder in holders]
        servers = [self.mapping(server) for each in listed if isinstance(each, list) for server in each]
        return sorted({path for server in servers for path in _base_paths(server)} - {""})

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


def _base_paths(server: Mapping[str, Any]) -> Iterator[str]:
    urls = [str(server.get("url", ""))]
    variables = server.get("variables")
    for name, variable in variables.items() if isinstance(variables, Mapping) else ():
        if isinstance(variable, Mapping):
            listed = variable.get("enum")
            others = dict.fromkeys(map(str, listed if isinstance(listed, list) else ()))
            values = {str(variable.get("default", "")): None} | others
            urls = [url.replace("{" + str(name) + "}", value) for url in urls for value in values][:_MOST_SERVERS]
    yield from dict.fromkeys(_base_path(url) for url in urls)


def _base_path(url: str) -> str:
    url = url.removeprefix(".") if url.startswith("./") else url
    path = url if url.startswith("/") and not url.startswith("//") else _url_path(url)
    return path.rstrip("/")


def _url_path(url: str) -> str:
    try:
        return (
            urlsplit(url).path
            if "://" in url or url.startswith("//")
            else ("/" + url if url and "{" not in url else "")
        )
    except ValueError:
        return ""
