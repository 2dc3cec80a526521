"""What OpenAPI asks of a document: its own JSON Schema, and what it says in words.

The JSON Schemas are those that openapi-spec-validator brings. Only its files are read: its code, which walks through a
document object by object, takes twenty seconds for one of 13 MB.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from cierre.oas.document import Document
from cierre.oas.pointers import pointer
from cierre.oas.structure import METHODS, Spot, kind_of_document, members, path_item_of
from cierre.oas.validation import SchemaValidator
from cierre.oas.validation.patterns import is_readable
from cierre.phrases import Phrase

# Pointer and message.
Finding = tuple[str, Phrase]

VERSIONS = ("2.0", "3.0", "3.1", "3.2")
# Problems of one document: a longer list is not read.
_MOST = 10_000
_DRAFT_4 = "http://json-schema.org/draft-04/schema"
# What the schemas of a document are held to, where it does not say so itself; 3.0 and older extend draft 4.
_DIALECTS = {
    "2.0": _DRAFT_4,
    "3.0": _DRAFT_4,
    "3.1": "https://spec.openapis.org/oas/3.1/dialect/base",
    "3.2": "https://spec.openapis.org/oas/3.2/dialect/2025-09-17",
}
_DRAFTS = {
    _DRAFT_4: jsonschema_rs.Draft4Validator,
    "http://json-schema.org/draft-06/schema": jsonschema_rs.Draft6Validator,
    "http://json-schema.org/draft-07/schema": jsonschema_rs.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema_rs.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema_rs.Draft202012Validator,
}
# Package and files of a dialect that jsonschema-rs does not bring, each before what it refers to; its own draft 4 lets
# the values of an enumeration be there twice.
_FILES = {
    _DRAFT_4: ("jsonschema_specifications", "draft4/metaschema.json"),
    _DIALECTS["3.1"]: ("openapi_schema_validator", "oas3.1/metaschema.json", "oas3.1/vocabularies/base"),
    _DIALECTS["3.2"]: ("openapi_schema_validator", "oas3.2/dialect/2025-09-17.json", "oas3.2/meta/2025-09-17.json"),
}
# Addresses in schemas are checked where they are followed.
_FORMATS = {"regex": is_readable, **dict.fromkeys(("uri", "uri-reference"), lambda _: True)}
# `{id}`, and what frameworks write behind the name: `{id:int}`.
_VARIABLE = re.compile(r"\{([^{}:!]+)(?:[:!][^{}]*)?\}")


def broken_form(document: Document, version: str) -> Iterator[Finding]:
    """What the standard's own JSON Schema refuses.

    Args:
        document: as its author wrote it.
        version: of `VERSIONS`.
    """
    schema = _file("openapi_spec_validator", f"resources/schemas/v{version}/schema.json")
    validator = SchemaValidator(jsonschema_rs.validator_cls_for(schema)(schema))
    yield from validator.broken(document.root, most=_MOST)


def broken_words(document: Document, version: str) -> Iterator[Finding]:
    """What the standard says in words: operationIds are unique, each variable of a path has its parameter.

    What has not the form that the standard's JSON Schema asks for is passed over. Arguments are those of `broken_form`.
    """
    yield from _tags(document, version)
    yield from _operations(document, version)
    yield from _schemas(document, version)


def _tags(document: Document, version: str) -> Iterator[Finding]:
    tags: dict[str, Mapping[str, Any]] = {}
    for index, tag in enumerate(_list(document.root.get("tags"))):
        name = tag.get("name") if isinstance(tag, Mapping) else None
        if isinstance(name, str) and name in tags:
            yield pointer("tags", index), Phrase("tag '{name}' is there twice", name=name)
        elif isinstance(name, str):
            tags[name] = tag
    if version == "3.2":
        parents = {name: tag["parent"] for name, tag in tags.items() if isinstance(tag.get("parent"), str)}
        yield from _parents(document, parents)


def _parents(document: Document, parents: Mapping[str, str]) -> Iterator[Finding]:
    """Tags whose parents are not there, or are their own parents (OpenAPI 3.2, section 4.22)."""
    names = [tag.get("name") if isinstance(tag, Mapping) else None for tag in _list(document.root.get("tags"))]
    told: set[str] = set()
    for start, parent in parents.items():
        if parent not in names:
            message = Phrase("tag '{name}' has a parent that is not there: '{parent}'", name=start, parent=parent)
            yield pointer("tags", names.index(start)), message
        name, trail = start, list[str]()
        while name in parents and name not in {*trail, *told}:
            trail.append(name)
            name = parents[name]
        if name in trail:
            circle = " -> ".join([*trail[trail.index(name) :], name])
            yield pointer("tags", names.index(name)), Phrase("tags are their own parents: {tags}", tags=circle)
        told.update(trail)


def _operations(document: Document, version: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, written in document.mapping(document.root.get("paths")).items():
        if path.startswith("x-"):
            continue
        item, where = path_item_of(document.root, written), pointer("paths", path)
        shared = _parameters(document, item)
        yield from _twice(shared, where)
        for steps, operation in _operations_of(document, item, version):
            at, method = where + pointer(*steps), steps[-1]
            name = operation.get("operationId")
            if isinstance(name, str) and name in seen:
                same = {"id": name, "method": method, "path": path}
                yield at, Phrase("operationId '{id}' of '{method}' in '{path}' is not unique", **same)
            elif isinstance(name, str):
                seen.add(name)
            own = _parameters(document, operation)
            yield from _twice(own, at)
            declared = {name for name, place in (*own.values(), *shared.values()) if place == "path"}
            for name in sorted(declared ^ set(_VARIABLE.findall(path))):
                message = "path parameter '{name}' of '{method}' in '{path}' is not in the path, or not declared"
                yield at, Phrase(message, name=name, method=method, path=path)


def _operations_of(
    document: Document, item: Mapping[str, Any], version: str
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Each operation of a path item, and the steps to it, in the order of the document."""
    for key, node in item.items():
        if key in METHODS and (key != "query" or version == "3.2"):
            yield (key,), document.mapping(node)
        elif key == "additionalOperations" and version == "3.2":
            for method, operation in document.mapping(node).items():
                yield (key, method), document.mapping(operation)


