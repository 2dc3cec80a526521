"""Values made from schemas. The same schema, strategy and seed give the same value.

Static values show everything once: each property, one item a list, examples and defaults where the schema has them.
Dynamic ones vary at random. Whether a value is valid is not decided here but in `values`.
"""

from __future__ import annotations

from random import Random
from typing import Any

from cierre.mocks.generation.budget import Budget, finite
from cierre.mocks.generation.conditions import consequences
from cierre.mocks.generation.content import content_text
from cierre.mocks.generation.faker_settings import faker_settings
from cierre.mocks.generation.kinds import key_of
from cierre.mocks.generation.names import ANY, names, schemas_of_other
from cierre.mocks.generation.numbers import number
from cierre.mocks.generation.one_of import match_only_one, name_kind, write_discriminator
from cierre.mocks.generation.recursion import allows_null, times, weight
from cierre.mocks.generation.shown import shown
from cierre.mocks.generation.strategy import Strategy
from cierre.mocks.generation.texts import make_text
from cierre.oas.document import Document
from cierre.oas.merged_schema import TYPES, MergedSchema, flatten
from cierre.oas.references import UnresolvableReference
from cierre.oas.validation import SchemaCompiler

# Values are for people to read: past these an optional member is left out.
_MAX_NODES = 400
_MAX_DEPTH = 7
# Checking each alternative multiplies where choices nest.
_MAX_CAREFUL = 4000
# Times that what follows from a value's conditions is brought in.
_CONSEQUENCES = 4
# Names that are tried for members that may or may not fit.
_FEW_NAMES = 60
# More than any schema wants that has no limit of its own.
_MANY = 10**12


