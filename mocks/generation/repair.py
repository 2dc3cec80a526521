"""An example that breaks its schema, made to conform with as little change as possible.

The members that the validator names are made anew, added or taken out; the rest stays as the author wrote it.
"""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from cierre.mocks.documents import Document
from cierre.mocks.generation.generator import Generator, Strategy
from cierre.mocks.generation.merged_schema import flatten
from cierre.oas.validation import SchemaCompiler, Violation

_ROUNDS = 6
_TOO_MANY = frozenset({"additionalProperties", "unevaluatedProperties", "falseSchema"})


def repair(document: Document, compiler: SchemaCompiler, schema: Any, value: Any, *, seed: str = "") -> Any:
    """The value, changed where it breaks the schema. It may still break it: the caller checks."""
    validator = compiler.compile(schema)
    value = copy.deepcopy(value)
    for round_ in range(_ROUNDS):
        violations = validator.violations(value)
        if not violations:
            break
        # The first round keeps to the document's own examples, the later ones distrust them.
        strategy = Strategy(examples=round_ == 0, careful=round_ > 0, optional=round_ < 3)
        generator = Generator(document, compiler, Random(f"{seed}/{round_}"), strategy)
        for violation in violations:
            value = _mend(document, generator, schema, value, violation)
    return value


def _tokens(pointer: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _mend(document: Document, generator: Generator, schema: Any, value: Any, violation: Violation) -> Any:
    tokens = _tokens(violation.pointer)
    if not tokens:
        return generator.value([schema])
    parent, schemas = value, [schema]
    for token in tokens[:-1]:
        schemas = _member(document, schemas, token, parent)
        child = _child(parent, token)
        if child is None:
            return value
        parent = child
    last = tokens[-1]
    if violation.rule in _TOO_MANY:
        if isinstance(parent, dict):
            parent.pop(last, None)
        return value
    _put(parent, last, generator.value(_member(document, schemas, last, parent), last))
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


def _member(document: Document, schemas: list[Any], token: str, parent: Any) -> list[Any]:
    """The schemas of one member of the value that `schemas` describe, those of every alternative that knows it."""
    flat = flatten(document, schemas)
    found: list[Any] = []
    if isinstance(parent, list):
        index = int(token) if token.isdigit() else 0
        found = [flat.prefix[index]] if index < len(flat.prefix) else list(flat.items)
    elif token in flat.properties:
        found = list(flat.properties[token])
    else:
        found = [schema for schema in flat.additional if isinstance(schema, dict)]
    if not found:
        for alternatives, _ in flat.choices:
            for alternative in alternatives:
                inner = _member(document, [alternative], token, parent)
                if inner and inner != [{}]:
                    return inner
    return found or [{}]
