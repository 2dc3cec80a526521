"""Valid values of a schema: made by the generator, judged by the validator, repaired where that is needed."""

from __future__ import annotations

from random import Random
from typing import Any

from cierre.mocks.generation.budget import DEFAULT_LIMITS, AnswerLimits, Budget
from cierre.mocks.generation.generator import Generator
from cierre.mocks.generation.pruning import prune
from cierre.mocks.generation.repair import repair
from cierre.mocks.generation.strategy import Strategy, strategies
from cierre.oas.document import Document
from cierre.oas.references import UnresolvableReference
from cierre.oas.validation import SchemaCompiler

# Attempts that reach the limits, before there is no other.
_MOST_SHORT = 2

# Where nothing else was found one of these may do.
_PLAIN: tuple[Any, ...] = ({}, [], "", 0, False, None)


def valid_value(
    document: Document,
    compiler: SchemaCompiler,
    schema: Any,
    *,
    seed: str = "",
    dynamic: bool = False,
    limits: AnswerLimits = DEFAULT_LIMITS,
) -> tuple[Any, bool]:
    """A value of the schema, and whether the validator accepts it.

    It is refused only where the schema contradicts itself, or asks for something that no attempt has made, such as a
    value beyond the limits.

    Args:
        document: that the schema's references are resolved in.
        compiler: of the document's requests or responses: that decides about readOnly and writeOnly.
        schema: as written; `$ref` and booleans included.
        seed: the same seed gives the same value.
        dynamic: vary at random instead of showing examples and defaults.
        limits: of the value.
    """
    budget = Budget(limits)
    try:
        validator = compiler.compile(schema)
    except (UnresolvableReference, ValueError):
        return Generator(document, compiler, Random(seed), budget).value([schema], Strategy(dynamic=dynamic)), False
    value: Any = None
    short = 0
    for tried, (attempt, strategy) in enumerate(strategies(dynamic=dynamic)):
        if budget.spent:
            break
        value = Generator(document, compiler, Random(f"{seed}/{attempt}"), budget).value([schema], strategy)
        if validator.is_valid(value):
            return value, True
        if budget.was_short:
            # What a value lacks because it would be too large, no repair puts in.
            short += 1
            if short == _MOST_SHORT:
                break
            continue
        # At first all members are wanted: the next strategy may make what this one could not.
        value = repair(document, compiler, schema, value, seed=f"{seed}/{attempt}", budget=budget, keep=tried == 0)
        if validator.is_valid(value):
            return value, True
    value = prune(document, validator, schema, value)
    for other in (value, *_PLAIN):
        if validator.is_valid(other):
            return other, True
    return value, False