class Generator:
    """Makes values of the schemas of one document.

    Args:
        document: that references are resolved in.
        compiler: of requests, whose values have no readOnly members, or of responses, whose have no writeOnly ones.
        rng: what dynamic values, and texts for a pattern, are drawn from.
        budget: of the value, shared by all attempts at it; a default one where it is None.
    """

    def __init__(self, document: Document, compiler: SchemaCompiler, rng: Random, budget: Budget | None = None) -> None:
        self._budget = budget or Budget()
        self._budget.begin()
        self._document = document
        self._compiler = compiler
        self._rng = rng
        self._hidden = "writeOnly" if compiler.direction == "response" else "readOnly"
        self._faker = faker_settings(document.root)
        self._fill_maps = self._faker.fill and self._budget.limits.fill
        self._nodes = 0

    def value(
        self,
        schemas: list[Any],
        strategy: Strategy,
        name: str = "",
        stack: tuple[str, ...] = (),
        taken: frozenset[int] = frozenset(),
        known: MergedSchema | None = None,
    ) -> Any:
        """A value that satisfies all of the schemas, as far as it can be made without a validator.

        Args:
            schemas: that the value must satisfy.
            strategy: how to make this value and those inside it.
            name: of the property, for a likely value.
            stack: the `$ref`s that led here.
            taken: the choices of this same value that were made already, as `flatten` wants them.
            known: what `flatten` makes of them, where the caller has it already.
        """
        self._nodes += 1
        if not self._budget.node() or len(stack) >= self._budget.limits.depth:
            self._budget.was_short = True
            return None
        merged = known or self._flatten(schemas, taken)
        given = shown(merged, strategy, self._rng)
        if given is not None:
            return given.value
        # Where a choice was taken, the refs of the same value are in the stack already.
        refs = merged.refs.difference(stack) if taken else merged.refs
        if not taken and not refs.isdisjoint(stack) and allows_null(self._document, schemas):
            return None
        stack = (*stack, *(sorted(refs) or ("",)))
        if merged.conditions:
            return self._conditional(schemas, merged, strategy, name, stack, taken)
        if merged.choices:
            return self._choice(schemas, merged, strategy, name, stack, taken)
        return self._of_kind(merged, strategy, name, stack)

    def _flatten(self, schemas: list[Any], taken: frozenset[int] = frozenset()) -> MergedSchema:
        self._budget.work()
        return flatten(self._document, schemas, taken)

    def _conditional(
        self,
        schemas: list[Any],
        merged: MergedSchema,
        strategy: Strategy,
        name: str,
        stack: tuple[str, ...],
        taken: frozenset[int],
    ) -> Any:
        """Make the value without its conditions, then once more with what follows from them."""
        decided = taken.union(map(id, merged.conditions))
        value, known = self.value(schemas, strategy, name, stack, decided), 0
        more: list[Any] = []
        for _ in range(_CONSEQUENCES):
            # What a consequence brings in can have consequences of its own.
            found = consequences(merged.conditions, value, self.accepts)
            more += [schema for schema in found if not any(schema is other for other in more)]
            if len(more) == known or self._budget.empty:
                break
            known = len(more)
            value = self.value([*more, *schemas], strategy, name, stack, decided)
        return value

    def _choice(
        self,
        schemas: list[Any],
        merged: MergedSchema,
        strategy: Strategy,
        name: str,
        stack: tuple[str, ...],
        taken: frozenset[int],
    ) -> Any:
        """Take one alternative of the first choice; the others, if any, are made deeper down."""
        alternatives, holder = merged.choices[0]
        order = sorted(alternatives, key=lambda alternative: weight(self._document, alternative, stack))
        if strategy.dynamic:
            self._rng.shuffle(order)
        taken |= {id(alternatives)}
        careful = strategy.careful and self._nodes < _MAX_CAREFUL
        value = None
        for alternative in order if careful else order[:1]:
            refs = sorted(self._flatten([alternative]).refs)
            value = self.value([alternative, *schemas], strategy, name, (*stack, *refs), taken)
            value = write_discriminator(self._document, value, alternative, holder)
            if self._budget.empty:
                return value
            if not careful or self.accepts(holder, value):
                return value
            if isinstance(value, dict) and holder.get("oneOf") is alternatives:
                changed = match_only_one(self._document, self._compiler, value, alternative, alternatives)
                if self.accepts(holder, changed):
                    return changed
        return value

    def accepts(self, schema: Any, value: Any) -> bool:
        """Whether a schema of the document accepts a value; True for one that cannot be read."""
        try:
            return self._compiler.compile(schema).is_valid(value)
        except (UnresolvableReference, ValueError):
            return True

    def _of_kind(self, merged: MergedSchema, strategy: Strategy, name: str, stack: tuple[str, ...]) -> Any:  # noqa: PLR0911
        """A value of the likeliest type."""
        untyped = merged.types is None and strategy.any_type and self._rng.random() < 0.6
        kinds = tuple(sorted(TYPES)) if untyped else merged.kinds
        kind = kinds[0] if kinds else ""
        if strategy.dynamic and len(kinds) > 1:
            kind = self._rng.choice(kinds if strategy.any_type else [other for other in kinds if other != "null"])
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

    def _text(self, merged: MergedSchema, strategy: Strategy, name: str) -> str:
        maximum = merged.bounds.get("maxLength")
        minimum = finite(merged.bounds.get("minLength", 0), _MANY)
        text = make_text(
            self._rng,
            dynamic=strategy.dynamic,
            name=name,
            minimum=self._budget.characters(minimum),
            maximum=None if maximum is None else finite(maximum, _MANY),
            patterns=tuple(merged.patterns),
            formats=tuple(merged.formats),
            content=content_text(merged, lambda schema: self.value([schema], strategy)),
        )
        return self._budget.text(text)

    def _array(self, merged: MergedSchema, strategy: Strategy, name: str, stack: tuple[str, ...]) -> list[Any]:
        least = self._budget.items(finite(merged.bounds.get("minItems", 0), _MANY))
        most = finite(merged.bounds.get("maxItems", max(least, 3, self._faker.least, self._faker.most or 0)), _MANY)
        wanted = max(least, 1)
        if strategy.dynamic:
            low, high = max(least, self._faker.least), least + 3 if self._faker.most is None else self._faker.most
            wanted = self._rng.randint(low, max(low, high))
        wanted = min(wanted, max(most, least))
        # One item shows what a list that leads back to itself holds; that one's own list is empty.
        if self._is_large(strategy, stack) or times(self._document, merged.items, stack) > 1:
            wanted = least
        items = [
            self.value([schema], strategy, name, stack) for schema in merged.prefix[: max(wanted, len(merged.prefix))]
        ]
        items += [self.value([schema], strategy, name, stack) for schema in merged.contains]
        known = {key_of(item) for item in items} if merged.unique else set()
        for attempt in range(wanted * 8 + 8):
            if len(items) >= wanted or self._budget.empty:
                break
            item = self._item(merged, strategy, name, stack, varied=merged.unique and attempt > 0)
            if not merged.unique:
                items.append(item)
            elif (key := key_of(item)) not in known:
                items.append(item)
                known.add(key)
        return items[:most]

    def _item(
        self, merged: MergedSchema, strategy: Strategy, name: str, stack: tuple[str, ...], *, varied: bool
    ) -> Any:
        """An item; `varied` ones differ from each other where the schema allows it."""
        if not varied:
            return self.value(merged.items or [ANY], strategy, name, stack)
        if not merged.items:
            self._budget.node()
            return self._rng.randrange(10**6)
        return self.value(merged.items, strategy._replace(dynamic=True, examples=False), name, stack)

    def _is_large(self, strategy: Strategy, stack: tuple[str, ...]) -> bool:
        """Whether optional members and items are left out from here on."""
        return self._nodes > _MAX_NODES or len(stack) > _MAX_DEPTH or not strategy.optional

    def _object(self, merged: MergedSchema, strategy: Strategy, stack: tuple[str, ...]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name in merged.members:
            schemas = merged.properties.get(name) or schemas_of_other(merged, name)
            if schemas is None:
                continue
            if self._budget.empty:
                break
            inner = self._flatten(schemas)
            if name not in merged.required and not self._is_shown(inner, merged, strategy, stack):
                continue
            if inner.impossible or self._hidden in inner.one_way:
                continue
            value[name] = self.value(schemas, strategy, name, stack, known=inner)
        self._add_dependent(merged, value, strategy, stack)
        self._fill(merged, value, strategy, stack)
        name_kind(self._document, self._compiler, merged, value)
        return value

    def _add_dependent(
        self, merged: MergedSchema, value: dict[str, Any], strategy: Strategy, stack: tuple[str, ...]
    ) -> None:
        """Put in what members that are there ask for, and what that asks for in turn."""
        pending = list(value)
        while pending:
            for other in merged.dependent.get(pending.pop(), ()):
                if other not in value and not self._budget.empty:
                    value[other] = self.value(merged.properties.get(other) or [ANY], strategy, other, stack)
                    pending.append(other)

    def _is_shown(self, inner: MergedSchema, merged: MergedSchema, strategy: Strategy, stack: tuple[str, ...]) -> bool:
        """Whether an optional member is put in; `inner` are its own schemas."""
        if self._is_large(strategy, stack):
            return False
        if "maxProperties" in merged.bounds and merged.bounds["maxProperties"] <= len(merged.required):
            return False
        if not inner.refs.isdisjoint(stack):
            return False
        return not strategy.dynamic or self._rng.random() < self._faker.optional

    def _fill(self, merged: MergedSchema, value: dict[str, Any], strategy: Strategy, stack: tuple[str, ...]) -> None:
        """Members that only additionalProperties or patternProperties describe."""
        least = self._budget.items(finite(merged.bounds.get("minProperties", 0), _MANY))
        described = [schema for schema in merged.additional if isinstance(schema, dict) and schema]
        shows_map = (described or merged.pattern_properties) and not merged.properties
        if not self._fill_maps or self._is_large(strategy, stack):
            shows_map = False
        wanted = max(least, 1 if shows_map and not times(self._document, described, stack) else 0)
        if len(value) >= wanted:
            return

        def make(schemas: list[Any], *, varied: bool) -> Any:
            return self.value(schemas, strategy._replace(dynamic=True) if varied else strategy)

        for name in names(merged, self._rng, max(_FEW_NAMES, wanted), make):
            if len(value) >= wanted or self._budget.empty:
                return
            schemas = schemas_of_other(merged, name)
            if schemas is not None and name not in value:
                value[name] = self.value(schemas, strategy, name, stack)
