"""Valid values of a schema: made by the generator, judged by the validator, repaired where that is needed."""

from __future__ import annotations

from random import Random
from typing import Any

from cierre.mocks.documents import Document
from cierre.mocks.generation.generator import Generator
from cierre.mocks.generation.repair import repair
from cierre.mocks.generation.strategy import Strategy, strategies
from cierre.oas.validation import SchemaCompiler, UnresolvableReference


def valid_value(
    document: Document, compiler: SchemaCompiler, schema: Any, *, seed: str = "", dynamic: bool = False
) -> tuple[Any, bool]:
    """A value of the schema, and whether the validator accepts it.

    It is refused only where the schema contradicts itself, or asks for something that no attempt has made.

    Args:
        document: that the schema's references are resolved in.
        compiler: of the document's requests or responses: that decides about readOnly and writeOnly.
        schema: as written; `$ref` and booleans included.
        seed: the same seed gives the same value.
        dynamic: vary at random instead of showing examples and defaults.
    """
    try:
        validator = compiler.compile(schema)
    except (UnresolvableReference, ValueError):
        return Generator(document, compiler, Random(seed)).value([schema], Strategy(dynamic=dynamic)), False
    value: Any = None
    for attempt, strategy in strategies(dynamic=dynamic):
        value = Generator(document, compiler, Random(f"{seed}/{attempt}")).value([schema], strategy)
        if validator.is_valid(value):
            return value, True
        value = repair(document, compiler, schema, value, seed=f"{seed}/{attempt}")
        if validator.is_valid(value):
            return value, True
    return value, False
