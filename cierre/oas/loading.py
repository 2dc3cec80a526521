"""A contract from its files: YAML or JSON, one file or many, as one dictionary without references to files."""

from __future__ import annotations

import importlib.resources
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from cierre.oas.errors import ContractError
from cierre.oas.structure import SECTIONS, escape, find, kind_of_member

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INDICATORS = "+-0123456789."


class _Yaml(_Base):  # type: ignore[misc]
    """YAML as OpenAPI means it: the JSON schema of YAML 1.2, in which `no` and `2025-09-25` are strings."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way to set them

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:  # noqa: ARG002
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            # Keys are strings in JSON, the status 200 among them.
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else str(key_node.value)
            if key in mapping:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
            mapping[key] = self.construct_object(value_node, deep=True)
        return mapping


_Yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF")
_Yaml.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Yaml.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), "-+0123456789")
_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
    _INDICATORS,
)
_Yaml.add_constructor("tag:yaml.org,2002:map", _Yaml.construct_mapping)
_Yaml.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node)))


def default_path() -> Path:
    """The contract of this package: in a checkout, an editable install and a wheel alike."""
    return Path(str(importlib.resources.files("cierre.openapi"))) / "openapi.yaml"


def parse(text: str, *, name: str) -> Any:
    """The text of the file of this name as plain data: JSON by its suffix, otherwise YAML.

    Raises:
        ContractError: which names file, line and column.
    """
    try:
        if name.endswith(".json"):
            return json.loads(text)
        return yaml.load(text, Loader=_Yaml)  # noqa: S506 - derived from the safe loader
    except json.JSONDecodeError as mistake:
        raise ContractError([f"{name}:{mistake.lineno}:{mistake.colno}: {mistake.msg}"]) from mistake
    except yaml.MarkedYAMLError as mistake:
        mark = mistake.problem_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise ContractError([f"{place}: {mistake.problem}"]) from mistake
    except yaml.YAMLError as mistake:
        raise ContractError([f"{name}: {mistake}"]) from mistake


def read_from_disk(file: Path) -> str:
    """The text of a file. Raises OSError and UnicodeDecodeError."""
    return file.read_text(encoding="utf-8")


def load(path: str | Path | None = None, *, read: Callable[[Path], str] = read_from_disk) -> dict[str, Any]:
    """The contract as one dictionary.

    Each file that a `$ref` names becomes a component, named after the file, or `<file>_<last part of the
    fragment>`; path items and single examples take the place of their reference.

    Args:
        path: a YAML or JSON file; by default the contract of this package.
        read: where the text of a file comes from, such as another commit.

    Raises:
        ContractError: with every problem of every file: unreadable, not YAML, a reference to nothing.
    """
    root = Path(path) if path is not None else default_path()
    joiner = _Joiner(root.resolve(), shown=root, read=read)
    document = joiner.run()
    if joiner.problems:
        raise ContractError(joiner.problems)
    return document


def path_item_files(path: str | Path | None = None) -> dict[str, str]:
    """Which file holds the path item of each path, relative to the document; paths written in place are left out."""
    root = Path(path) if path is not None else default_path()
    document = parse(read_from_disk(root), name=str(root))
    return {
        route: item["$ref"].partition("#")[0]
        for route, item in document.get("paths", {}).items()
        if isinstance(item, dict) and isinstance(item.get("$ref"), str) and not item["$ref"].startswith("#")
    }


class _Joiner:
    """Follows references from file to file and collects what they name."""

    def __init__(self, root: Path, *, shown: Path, read: Callable[[Path], str]) -> None:
        self.root = root
        self.shown = shown
        self.text_of = read
        self.files: dict[Path, Any] = {}
        self.problems: list[str] = []
        self.components: dict[str, dict[str, Any]] = {}
        self.placed: dict[tuple[Path, str, str], str] = {}
        self.open: set[tuple[Path, str]] = set()
        # Extensions hold what they refer to in place: tools do not look into them, and would find it unused.
        self.in_extension = False

    def run(self) -> dict[str, Any]:
        document = self.read(self.root)
        if self.problems:
            return {}
        if not isinstance(document, dict):
            self.problems.append(f"{self.shown}: not an OpenAPI document: it holds no object")
            return {}
        for section, entries in document.get("components", {}).items():
            if isinstance(entries, dict):
                self.components[section] = dict.fromkeys(entries)
        joined: dict[str, Any] = self.join(document, "document", self.root)
        if self.components:
            kept = joined.setdefault("components", {})
            for section in sorted(self.components):
                kept[section] = {**dict(sorted(self.components[section].items())), **kept.get(section, {})}
        return joined

    def read(self, file: Path) -> Any:
        if file not in self.files:
            self.files[file] = {}
            try:
                self.files[file] = parse(self.text_of(file), name=self.name(file))
            except ContractError as mistake:
                self.problems += mistake.problems
            except (OSError, UnicodeDecodeError) as mistake:
                reason = mistake.strerror if isinstance(mistake, OSError) else "not UTF-8"
                self.problems.append(f"{self.name(file)}: {reason}")
        return self.files[file]

    def name(self, file: Path) -> str:
        """The file as the user knows it: relative to where the root document was named."""
        try:
            return str(self.shown.parent / file.relative_to(self.root.parent))
        except ValueError:
            return str(file)

    def join(self, node: Any, kind: str | None, file: Path) -> Any:
        """A copy of the node, of this kind, with the references to files replaced; data (kind None) as it is."""
        if kind is None:
            return node
        if isinstance(node, list):
            inner = kind.removeprefix("list:")
            return [self.join(item, inner, file) for item in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str) and ":" not in kind:
            return self.follow(reference, node, kind, file)
        copy = {key: self.member(key, value, kind, file) for key, value in node.items()}
        if kind == "schema" and isinstance(node.get("discriminator"), dict):
            copy["discriminator"] = self.discriminator(node["discriminator"], file)
        return copy

    def member(self, key: str, value: Any, kind: str, file: Path) -> Any:
        inner = kind_of_member(kind, key)
        if inner is None or not key.startswith("x-"):
            return self.join(value, inner, file)
        self.in_extension = True
        joined = self.join(value, inner, file)
        self.in_extension = False
        return joined

    def discriminator(self, node: dict[str, Any], file: Path) -> dict[str, Any]:
        mapping = node.get("mapping", {})
        is_file = re.compile(r"[./#]")
        joined = {
            value: self.follow(target, {}, "schema", file)["$ref"] if is_file.search(target) else target
            for value, target in mapping.items()
        }
        return {**node, "mapping": joined} if joined else node

    def follow(self, reference: str, node: dict[str, Any], kind: str, file: Path) -> Any:
        """What takes the place of a reference: a reference to a component, or the thing itself."""
        split = urlsplit(reference)
        if split.scheme or split.netloc:
            self.problems.append(f"{self.name(file)}: $ref {reference}: only files are followed, not addresses")
            return {}
        target_file = (file.parent / unquote(split.path)).resolve() if split.path else file
        pointer = unquote(split.fragment)
        if target_file == self.root and pointer:
            return {**node, "$ref": f"#{pointer}"} if self.exists(self.root, pointer, reference, file) else {}
        if not self.exists(target_file, pointer, reference, file):
            return {}
        if self.in_extension or kind not in SECTIONS or kind in {"pathItem", "example"}:
            return self.inline(target_file, pointer, node, kind, file)
        return {**node, "$ref": self.place(target_file, pointer, kind)}

    def exists(self, target: Path, pointer: str, reference: str, file: Path) -> bool:
        known = target in self.files
        content = self.read(target)
        if not known and content == {}:
            self.problems[-1:] = [f"{problem} (named by {self.name(file)})" for problem in self.problems[-1:]]
            return False
        try:
            find(content, pointer)
        except KeyError:
            self.problems.append(f"{self.name(file)}: $ref {reference}: there is nothing")
            return False
        return True

    def inline(self, target: Path, pointer: str, node: dict[str, Any], kind: str, file: Path) -> Any:
        spot = (target, pointer)
        if spot in self.open:
            self.problems.append(f"{self.name(file)}: $ref {node['$ref']}: refers to itself")
            return {}
        self.open.add(spot)
        content = self.join(find(self.files[target], pointer), kind, target)
        self.open.discard(spot)
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        return {**content, **siblings} if isinstance(content, dict) else content

    def place(self, target: Path, pointer: str, kind: str) -> str:
        """The component that holds the target; made at first sight, so that a schema may refer to itself."""
        section = SECTIONS[kind]
        spot = (target, pointer, kind)
        if spot not in self.placed:
            entries = self.components.setdefault(section, {})
            name = _free_name(_component_name(target, pointer), entries)
            self.placed[spot] = name
            entries[name] = None
            entries[name] = self.join(find(self.files[target], pointer), kind, target)
        return f"#/components/{section}/{escape(self.placed[spot])}"


def _component_name(file: Path, pointer: str) -> str:
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    named = tokens[0:1] == ["components"] or tokens[0:1] == ["definitions"] or tokens[0:1] == ["$defs"]
    name = file.stem if not tokens else tokens[-1] if named else f"{file.stem}_{tokens[-1]}"
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def _free_name(name: str, taken: dict[str, Any]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
