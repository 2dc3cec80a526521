"""An example that breaks its schema, made to conform with as little change as possible.

The members that the validator names are replaced, added or removed; the rest stays as the author wrote it.
"""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from cierre.mocks.documents import Document
from cierre.mocks.generation.generator import Generator
from cierre.mocks.generation.merged_schema import flatten
from cierre.mocks.generation.strategy import Strategy
from cierre.oas.validation import SchemaCompiler, Violation

_ROUNDS = 6
_TOO_MANY = frozenset({"additionalProperties", "unevaluatedProperties", "falseSchema"})


def repair(document: Document, compiler: SchemaCompiler, schema: Any, value: Any, *, seed: str = "") -> Any:
    """The value, changed where it breaks the schema. It may still break it: the caller checks.

    Args:
        document: that the schema's references are resolved in.
        compiler: of requests or responses, whichever the value belongs to.
        schema: that the value is to satisfy.
        value: it is not changed itself.
        seed: of what is generated; the same seed gives the same value.
    """
    validator = compiler.compile(schema)
    value = copy.deepcopy(value)
    for round_ in range(_ROUNDS):
        violations = validator.violations(value)
        if not violations:
            break
        # The first round uses the document's own examples; where they are the fault, the later ones do without.
        strategy = Strategy(examples=round_ == 0, careful=round_ > 0, optional=round_ < 3)
        generator = Generator(document, compiler, Random(f"{seed}/{round_}"))
        for violation in violations:
            value = _repair_one(document, generator, strategy, schema, value, violation)
    return value


def _tokens(pointer: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _repair_one(
    document: Document, generator: Generator, strategy: Strategy, schema: Any, value: Any, violation: Violation
) -> Any:
    """The value with the member that one violation names replaced, added or removed."""
    tokens = _tokens(violation.pointer)
    if not tokens:
        return generator.value([schema], strategy)
    parent, schemas = value, [schema]
    for token in tokens[:-1]:
        schemas = _member_schemas(document, schemas, token, parent)
        child = _child(parent, token)
        if child is None:
            return value
        parent = child
    last = tokens[-1]
    if violation.rule in _TOO_MANY:
        if isinstance(parent, dict):
            parent.pop(last, None)
        return value
    _put(parent, last, generator.value(_member_schemas(document, schemas, last, parent), strategy, last))
    return value


def _child(node: Any, token: str) -> Any:
    if isinstance(node, dict):
        return node.get(token)
    if isinstance(node, list) and token.isdigit() and int(token) < len(node):
        return node[int(token)]
    return None


def _put(parent: Any, token: str, value: Any) -> None:
    if isinstance(parent, dict):
        parent[token] = value
    elif isinstance(parent, list) and token.isdigit() and int(token) < len(parent):
        parent[int(token)] = value


def _member_schemas(document: Document, schemas: list[Any], token: str, parent: Any) -> list[Any]:
    """The schemas of one member of the value that `schemas` describe, or of the first alternative that has it."""
    merged = flatten(document, schemas)
    found: list[Any] = []
    if isinstance(parent, list):
        index = int(token) if token.isdigit() else 0
        found = [merged.prefix[index]] if index < len(merged.prefix) else list(merged.items)
    elif token in merged.properties:
        found = list(merged.properties[token])
    else:
        found = [schema for schema in merged.additional if isinstance(schema, dict)]
    if not found:
        for alternatives, _ in merged.choices:
            for alternative in alternatives:
                inner = _member_schemas(document, [alternative], token, parent)
                if inner and inner != [{}]:
                    return inner
    return found or [{}]
