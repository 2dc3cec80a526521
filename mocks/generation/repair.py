"""An example that breaks its schema, made to conform with as little change as possible.

The members that the validator names are left out where they are optional, otherwise replaced; those that are missing
are added. The rest stays as the author wrote it.
"""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from cierre.mocks.generation.budget import Budget
from cierre.mocks.generation.generator import Generator
from cierre.mocks.generation.one_of import discriminated
from cierre.mocks.generation.pruning import causes, child, locate, member_schemas, prune
from cierre.mocks.generation.strategy import Strategy
from cierre.oas.document import Document
from cierre.oas.merged_schema import flatten
from cierre.oas.pointers import tokens
from cierre.oas.validation import SchemaCompiler, Violation
from cierre.oas.validation.coercion import from_text

_ROUNDS = 6
_TOO_MANY = frozenset({"additionalProperties", "unevaluatedProperties", "falseSchema"})
_NOT_TEXT = frozenset({"integer", "number", "boolean"})
_LONGEST_NUMBER = 40


def repair(
    document: Document,
    compiler: SchemaCompiler,
    schema: Any,
    value: Any,
    *,
    seed: str = "",
    budget: Budget | None = None,
    keep: bool = False,
) -> Any:
    """The value, changed where it breaks the schema. It may still break it: the caller checks.

    Args:
        document: that the schema's references are resolved in.
        compiler: of requests or responses, whichever the value belongs to.
        schema: that the value is to satisfy.
        value: it is not changed itself.
        seed: of what is generated; the same seed gives the same value.
        budget: of what is generated; a default one where it is None.
        keep: replace optional members, instead of leaving them out.
    """
    budget = budget or Budget()
    validator = compiler.compile(schema)
    value = copy.deepcopy(value)
    for round_ in range(_ROUNDS):
        violations = causes(validator.violations(value))
        if not violations or budget.spent:
            break
        # The first round uses the document's own examples; where they are the fault, the later ones do without.
        strategy = Strategy(examples=round_ == 0, careful=round_ > 0, optional=round_ < 3)
        generator = Generator(document, compiler, Random(f"{seed}/{round_}"), budget)
        # Of several that name one member the first decides.
        for violation in {one.pointer: one for one in reversed(violations)}.values():
            value = _repair_one(document, compiler, generator, strategy, schema, value, violation, keep=keep)
    return value if keep else prune(document, validator, schema, value)


def _repair_one(
    document: Document,
    compiler: SchemaCompiler,
    generator: Generator,
    strategy: Strategy,
    schema: Any,
    value: Any,
    violation: Violation,
    *,
    keep: bool,
) -> Any:
    """The value with the member that one violation names left out, replaced or added."""
    path = tokens(violation.pointer)
    if not path:
        return generator.value([schema], strategy)
    found = locate(document, schema, value, path)
    if found is None:
        return value
    parent, schemas = found
    last = path[-1]
    if violation.rule in _TOO_MANY:
        if isinstance(parent, dict):
            parent.pop(last, None)
        return value
    if violation.rule == "required" and isinstance(parent, dict):
        named = discriminated(document, compiler, schemas, parent, last)
        if named is not None:
            parent[last] = named[last]
            return value
    inner = member_schemas(document, schemas, last, parent)
    for other in _alike(child(parent, last)):
        if all(generator.accepts(each, other) for each in inner):
            _put(parent, last, other)
            return value
    # An object that would be empty says less than one with a made member.
    is_one_of_several = isinstance(parent, dict) and last in parent and len(parent) > 1
    if not keep and is_one_of_several and last not in flatten(document, schemas).required:
        del parent[last]
    else:
        _put(parent, last, generator.value(inner, strategy, last))
    return value


def _alike(value: Any) -> list[Any]:
    """The same value as another type: authors write `id: "7"` for 7, and YAML reads `version: 2` as a number."""
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
        other = from_text(value, _NOT_TEXT)
        return [] if isinstance(other, str) else [other]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, float) and value.is_integer():
        return [int(value), str(value)]
    return [str(value)] if isinstance(value, (int, float)) else []


def _put(parent: Any, token: str, value: Any) -> None:
    if isinstance(parent, dict):
        parent[token] = value
    elif isinstance(parent, list) and token.isdigit() and int(token) < len(parent):
        parent[int(token)] = value
