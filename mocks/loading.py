"""Reading an OpenAPI document: its root file, and every file that it refers to, into one mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson

from cierre.mocks.documents import FILES, BrokenDocument, Document, Problem
from cierre.mocks.identifiers import NAMES, VALUES, make_local
from cierre.mocks.problems import find_problems

# Only where there is an `$id` have schemas addresses.
_IDENTIFIED = re.compile(rb"""\$id["']?\s*:""")
# A `$ref` that does not start with `#`: only then are there other files to look for.
_FOREIGN_REF = re.compile(rb"""\$ref["']?\s*:\s*["']?[^#"'\s]""")


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
