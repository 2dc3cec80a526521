"""Schemas of an OpenAPI document, compiled to jsonschema-rs validators at first use.

A schema's validator holds what the schema reaches and nothing else: each `$ref` becomes an entry of `$defs`, converted
once for the whole document. Recursion needs no special case.
"""

from __future__ import annotations

import base64
import binascii
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jsonschema_rs

from cierre.oas.validation import json_schema
from cierre.oas.validation.references import lookup, resolve
from cierre.oas.validation.violations import Direction, Location, UnresolvableReference, Version, Violation, pointer

REF = "#/$defs/"


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True


# Where one of these fails at the top of an alternative, the value was meant for another.
_ANOTHER = frozenset({"type", "enum", "const"})
# A schema that reaches this many others is compiled together with the document's others.
_LARGE = 40
# Large ones that are none of the roots are kept a while.
_LARGE_KEPT = 32
FORMATS = {"byte": _is_base64}


class SchemaValidator:
    """One compiled schema. Thread-safe, as it never changes.

    Args:
        validator: of the schema, or of an object with the schema as one of its properties.
        key: the name of that property.
    """

    __slots__ = ("_key", "_validator", "is_valid")

    def __init__(self, validator: jsonschema_rs.Validator, key: str | None = None) -> None:
        self._validator = validator
        self._key = key
        self.is_valid: Callable[[Any], bool] = validator.is_valid if key is None else self._is_valid_member

    def _is_valid_member(self, value: Any) -> bool:
        return self._validator.is_valid({self._key: value})

    def violations(self, value: Any, location: Location = "body", prefix: str = "") -> list[Violation]:
        """Every rule that the value breaks; `prefix` is put before each pointer."""
        if self.is_valid(value):
            return []
        held, depth = (value, 0) if self._key is None else ({self._key: value}, 1)
        return [
            violation
            for error in self._validator.iter_errors(held)
            for inner in _causes(error)
            for violation in _tell(inner, inner.instance_path[depth:], location, prefix)
        ]


def _causes(error: jsonschema_rs.ValidationError) -> list[jsonschema_rs.ValidationError]:
    """What to tell of a failed anyOf or oneOf: the errors of the alternative that the value came closest to.

    An alternative of another type was not meant; among the others the one with the fewest errors was.
    """
    kind = error.kind
    if not isinstance(kind, (jsonschema_rs.ValidationErrorKind.AnyOf, jsonschema_rs.ValidationErrorKind.OneOfNotValid)):
        return [error]
    depth = len(error.instance_path)
    meant = [
        errors
        for errors in kind.context
        if not any(len(inner.instance_path) == depth and inner.kind.name in _ANOTHER for inner in errors)
    ]
    if not meant:
        return [error]
    return [cause for inner in min(meant, key=len) for cause in _causes(inner)]


def _tell(
    error: jsonschema_rs.ValidationError, path: list[str | int], location: Location, prefix: str
) -> list[Violation]:
    kinds = jsonschema_rs.ValidationErrorKind
    where, rule = prefix + pointer(*path), error.kind.name
    match error.kind:
        case kinds.Required(property=name):
            return [Violation(location, where + pointer(name), f'"{name}" is required', rule)]
        case kinds.AdditionalProperties(unexpected=names) | kinds.UnevaluatedProperties(unexpected=names):
            return [Violation(location, where + pointer(name), f'"{name}" is not known here', rule) for name in names]
        case kinds.Not(schema={"description": str(reason)}):
            return [Violation(location, where, reason, rule)]
        case kinds.FalseSchema():
            return [Violation(location, where, "must not be here", rule)]
    return [Violation(location, where, error.message, rule)]


def _compile(schema: json_schema.Schema) -> jsonschema_rs.Validator:
    try:
        return jsonschema_rs.Draft202012Validator(
            schema, validate_formats=True, formats=FORMATS, keywords={"x-python-pattern": json_schema.PythonPattern}
        )
    except jsonschema_rs.ValidationError as error:
        raise ValueError(f"schema cannot be compiled: {error.message}") from None


