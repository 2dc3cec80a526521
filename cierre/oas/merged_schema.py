"""Several schemas that one value must satisfy, as one: `$ref` and allOf dissolved, the narrowest limits kept.

What is a choice (oneOf, anyOf) stays one; so does what depends on the value (if, dependentSchemas). `not` is left to
the validator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, TypeGuard

from cierre.oas.document import Document
from cierre.oas.references import UnresolvableReference, lookup
from cierre.oas.validation.contradictions import of_type
from cierre.oas.validation.patterns import without_slashes

_BOUNDS: dict[str, Callable[[float, float], float]] = {
    "minimum": max,
    "maximum": min,
    "minLength": max,
    "maxLength": min,
    "minItems": max,
    "maxItems": min,
    "minProperties": max,
    "maxProperties": min,
}
# Results that are kept of each document, at the most.
_KEPT = 1024
TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_ORDER = ("object", "array", "string", "integer", "number", "boolean", "null")
_SHAPES = {
    "object": ("properties", "additionalProperties", "required", "patternProperties", "minProperties", "propertyNames"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "string": ("pattern", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"),
}


class MergedSchema:
    """What the schemas together ask for.

    Args:
        document: that references are resolved in.
        taken: as `flatten` takes it.

    Attributes:
        refs: the `$ref`s that were followed, to notice recursion.
        impossible: a `false` schema is among them.
        choices: one list of alternatives for each oneOf and anyOf.
        conditions: the schemas with `if`, or with `dependentSchemas`.
        hints: the schema objects themselves, for example, default, xml and the like.
        kept: what those who read it want to find out once.
    """

    def __init__(self, document: Document, taken: frozenset[int] = frozenset()) -> None:
        self._document = document
        self._taken = taken
        self.refs: set[str] = set()
        self.impossible = False
        self.types: set[str] | None = None
        self.values: list[Any] | None = None
        self.properties: dict[str, list[Any]] = {}
        self.required: dict[str, None] = {}
        self.additional: list[Any] = []
        self.patterns: list[str] = []
        self.pattern_properties: dict[str, Any] = {}
        self.property_names: list[Any] = []
        self.dependent: dict[str, list[str]] = {}
        self.formats: list[str] = []
        self.items: list[Any] = []
        self.prefix: list[Any] = []
        self.contains: list[Any] = []
        self.bounds: dict[str, float] = {}
        self.above: list[float] = []
        self.below: list[float] = []
        self.multiples: list[float] = []
        self.unique = False
        self.choices: list[tuple[list[Any], Mapping[str, Any]]] = []
        self.hints: list[Mapping[str, Any]] = []
        self.conditions: list[Mapping[str, Any]] = []
        self.kept: dict[Any, Any] = {}

    def add(self, schema: Any, depth: int = 0) -> None:
        """Add one more schema that the value must satisfy."""
        if schema is False:
            self.impossible = True
        if not isinstance(schema, Mapping) or depth > 40:
            return
        ref = schema.get("$ref", schema.get("$dynamicRef"))
        if isinstance(ref, str):
            self._follow(ref, depth)
            if self._document.version == "3.0":
                return
        self.hints.append(schema)
        self._add_types(schema)
        self._add_values(schema)
        self._add_object(schema)
        self._add_array(schema)
        self._add_limits(schema)
        for inner in _list(schema.get("allOf")):
            self.add(inner, depth + 1)
        for keyword in ("oneOf", "anyOf"):
            alternatives = _list(schema.get(keyword))
            if len(alternatives) == 1:
                self.add(alternatives[0], depth + 1)
            elif alternatives and id(alternatives) not in self._taken:
                self.choices.append((alternatives, schema))
        if ("if" in schema or "dependentSchemas" in schema) and id(schema) not in self._taken:
            self.conditions.append(schema)

    def _follow(self, ref: str, depth: int) -> None:
        if ref in self.refs:
            return
        self.refs.add(ref)
        try:
            target = lookup(self._document.root, ref)
        except UnresolvableReference:
            return
        self.add(target, depth + 1)

    def _add_types(self, schema: Mapping[str, Any]) -> None:
        declared = schema.get("type")
        listed = declared if isinstance(declared, list) else [declared]
        names = {name for name in listed if isinstance(name, str) and name in TYPES}
        if not names:
            return
        if schema.get("nullable") is True:
            names.add("null")
        if self.types is None:
            self.types = names
            return
        both = self.types & names
        # An integer is a number.
        if "integer" in self.types | names and "number" in self.types | names and "number" not in both:
            both.add("integer")
        self.types = both

    def _add_values(self, schema: Mapping[str, Any]) -> None:
        listed = _list(schema.get("enum")) or None
        if "const" in schema:
            listed = [schema["const"]]
        if self.types is not None and len(self.types - {"null"}) == 1 and listed:
            # As the validator reads it: an enum of numbers for a string means their texts.
            listed = of_type(listed, *self.types - {"null"}) or listed
        if listed is not None:
            self.values = listed if self.values is None else [value for value in self.values if value in listed]
        pattern = schema.get("pattern")
        if isinstance(pattern, str) and without_slashes(pattern) not in self.patterns:
            self.patterns.append(without_slashes(pattern))
        if isinstance(schema.get("format"), str) and schema["format"] not in self.formats:
            self.formats.append(schema["format"])

    def _add_object(self, schema: Mapping[str, Any]) -> None:
        for name, inner in _mapping(schema.get("properties")).items():
            self.properties.setdefault(str(name), []).append(inner)
        self.required.update(dict.fromkeys(name for name in _list(schema.get("required")) if isinstance(name, str)))
        if isinstance(schema.get("additionalProperties"), (Mapping, bool)):
            self.additional.append(schema["additionalProperties"])
        self.pattern_properties.update(_mapping(schema.get("patternProperties")))
        for name, needed in _mapping(schema.get("dependentRequired")).items():
            self.dependent.setdefault(str(name), []).extend(other for other in _list(needed) if isinstance(other, str))
        if "propertyNames" in schema:
            self.property_names.append(schema["propertyNames"])

    def _add_array(self, schema: Mapping[str, Any]) -> None:
        if isinstance(schema.get("items"), (Mapping, bool)):
            self.items.append(schema["items"])
        self.prefix = self.prefix or _list(schema.get("prefixItems"))
        if "contains" in schema:
            least = schema.get("minContains", 1)
            self.contains += [schema["contains"]] * (min(int(least), 100) if _is_number(least) else 1)
        self.unique = self.unique or schema.get("uniqueItems") is True

    def _add_limits(self, schema: Mapping[str, Any]) -> None:
        for keyword in _BOUNDS.keys() & schema.keys():
            limit, narrower = schema[keyword], _BOUNDS[keyword]
            if _is_number(limit) and (limit >= 0 or keyword in {"minimum", "maximum"}):
                self.bounds[keyword] = narrower(self.bounds.get(keyword, limit), limit)
        for keyword, bound, found in (
            ("exclusiveMinimum", "minimum", self.above),
            ("exclusiveMaximum", "maximum", self.below),
        ):
            limit = schema.get(keyword)
            if _is_number(limit):
                found.append(limit)
            elif limit is True and _is_number(schema.get(bound)):
                found.append(schema[bound])
        if _is_number(schema.get("multipleOf")) and schema["multipleOf"] > 0:
            self.multiples.append(schema["multipleOf"])

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The names of an object's properties, and of what else it must have, in the order of the document."""
        return tuple(dict.fromkeys((*self.properties, *self.required)))

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The JSON types to make a value of, the likeliest first; null only where nothing else is allowed."""
        if self.types is not None:
            return tuple(name for name in _ORDER if name in self.types)
        for kind, keywords in _SHAPES.items():
            if any(keyword in hint for hint in self.hints for keyword in keywords):
                return (kind,)
        return ("string",) if self.formats else ()

    def hint(self, keyword: str) -> Any:
        """The first value of a keyword among the schemas, None where none has it."""
        for hint in self.hints:
            if keyword in hint:
                return hint[keyword]
        return None

    @cached_property
    def one_way(self) -> tuple[str, ...]:
        """`readOnly` or `writeOnly`, as the nearest of the schemas that say so do; nothing where none does."""
        found = (tuple(name for name in ("readOnly", "writeOnly") if hint.get(name) is True) for hint in self.hints)
        return next(filter(None, found), ())


def flatten(document: Document, schemas: Iterable[Any], taken: frozenset[int] = frozenset()) -> MergedSchema:
    """Merge schemas. What comes of the same ones is kept, and given to all who ask: nobody changes it.

    Args:
        document: that references are resolved in.
        schemas: that the value must satisfy.
        taken: the ids of the lists of alternatives, and of the conditions, that are decided.
    """
    wanted = tuple(schemas)
    key = taken, *map(id, wanted)
    known = document.merged.get(key)
    if known is None:
        merged = MergedSchema(document, taken)
        for schema in wanted:
            merged.add(schema)
        if len(document.merged) >= _KEPT:
            document.merged.clear()
        # The schemas are kept beside: an id that is in a key is given to no other object.
        known = document.merged[key] = merged, wanted
    return known[0]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_number(value: Any) -> TypeGuard[float]:
    """Whether it is a number of JSON: `.inf` and `.nan` of YAML are none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)
