"""Values made from schemas. The same schema and seed give the same value.

Static values show everything once: each property, one item a list, examples and defaults where the schema has them.
Dynamic ones vary by chance. Whether a value is valid is not decided here but by `valid_value`, which tries the plain
way first and then ever more careful ones, until the validator agrees.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from cierre.mocks.documents import Document
from cierre.mocks.generation.merged_schema import Flat, flatten
from cierre.mocks.generation.numbers import number
from cierre.mocks.generation.one_of import set_apart
from cierre.mocks.generation.texts import make_text
from cierre.oas.validation import SchemaCompiler, UnresolvableReference

# Values are for people to read: past these an optional member is left out.
_MAX_NODES = 400
_MAX_DEPTH = 7
# Checking each alternative multiplies where choices nest: past this the first one is taken.
_MAX_CAREFUL = 4000
# Past this even a required member ends; a schema that asks for more asks for an endless value.
_DEEPEST = 40
_RANDOM_TRIES = 12


class Strategy(NamedTuple):
    """How to make a value.

    Attributes:
        dynamic: vary by chance.
        examples: prefer examples and defaults of the schemas.
        optional: put in the properties that are not required.
        careful: check each alternative of a choice, and each value of an object's member, before going on.
    """

    dynamic: bool = False
    examples: bool = True
    optional: bool = True
    careful: bool = False


class Generator:
    """Makes one value; `compiler` knows the direction, which decides about readOnly and writeOnly."""

    def __init__(self, document: Document, compiler: SchemaCompiler, rng: Random, strategy: Strategy) -> None:
        self._document = document
        self._compiler = compiler
        self._rng = rng
        self._strategy = strategy
        self._hidden = "writeOnly" if compiler.direction == "response" else "readOnly"
        self._nodes = 0

    def value(
        self,
        schemas: list[Any],
        name: str = "",
        stack: tuple[str, ...] = (),
        taken: frozenset[int] = frozenset(),
    ) -> Any:
        """A value for schemas that hold together.

        Args:
            schemas: what it must satisfy.
            name: of the property, for a likely value.
            stack: the `$ref`s that led here.
            taken: choices of this same value that were made already, as `flatten` wants them.
        """
        self._nodes += 1
        flat = flatten(self._document, schemas, taken)
        if len(stack) > _DEEPEST:
            return None
        stack = (*stack, *sorted(flat.refs)) if flat.refs else (*stack, "")
        found, shown = self._shown(flat)
        if found:
            return shown
        if flat.choices:
            return self._choice(schemas, flat, name, stack, taken)
        return self._of_kind(flat, name, stack)

    def _shown(self, flat: Flat) -> tuple[bool, Any]:
        """A value that the schemas themselves give."""
        if self._strategy.examples and not (self._strategy.dynamic and flat.values is None):
            for hint in flat.hints[:1]:
                if "example" in hint and hint["example"] is not None:
                    return True, hint["example"]
                if isinstance(hint.get("examples"), list) and hint["examples"]:
                    return True, hint["examples"][0]
            default = flat.hint("default")
            if default is not None:
                return True, default
        if flat.values:
            usable = [value for value in flat.values if _is_kind(value, flat.types)] or flat.values
            return True, self._rng.choice(usable) if self._strategy.dynamic else usable[0]
        return False, None

    def _choice(self, schemas: list[Any], flat: Flat, name: str, stack: tuple[str, ...], taken: frozenset[int]) -> Any:
        """Take one alternative of the first choice; the others, if any, are made on the way down."""
        alternatives, holder = flat.choices[0]
        order = sorted(alternatives, key=lambda alternative: self._weight(alternative, stack))
        if self._strategy.dynamic:
            self._rng.shuffle(order)
        taken |= {id(alternatives)}
        careful = self._strategy.careful and self._nodes < _MAX_CAREFUL
        value = None
        for alternative in order if careful else order[:1]:
            value = self.value([alternative, *schemas], name, stack, taken)
            value = self._discriminate(value, alternative, holder)
            if not careful or self._accepts(holder, value):
                return value
            if isinstance(value, dict) and holder.get("oneOf") is alternatives:
                apart = set_apart(self._document, self._compiler, value, alternative, alternatives)
                if self._accepts(holder, apart):
                    return apart
        return value

    def _weight(self, alternative: Any, stack: tuple[str, ...]) -> int:
        flat = flatten(self._document, [alternative])
        if flat.kinds() == ["null"]:
            return 2
        return 1 if flat.refs & set(stack) else 0

    def _discriminate(self, value: Any, alternative: Any, holder: Any) -> Any:
        """Write the discriminator's value for the alternative that was taken."""
        discriminator = holder.get("discriminator")
        ref = alternative.get("$ref") if isinstance(alternative, dict) else None
        if not isinstance(discriminator, dict) or not isinstance(value, dict) or not isinstance(ref, str):
            return value
        name = discriminator.get("propertyName")
        short = ref.rpartition("/")[2]
        mapping = discriminator.get("mapping") or {}
        key = next((key for key, target in mapping.items() if target in {ref, short}), short)
        declared = flatten(self._document, [alternative]).properties.get(str(name), [])
        values = flatten(self._document, declared).values
        if name and (values is None or key in values):
            value[name] = key
        return value

    def _accepts(self, schema: Any, value: Any) -> bool:
        try:
            return self._compiler.compile(schema).is_valid(value)
        except (UnresolvableReference, ValueError):
            return True

    def _of_kind(self, flat: Flat, name: str, stack: tuple[str, ...]) -> Any:  # noqa: PLR0911 - one a kind
        kinds = flat.kinds()
        kind = kinds[0] if kinds else ""
        if self._strategy.dynamic and len(kinds) > 1:
            kind = self._rng.choice([other for other in kinds if other != "null"])
        match kind:
            case "object":
                return self._object(flat, stack)
            case "array":
                return self._array(flat, name, stack)
            case "string":
                return self._text(flat, name)
            case "integer" | "number":
                return number(flat, self._rng, dynamic=self._strategy.dynamic, whole=kind == "integer")
            case "boolean":
                return self._rng.random() < 0.5 if self._strategy.dynamic else True
            case "null":
                return None
        return {}

    def _text(self, flat: Flat, name: str) -> str:
        if "binary" in flat.formats:
            return "binary"
        maximum = flat.bounds.get("maxLength")
        return make_text(
            self._rng,
            dynamic=self._strategy.dynamic,
            name=name,
            minimum=int(flat.bounds.get("minLength", 0)),
            maximum=None if maximum is None else int(maximum),
            patterns=tuple(flat.patterns),
            formats=tuple(flat.formats),
        )

    def _array(self, flat: Flat, name: str, stack: tuple[str, ...]) -> list[Any]:
        least = int(flat.bounds.get("minItems", 0))
        most = int(flat.bounds.get("maxItems", max(least, 3)))
        wanted = self._rng.randint(least, max(least, min(most, least + 3))) if self._strategy.dynamic else max(least, 1)
        wanted = min(wanted, most)
        item_refs = flatten(self._document, flat.items).refs
        if self._ends(stack) or item_refs & set(stack):
            wanted = least
        items = [self.value([schema], name, stack) for schema in flat.prefix[: max(wanted, len(flat.prefix))]]
        items += [self.value([schema], name, stack) for schema in flat.contains]
        for attempt in range(wanted * 8 + 8):
            if len(items) >= wanted:
                break
            item = self._item(flat, name, stack, varied=flat.unique and attempt > 0)
            if not flat.unique or item not in items:
                items.append(item)
        return items[:most]

    def _item(self, flat: Flat, name: str, stack: tuple[str, ...], *, varied: bool) -> Any:
        if not varied:
            return self.value(flat.items or [{}], name, stack)
        strategy, self._strategy = self._strategy, self._strategy._replace(dynamic=True, examples=False)
        try:
            return self.value(flat.items or [{}], name, stack) if flat.items else self._rng.randrange(10**6)
        finally:
            self._strategy = strategy

    def _ends(self, stack: tuple[str, ...]) -> bool:
        return self._nodes > _MAX_NODES or len(stack) > _MAX_DEPTH or not self._strategy.optional

    def _object(self, flat: Flat, stack: tuple[str, ...]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name in dict.fromkeys((*flat.properties, *flat.required)):
            schemas = flat.properties.get(name) or self._other(flat, name)
            if schemas is None:
                continue
            if name in flat.required or self._wants(schemas, flat, stack):
                inner = flatten(self._document, schemas)
                if inner.impossible or any(hint.get(self._hidden) is True for hint in inner.hints):
                    continue
                value[name] = self.value(schemas, name, stack)
        for name, needed in flat.dependent.items():
            if name in value and not all(other in value for other in needed):
                for other in needed:
                    value.setdefault(other, self.value(flat.properties.get(other) or [{}], other, stack))
        self._fill(flat, value, stack)
        return value

    def _wants(self, schemas: list[Any], flat: Flat, stack: tuple[str, ...]) -> bool:
        if self._ends(stack):
            return False
        if "maxProperties" in flat.bounds and flat.bounds["maxProperties"] <= len(flat.required):
            return False
        refs = flatten(self._document, schemas).refs
        if refs & set(stack):
            return False
        return not self._strategy.dynamic or self._rng.random() < 0.8

    def _other(self, flat: Flat, name: str) -> list[Any] | None:
        """The schemas of a member that `properties` does not list; None where none may be."""
        import re  # noqa: PLC0415 - rare

        by_pattern = [schema for pattern, schema in flat.pattern_properties.items() if re.search(pattern, name)]
        if by_pattern:
            return by_pattern
        if False in flat.additional:
            return None
        return [schema for schema in flat.additional if isinstance(schema, dict)] or [{}]

    def _fill(self, flat: Flat, value: dict[str, Any], stack: tuple[str, ...]) -> None:
        """Members that only additionalProperties or patternProperties describe."""
        least = int(flat.bounds.get("minProperties", 0))
        described = [schema for schema in flat.additional if isinstance(schema, dict) and schema]
        shows_map = (described or flat.pattern_properties) and not flat.properties and not self._ends(stack)
        wanted = max(least, 1 if shows_map else 0)
        for name in self._names(flat):
            if len(value) >= wanted:
                return
            schemas = self._other(flat, name)
            if schemas is not None and name not in value:
                value[name] = self.value(schemas, name, stack)

    def _names(self, flat: Flat) -> Iterator[str]:
        for pattern in flat.pattern_properties:
            for _ in range(3):
                yield make_text(
                    self._rng, dynamic=True, name="", minimum=0, maximum=None, patterns=(pattern,), formats=()
                )
        for index in range(1, 60):
            if flat.property_names:
                name = self.value([{"type": "string"}, *flat.property_names])
                yield str(name)
                strategy, self._strategy = self._strategy, self._strategy._replace(dynamic=True)
                yield str(self.value([{"type": "string"}, *flat.property_names]))
                self._strategy = strategy
            else:
                yield f"key{index}"


def _is_kind(value: Any, types: set[str] | None) -> bool:
    if types is None:
        return value is not None
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    name = names.get(type(value), "null")
    return name != "null" and (name in types or (name == "integer" and "number" in types))


def ways(*, dynamic: bool) -> Iterator[tuple[int, Strategy]]:
    """(offset of the seed, way), from what reads best to what is surest to be valid."""
    first = Strategy(dynamic=dynamic)
    yield 0, first
    yield 0, first._replace(examples=False)
    yield 0, first._replace(careful=True)
    yield 0, first._replace(examples=False, careful=True)
    yield 0, Strategy(optional=False)
    yield 0, Strategy(optional=False, examples=False, careful=True)
    for attempt in range(1, _RANDOM_TRIES):
        yield attempt, Strategy(dynamic=True, examples=False, optional=attempt % 2 == 0, careful=True)


def valid_value(
    document: Document, compiler: SchemaCompiler, schema: Any, *, seed: str = "", dynamic: bool = False
) -> tuple[Any, bool]:
    """A value of the schema, and whether the validator agrees with it.

    It disagrees only where the schema contradicts itself, or asks for something that no attempt has found.
    """
    from cierre.mocks.generation.repair import repair  # noqa: PLC0415 - it makes values with this module

    try:
        validator = compiler.compile(schema)
    except (UnresolvableReference, ValueError):
        return Generator(document, compiler, Random(seed), Strategy(dynamic=dynamic)).value([schema]), False
    value: Any = None
    for offset, strategy in ways(dynamic=dynamic):
        value = Generator(document, compiler, Random(f"{seed}/{offset}"), strategy).value([schema])
        if validator.is_valid(value):
            return value, True
        value = repair(document, compiler, schema, value, seed=f"{seed}/{offset}")
        if validator.is_valid(value):
            return value, True
    return value, False