class SchemaCompiler:
    """Compiles the schemas of one document in one direction, and keeps what it has converted.

    Args:
        document: the whole document, in which local `$ref`s are looked up.
        version: 3.2 reads like 3.1.
        direction: `readOnly` properties are refused in a request, `writeOnly` ones in a response.
        roots: gives the schemas that will be asked for, so that those with much in common can share one validator.
            Where each of Stripe's 900 answers had its own they took 3 GB and 30 s; together they take 20 MB and 50 ms.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        version: Version,
        direction: Direction,
        roots: Callable[[], Iterable[Any]] = tuple,
    ) -> None:
        self._roots = roots
        self._shared: dict[int, tuple[Any, SchemaValidator]] | None = None
        self._large: OrderedDict[int, tuple[Any, SchemaValidator]] = OrderedDict()
        self.document = document
        self.version = version
        self.direction: Direction = direction
        self._names: dict[str, str] = {}
        self._converted: dict[str, json_schema.Schema] = {}
        self._reached: dict[str, set[str]] = {}
        self._compiled: dict[int, tuple[Any, SchemaValidator]] = {}

    def compile(self, schema: Any) -> SchemaValidator:
        """The validator of a schema object (or of true and false, which 3.1 allows).

        Raises:
            UnresolvableReference: something that the schema reaches leads nowhere.
        """
        # Keyed by identity: the node is kept beside, so its id cannot be given to another.
        known = self._compiled.get(id(schema)) or self._large.get(id(schema))
        if known is not None:
            return known[1]
        root = self.to_json_schema(schema)
        if isinstance(root, bool) or len(root.get("$defs", ())) < _LARGE:
            validator = SchemaValidator(_compile(root))
            self._compiled[id(schema)] = schema, validator
            return validator
        if self._shared is None:
            self._shared = self._share()
        if id(schema) in self._shared:
            self._compiled[id(schema)] = self._shared[id(schema)]
            return self._compiled[id(schema)][1]
        validator = SchemaValidator(_compile(root))
        self._large[id(schema)] = schema, validator
        if len(self._large) > _LARGE_KEPT:
            self._large.popitem(last=False)
        return validator

    def _share(self) -> dict[int, tuple[Any, SchemaValidator]]:
        """One validator for all that the roots reach, each root a property of its schema."""
        schemas: dict[str, Any] = {}
        members: dict[str, json_schema.Schema] = {}
        defs: dict[str, json_schema.Schema] = {}
        for schema in self._roots():
            try:
                root = self.to_json_schema(schema)
            except UnresolvableReference:
                continue
            key = f"r{len(schemas)}"
            schemas[key] = schema
            if isinstance(root, dict):
                defs.update(root.pop("$defs", {}))
            members[key] = root
        try:
            validator = _compile({"properties": members, "$defs": defs})
        except ValueError:
            return {}
        return {id(schema): (schema, SchemaValidator(validator, key)) for key, schema in schemas.items()}

    def to_json_schema(self, schema: Any) -> json_schema.Schema:
        """The schema as JSON Schema 2020-12, complete in itself: what it reaches stands under `$defs`."""
        reached: set[str] = set()
        root = self._convert(schema, reached)
        pending, wanted = list(reached), set(reached)
        while pending:
            for ref in self._reach(pending.pop()) - wanted:
                wanted.add(ref)
                pending.append(ref)
        if not wanted or isinstance(root, bool):
            return root
        return root | {"$defs": {self._names[ref]: self._converted[ref] for ref in sorted(wanted)}}

    def _reach(self, ref: str) -> set[str]:
        """The references in the node that `ref` names, which is converted on the way."""
        if ref not in self._reached:
            reached = self._reached[ref] = set()
            self._converted[ref] = self._convert(lookup(self.document, ref), reached)
        return self._reached[ref]

    def _convert(self, schema: Any, reached: set[str]) -> json_schema.Schema:
        if not isinstance(schema, Mapping):
            return schema if isinstance(schema, bool) else True
        ref = schema.get("$ref", schema.get("$dynamicRef"))
        if not isinstance(ref, str):
            return self._rewrite(schema, reached)
        reached.add(ref)
        reference: dict[str, Any] = {"$ref": REF + self._name(ref)}
        if self.version == "3.0" or len(schema) == 1:
            return reference
        # Beside a $ref, 3.0 ignores everything and 3.1 nothing.
        beside = self._rewrite({key: item for key, item in schema.items() if key != "$ref"}, reached)
        return reference | beside if beside else reference

    def _rewrite(self, schema: Mapping[str, Any], reached: set[str]) -> dict[str, Any]:
        return json_schema.rewrite(
            schema,
            lambda inner: self._convert(inner, reached),
            self.direction,
            lambda inner: resolve(self.document, inner),
        )

    def _name(self, ref: str) -> str:
        """A short name without characters that a JSON pointer would have to escape."""
        return self._names.setdefault(ref, f"d{len(self._names)}")


def compile_schema(
    schema: Any, document: Mapping[str, Any], *, version: Version, direction: Direction
) -> SchemaValidator:
    """Compile one schema. For many of one document keep a `SchemaCompiler`, which converts each part once."""
    return SchemaCompiler(document, version=version, direction=direction).compile(schema)
