"""Values made from schemas. The same schema, strategy and seed give the same value.

Static values show everything once: each property, one item a list, examples and defaults where the schema has them.
Dynamic ones vary at random. Whether a value is valid is not decided here but in `values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

from cierre.mocks.documents import Document
from cierre.mocks.generation.merged_schema import Flat, flatten
from cierre.mocks.generation.numbers import number
from cierre.mocks.generation.one_of import match_only_one, write_discriminator
from cierre.mocks.generation.strategy import Strategy
from cierre.mocks.generation.texts import make_text
from cierre.oas.validation import SchemaCompiler, UnresolvableReference

# Values are for people to read: past these an optional member is left out.
_MAX_NODES = 400
_MAX_DEPTH = 7
# Checking each alternative multiplies where choices nest: past this the first one is taken.
_MAX_CAREFUL = 4000
# Past this even a required member is null: a schema that asks for more asks for an endless value.
_MAX_REQUIRED_DEPTH = 40


class Generator:
    """Makes values of the schemas of one document.

    Args:
        document: that references are resolved in.
        compiler: of requests, whose values have no readOnly members, or of responses, whose have no writeOnly ones.
        rng: what dynamic values, and texts for a pattern, are drawn from.
    """

    def __init__(self, document: Document, compiler: SchemaCompiler, rng: Random) -> None:
        self._document = document
        self._compiler = compiler
        self._rng = rng
        self._hidden = "writeOnly" if compiler.direction == "response" else "readOnly"
        self._nodes = 0

    def value(
        self,
        schemas: list[Any],
        strategy: Strategy,
        name: str = "",
        stack: tuple[str, ...] = (),
        taken: frozenset[int] = frozenset(),
    ) -> Any:
        """A value that satisfies all of the schemas, as far as it can be made without a validator.

        Args:
            schemas: that the value must satisfy.
            strategy: how to make this value and those inside it.
            name: of the property, for a likely value.
            stack: the `$ref`s that led here.
            taken: the choices of this same value that were made already, as `flatten` wants them.
        """
        self._nodes += 1
        merged = flatten(self._document, schemas, taken)
        if len(stack) > _MAX_REQUIRED_DEPTH:
            return None
        stack = (*stack, *sorted(merged.refs)) if merged.refs else (*stack, "")
        found, shown = self._shown(merged, strategy)
        if found:
            return shown
        if merged.choices:
            return self._choice(schemas, merged, strategy, name, stack, taken)
        return self._of_kind(merged, strategy, name, stack)

    def _shown(self, merged: Flat, strategy: Strategy) -> tuple[bool, Any]:
        """A value that the schemas themselves give."""
        if strategy.examples and not (strategy.dynamic and merged.values is None):
            for hint in merged.hints[:1]:
                if "example" in hint and hint["example"] is not None:
                    return True, hint["example"]
                if isinstance(hint.get("examples"), list) and hint["examples"]:
                    return True, hint["examples"][0]
            default = merged.hint("default")
            if default is not None:
                return True, default
        if merged.values:
            usable = [value for value in merged.values if _is_kind(value, merged.types)] or merged.values
            return True, self._rng.choice(usable) if strategy.dynamic else usable[0]
        return False, None

    def _choice(
        self,
        schemas: list[Any],
        merged: Flat,
        strategy: Strategy,
        name: str,
        stack: tuple[str, ...],
        taken: frozenset[int],
    ) -> Any:
        """Take one alternative of the first choice; the others, if any, are made deeper down."""
        alternatives, holder = merged.choices[0]
        order = sorted(alternatives, key=lambda alternative: self._weight(alternative, stack))
        if strategy.dynamic:
            self._rng.shuffle(order)
        taken |= {id(alternatives)}
        careful = strategy.careful and self._nodes < _MAX_CAREFUL
        value = None
        for alternative in order if careful else order[:1]:
            value = self.value([alternative, *schemas], strategy, name, stack, taken)
            value = write_discriminator(self._document, value, alternative, holder)
            if not careful or self._accepts(holder, value):
                return value
            if isinstance(value, dict) and holder.get("oneOf") is alternatives:
                changed = match_only_one(self._document, self._compiler, value, alternative, alternatives)
                if self._accepts(holder, changed):
                    return changed
        return value

    def _weight(self, alternative: Any, stack: tuple[str, ...]) -> int:
        merged = flatten(self._document, [alternative])
        if merged.kinds() == ["null"]:
            return 2
        return 1 if merged.refs & set(stack) else 0

    def _accepts(self, schema: Any, value: Any) -> bool:
        try:
            return self._compiler.compile(schema).is_valid(value)
        except (UnresolvableReference, ValueError):
            return True

    def _of_kind(self, merged: Flat, strategy: Strategy, name: str, stack: tuple[str, ...]) -> Any:  # noqa: PLR0911
        """A value of the likeliest type; one `return` a type."""
        kinds = merged.kinds()
        kind = kinds[0] if kinds else ""
        if strategy.dynamic and len(kinds) > 1:
            kind = self._rng.choice([other for other in kinds if other != "null"])
        match kind:
            case "object":
                return self._object(merged, strategy, stack)
            case "array":
                return self._array(merged, strategy, name, stack)
            case "string":
                return self._text(merged, strategy, name)
            case "integer" | "number":
                return number(merged, self._rng, dynamic=strategy.dynamic, whole=kind == "integer")
            case "boolean":
                return self._rng.random() < 0.5 if strategy.dynamic else True
            case "null":
                return None
        return {}

    def _text(self, merged: Flat, strategy: Strategy, name: str) -> str:
        if "binary" in merged.formats:
            return "binary"
        maximum = merged.bounds.get("maxLength")
        return make_text(
            self._rng,
            dynamic=strategy.dynamic,
            name=name,
            minimum=int(merged.bounds.get("minLength", 0)),
            maximum=None if maximum is None else int(maximum),
            patterns=tuple(merged.patterns),
            formats=tuple(merged.formats),
        )

    def _array(self, merged: Flat, strategy: Strategy, name: str, stack: tuple[str, ...]) -> list[Any]:
        least = int(merged.bounds.get("minItems", 0))
        most = int(merged.bounds.get("maxItems", max(least, 3)))
        wanted = self._rng.randint(least, max(least, min(most, least + 3))) if strategy.dynamic else max(least, 1)
        wanted = min(wanted, most)
        item_refs = flatten(self._document, merged.items).refs
        if self._is_large(strategy, stack) or item_refs & set(stack):
            wanted = least
        items = [
            self.value([schema], strategy, name, stack) for schema in merged.prefix[: max(wanted, len(merged.prefix))]
        ]
        items += [self.value([schema], strategy, name, stack) for schema in merged.contains]
        for attempt in range(wanted * 8 + 8):
            if len(items) >= wanted:
                break
            item = self._item(merged, strategy, name, stack, varied=merged.unique and attempt > 0)
            if not merged.unique or item not in items:
                items.append(item)
        return items[:most]

    def _item(self, merged: Flat, strategy: Strategy, name: str, stack: tuple[str, ...], *, varied: bool) -> Any:
        """An item; `varied` ones differ from each other where the schema allows it."""
        if not varied:
            return self.value(merged.items or [{}], strategy, name, stack)
        if not merged.items:
            return self._rng.randrange(10**6)
        return self.value(merged.items, strategy._replace(dynamic=True, examples=False), name, stack)

    def _is_large(self, strategy: Strategy, stack: tuple[str, ...]) -> bool:
        """Whether optional members and items are left out from here on."""
        return self._nodes > _MAX_NODES or len(stack) > _MAX_DEPTH or not strategy.optional

    def _object(self, merged: Flat, strategy: Strategy, stack: tuple[str, ...]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name in dict.fromkeys((*merged.properties, *merged.required)):
            schemas = merged.properties.get(name) or self._schemas_of_other(merged, name)
            if schemas is None:
                continue
            if name in merged.required or self._is_shown(schemas, merged, strategy, stack):
                inner = flatten(self._document, schemas)
                if inner.impossible or any(hint.get(self._hidden) is True for hint in inner.hints):
                    continue
                value[name] = self.value(schemas, strategy, name, stack)
        for name, needed in merged.dependent.items():
            if name in value and not all(other in value for other in needed):
                for other in needed:
                    schemas = merged.properties.get(other) or [{}]
                    value.setdefault(other, self.value(schemas, strategy, other, stack))
        self._fill(merged, value, strategy, stack)
        return value

    def _is_shown(self, schemas: list[Any], merged: Flat, strategy: Strategy, stack: tuple[str, ...]) -> bool:
        """Whether an optional member is put in."""
        if self._is_large(strategy, stack):
            return False
        if "maxProperties" in merged.bounds and merged.bounds["maxProperties"] <= len(merged.required):
            return False
        refs = flatten(self._document, schemas).refs
        if refs & set(stack):
            return False
        return not strategy.dynamic or self._rng.random() < 0.8

    def _schemas_of_other(self, merged: Flat, name: str) -> list[Any] | None:
        """The schemas of a member that `properties` does not list; None where none may be."""
        by_pattern = [schema for pattern, schema in merged.pattern_properties.items() if re.search(pattern, name)]
        if by_pattern:
            return by_pattern
        if False in merged.additional:
            return None
        return [schema for schema in merged.additional if isinstance(schema, dict)] or [{}]

    def _fill(self, merged: Flat, value: dict[str, Any], strategy: Strategy, stack: tuple[str, ...]) -> None:
        """Members that only additionalProperties or patternProperties describe."""
        least = int(merged.bounds.get("minProperties", 0))
        described = [schema for schema in merged.additional if isinstance(schema, dict) and schema]
        shows_map = (
            (described or merged.pattern_properties) and not merged.properties and not self._is_large(strategy, stack)
        )
        wanted = max(least, 1 if shows_map else 0)
        for name in self._names(merged, strategy):
            if len(value) >= wanted:
                return
            schemas = self._schemas_of_other(merged, name)
            if schemas is not None and name not in value:
                value[name] = self.value(schemas, strategy, name, stack)

    def _names(self, merged: Flat, strategy: Strategy) -> Iterator[str]:
        """Names for members that no property describes: those of a pattern first."""
        for pattern in merged.pattern_properties:
            for _ in range(3):
                yield make_text(
                    self._rng, dynamic=True, name="", minimum=0, maximum=None, patterns=(pattern,), formats=()
                )
        if not merged.property_names:
            yield from (f"key{index}" for index in range(1, 60))
            return
        schemas = [{"type": "string"}, *merged.property_names]
        for _ in range(1, 60):
            yield str(self.value(schemas, strategy))
            yield str(self.value(schemas, strategy._replace(dynamic=True)))


def _is_kind(value: Any, types: set[str] | None) -> bool:
    if types is None:
        return value is not None
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    name = names.get(type(value), "null")
    return name != "null" and (name in types or (name == "integer" and "number" in types))
