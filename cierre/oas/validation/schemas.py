"""Schemas of an OpenAPI document, compiled to jsonschema-rs validators at first use.

A schema's validator holds what the schema reaches and nothing else: each `$ref` becomes an entry of `$defs`, converted
once for the whole document. Recursion needs no special case.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jsonschema_rs

from cierre.oas.references import UnresolvableReference, lookup, resolve
from cierre.oas.validation import json_schema
from cierre.oas.validation.formats import FORMATS
from cierre.oas.validation.patterns import PythonPattern
from cierre.oas.validation.schema_validator import SchemaValidator
from cierre.oas.validation.secrets import SecretNames
from cierre.oas.validation.violations import Direction, Version

REF = "#/$defs/"
# A schema that reaches this many others is compiled together with the document's others.
_LARGE = 40
# Large ones that are none of the roots are kept a while.
_LARGE_KEPT = 32


def _compile(schema: json_schema.Schema) -> jsonschema_rs.Validator:
    try:
        return jsonschema_rs.Draft202012Validator(
            schema, validate_formats=True, formats=FORMATS, keywords={"x-python-pattern": PythonPattern}
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
        by_the_letter: null and discriminators as the standard has them, not as documents mean them.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        version: Version,
        direction: Direction,
        roots: Callable[[], Iterable[Any]] = tuple,
        by_the_letter: bool = False,
    ) -> None:
        self._by_the_letter = by_the_letter
        self._roots = roots
        self._shared: dict[int, tuple[Any, SchemaValidator]] | None = None
        self._large: OrderedDict[int, tuple[Any, SchemaValidator]] = OrderedDict()
        self.document = document
        self._secrets = SecretNames(document)
        self.version = version
        self.direction: Direction = direction
        self._names: dict[str, str] = {}
        self._converted: dict[str, json_schema.Schema] = {}
        self._reached: dict[str, set[str]] = {}
        self._compiled: dict[int, tuple[Any, SchemaValidator]] = {}
        # By what they check, as a document repeats its schemas: of GitHub's 7,500 with an example 950 differ.
        self._alike: dict[str, jsonschema_rs.Validator] = {}
        self._wholes: dict[int, tuple[Any, Any]] = {}
        # Whether a schema contradicts itself, and is read as its author means it.
        self._settled = False

    def schema_of(self, media: Mapping[str, Any]) -> Any:
        """The schema of a media type object's whole value, None where it has none; `itemSchema` makes it a list."""
        if "itemSchema" not in media:
            return media.get("schema")
        known = self._wholes.get(id(media))
        if known is None:
            whole: dict[str, Any] = {"type": "array", "minItems": 1, "items": media["itemSchema"]}
            if "schema" in media:
                whole["allOf"] = [media["schema"]]
            known = self._wholes[id(media)] = media, whole
        return known[1]

    def compile(self, schema: Any) -> SchemaValidator:
        """The validator of a schema object (or of true and false, which 3.1 allows).

        Raises:
            UnresolvableReference: something that the schema reaches leads nowhere.
        """
        # Keyed by identity: the node is kept beside, so its id cannot be given to another.
        known = self._compiled.get(id(schema)) or self._large.get(id(schema))
        if known is not None:
            return known[1]
        reached: set[str] = set()
        root = self._convert(schema, reached)
        # What it reaches follows from it.
        text = repr(root)
        if text not in self._alike:
            root = self._with_reached(root, reached)
            if isinstance(root, dict) and len(root.get("$defs", ())) >= _LARGE:
                return self._compile_large(schema, root)
            self._alike[text] = _compile(root)
        validator = SchemaValidator(self._alike[text], self._secrets, letter=self._letter(schema))
        self._compiled[id(schema)] = schema, validator
        return validator

    def _compile_large(self, schema: Any, root: json_schema.Schema) -> SchemaValidator:
        if self._shared is None:
            self._shared = self._share()
        if id(schema) in self._shared:
            self._compiled[id(schema)] = self._shared[id(schema)]
            return self._compiled[id(schema)][1]
        validator = SchemaValidator(_compile(root), self._secrets, letter=self._letter(schema))
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
        return {
            id(schema): (schema, SchemaValidator(validator, self._secrets, key, self._letter(schema)))
            for key, schema in schemas.items()
        }

    def _letter(self, schema: Any) -> Callable[[Any], bool] | None:
        """Whether a value is valid as the standard has it; None where that is how the schemas are read.

        A `oneOf` is narrower where one of its alternatives is read as wider than it is written.
        """
        if not self._settled:
            return None

        def is_valid(value: Any) -> bool:
            try:
                return self._by_letter.compile(schema).is_valid(value)
            except (UnresolvableReference, ValueError):
                return False

        return is_valid

    @functools.cached_property
    def _by_letter(self) -> SchemaCompiler:
        return SchemaCompiler(
            self.document, version=self.version, direction=self.direction, roots=self._roots, by_the_letter=True
        )

    def to_json_schema(self, schema: Any) -> json_schema.Schema:
        """The schema as JSON Schema 2020-12, complete in itself: what it reaches stands under `$defs`."""
        reached: set[str] = set()
        return self._with_reached(self._convert(schema, reached), reached)

    def _with_reached(self, root: json_schema.Schema, reached: set[str]) -> json_schema.Schema:
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
            reached: set[str] = set()
            self._converted[ref] = self._convert(lookup(self.document, ref), reached)
            # Not before: what cannot be converted fails alike each time.
            self._reached[ref] = reached
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
        document, letter = self.document, self._by_the_letter
        convert = functools.partial(self._convert, reached=reached)
        follow = functools.partial(resolve, document)
        out, settled = json_schema.rewrite(schema, convert, self.direction, follow, by_the_letter=letter)
        self._settled |= settled
        return out

    def _name(self, ref: str) -> str:
        """A short name without characters that a JSON pointer would have to escape."""
        return self._names.setdefault(ref, f"d{len(self._names)}")


def compile_schema(
    schema: Any, document: Mapping[str, Any], *, version: Version, direction: Direction
) -> SchemaValidator:
    """Compile one schema. For many of one document keep a `SchemaCompiler`, which converts each part once."""
    return SchemaCompiler(document, version=version, direction=direction).compile(schema)
