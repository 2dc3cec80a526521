"""An OpenAPI document as the mock sees it: one mapping, whatever number of files it came from.

Files that the document refers to are put under `x-files`, and the references into them become local ones. So everything
after this is about one mapping with local `$ref`s, which are resolved when somebody follows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import orjson

from cierre.mocks.identifiers import NAMES, VALUES, make_local
from cierre.oas.validation import SchemaCompiler
from cierre.oas.validation.references import resolve
from cierre.oas.validation.violations import UnresolvableReference, Version

FILES = "x-files"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
# Only where there is an `$id` have schemas addresses.
_IDENTIFIED = re.compile(rb"""\$id["']?\s*:""")
# A `$ref` that does not start with `#`: only then are there other files to look for.
_FOREIGN_REF = re.compile(rb"""\$ref["']?\s*:\s*["']?[^#"'\s]""")
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


def parse(raw: bytes, name: str) -> Any:
    """JSON or YAML text as a value; keys are text.

    Raises:
        BrokenDocument: it is neither; the problem says at which line and column.
    """
    if raw.lstrip()[:1] in {b"{", b"["}:
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            if name.endswith(".json"):
                raise BrokenDocument([Problem(name, f"{error.lineno}:{error.colno}", error.msg)]) from None
    return _parse_yaml(raw, name)


def _parse_yaml(raw: bytes, name: str) -> Any:
    import yaml  # noqa: PLC0415 - a JSON document is up without it

    from cierre.mocks.yaml_reader import read_yaml  # noqa: PLC0415

    try:
        return read_yaml(raw)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise BrokenDocument([Problem(name, where, str(getattr(error, "problem", None) or error))]) from None
    except RecursionError:
        raise BrokenDocument([Problem(name, "", "nested too deep")]) from None


def load(path: Path, *, lenient: bool = False) -> Document:
    """Read a document and every file that it refers to.

    Args:
        path: the root file.
        lenient: serve what can be served of a broken document.

    Raises:
        BrokenDocument: with every problem, each with file and pointer.
    """
    bundle = _Bundle(path)
    root = bundle.root()
    document = Document(root, frozenset(bundle.files), path.name)
    from cierre.mocks.problems import find_problems  # noqa: PLC0415 - it needs this module

    problems = bundle.problems + find_problems(document, bundle.raw_refs)
    if problems and not (lenient and isinstance(root.get("paths", {}), Mapping) and root):
        raise BrokenDocument(problems)
    return document


class _Bundle:
    """Gathers the files of one document."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self._known: dict[Path, str] = {}
        self._contents: dict[str, Any] = {}
        self.files: set[Path] = {self._path}
        self.problems: list[Problem] = []
        self.raw_refs: set[str] = set()

    def root(self) -> dict[str, Any]:
        raw = self._read(self._path)
        root = _parsed(raw, self._path.name)
        if not isinstance(root, dict):
            raise BrokenDocument([Problem(self._path.name, "", "not an OpenAPI document: no mapping at its top")])
        self._note_refs(raw)
        if _FOREIGN_REF.search(raw):
            self._rewrite(root, self._path)
        if self._contents:
            root[FILES] = self._contents
        return root

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            reason = error.strerror or str(error)
            raise BrokenDocument([Problem(self._display(path), "", f"cannot be read: {reason}")]) from None

    def _display(self, path: Path) -> str:
        try:
            return path.relative_to(self._path.parent).as_posix()
        except ValueError:
            return str(path)

    def _note_refs(self, raw: bytes) -> None:
        self.raw_refs.update(match.decode("utf-8", "replace") for match in _LOCAL_REF.findall(raw))

    def _rewrite(self, node: Any, base: Path) -> None:
        """Make every foreign reference below the node a local one, reading files as they come up."""
        pending: list[tuple[Any, bool]] = [(node, False)]
        while pending:
            node, named = pending.pop()
            if isinstance(node, list):
                pending.extend((child, False) for child in node)
            elif isinstance(node, dict):
                if isinstance(node.get("$ref"), str):
                    node["$ref"] = self._local(node["$ref"], base)
                self._rewrite_mapping(node, base)
                pending.extend(
                    (child, not named and key in NAMES) for key, child in node.items() if named or key not in VALUES
                )

    def _rewrite_mapping(self, node: dict[str, Any], base: Path) -> None:
        """A discriminator's mapping holds references, or names of schemas."""
        mapping = node.get("mapping")
        if "propertyName" in node and isinstance(mapping, dict):
            for key, target in mapping.items():
                if isinstance(target, str) and ("/" in target or "." in target):
                    mapping[key] = self._local(target, base)

    def _local(self, ref: str, base: Path) -> str:
        file, _, fragment = ref.partition("#")
        if not file:
            target = base
        elif "://" in file:
            self.problems.append(Problem(self._display(base), "", f"$ref {ref} is remote: it is not fetched"))
            return ref
        else:
            target = (base.parent / unquote(file)).resolve()
        if target == self._path:
            return "#" + fragment
        name = self._add(target, ref, base)
        if fragment and not fragment.startswith("/"):
            # An $anchor is looked for in all files.
            return "#" + fragment
        local = f"#/{FILES}/{name.replace('~', '~0').replace('/', '~1')}{fragment}"
        if target in self.files:
            self.raw_refs.add(local)
        return local

    def _add(self, path: Path, ref: str, base: Path) -> str:
        if path in self._known:
            return self._known[path]
        name = self._known[path] = self._display(path)
        try:
            raw = self._read(path)
            self.files.add(path)
            self._contents[name] = content = _parsed(raw, name)
        except BrokenDocument as broken:
            self._contents[name] = {}
            missing = Problem(self._display(base), "", f"$ref {ref}: no such file")
            self.problems.extend(broken.problems if path.exists() else [missing])
        else:
            self._rewrite(content, path)
        return name


def _parsed(raw: bytes, name: str) -> Any:
    content = parse(raw, name)
    if _IDENTIFIED.search(raw):
        make_local(content)
    return content


_LOCAL_REF = re.compile(rb"""\$ref["']?\s*:\s*["']?(#[^"'\s,}]*)""")