def _parameters(document: Document, holder: Mapping[str, Any]) -> dict[int, tuple[str, str]]:
    """Name and place of each parameter that an operation or a path item lists, by its index."""
    listed = [document.mapping(parameter) for parameter in _list(holder.get("parameters"))]
    return {
        index: (str(parameter["name"]), str(parameter["in"]))
        for index, parameter in enumerate(listed)
        if "name" in parameter and "in" in parameter
    }


def _twice(parameters: Mapping[int, tuple[str, str]], where: str) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for index, parameter in parameters.items():
        if parameter in seen:
            message = Phrase("parameter '{name}' is there twice", name=parameter[0])
            yield where + pointer("parameters", index), message
        seen.add(parameter)


def _schemas(document: Document, version: str) -> Iterator[Finding]:
    """What is no schema of its dialect, and names in `required` that no part of an `allOf` defines."""
    usual = document.root.get("jsonSchemaDialect") if version in {"3.1", "3.2"} else None
    for spot in _schemas_alone(document.root):
        named = spot.node.get("$schema") if version in {"3.1", "3.2"} and isinstance(spot.node, Mapping) else None
        dialect = str(named or usual or _DIALECTS[version])
        try:
            validator = _metaschema(dialect.removesuffix("#"))
        except KeyError:
            yield spot.pointer, Phrase("the JSON Schema dialect {dialect!r} is not known", dialect=dialect)
            continue
        found = validator.broken(spot.node, most=_MOST)
        yield from ((spot.pointer + where, message) for where, message in found)
        if not found:
            yield from _undefined(document, spot)


def _schemas_alone(root: Mapping[str, Any]) -> Iterator[Spot]:
    """Each schema that is no part of another one, once."""
    waiting, seen = [Spot(kind_of_document(root), root, "")], set()
    while waiting:
        spot = waiting.pop()
        if spot.kind != "schema":
            waiting += reversed(members(spot))
        elif id(spot.node) not in seen:
            seen.add(id(spot.node))
            yield spot


def _undefined(document: Document, spot: Spot) -> Iterator[Finding]:
    schema = spot.node
    if isinstance(schema, Mapping) and "allOf" in schema and schema.get("required") and "$ref" not in schema:
        missing = set(schema["required"]) - _properties(document, schema, set())
        if missing:
            message = Phrase("required names properties that are not defined: {names}", names=sorted(missing))
            yield spot.pointer, message


def _properties(document: Document, written: Any, seen: set[int]) -> set[str]:
    """The names that a schema and its parts define, whatever part that is."""
    schema = document.mapping(written)
    if id(schema) in seen:
        return set()
    seen.add(id(schema))
    parts = [part for keyword in ("allOf", "anyOf", "oneOf") for part in _list(schema.get(keyword))]
    parts += [schema[keyword] for keyword in ("items", "not") if keyword in schema]
    return set(document.mapping(schema.get("properties"))).union(*(_properties(document, part, seen) for part in parts))


@cache
def _metaschema(dialect: str) -> SchemaValidator:
    """What checks that a schema is one. Raises KeyError: no such dialect is known."""
    if dialect not in _FILES:
        draft = _DRAFTS[dialect]
        return SchemaValidator(draft({"$ref": dialect}, validate_formats=True, formats=_FORMATS))
    package, *names = _FILES[dialect]
    schema, *others = (_file(package, f"schemas/{name}") for name in names)
    draft = jsonschema_rs.validator_cls_for(schema)
    registry = jsonschema_rs.Registry([(other["$id"], other) for other in others])
    return SchemaValidator(draft(schema, validate_formats=True, formats=_FORMATS, registry=registry))


def _file(package: str, name: str) -> Any:
    """A file of JSON that a package brings, without importing the package.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    return orjson.loads(Path(spec.submodule_search_locations[0], name).read_bytes())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
