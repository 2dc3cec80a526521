"""Asking for every form that the contract has: Accept and Accept-Language on generated cases."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from schemathesis.generation.case import Case
from schemathesis.generation.meta import TestPhase
from schemathesis.hooks import HookContext
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.oas.navigation import Json, find, media_types, parameters, responses
from cierre.oas.structure import Operation, operations

Variation = dict[str, str]
# What RFC 7240 registers for answers to a request that changes something.
PREFERENCES = ("return=minimal", "return=representation", "handling=lenient", "return=minimal, handling=lenient")


def quality(media_type: str, accept: str) -> float:
    """The weight that `accept` gives to `media_type`: the most specific range decides (RFC 9110, section 12.5.1)."""
    best = (-1, 0.0)
    main, _, sub = media_type.partition("/")
    for name, weight in _weighted(accept):
        specificity = {f"{main}/{sub}": 2, f"{main}/*": 1, "*/*": 0}.get(name, -1)
        if specificity > best[0]:
            best = (specificity, weight)
    return best[1] if best[0] >= 0 else 0.0


def language(accept: str) -> str:
    """The language that `Accept-Language` wants most, in lower case; empty where two are wanted alike."""
    weights = {name: weight for name, weight in _weighted(accept) if name}
    best = [name for name, weight in weights.items() if weight == max(weights.values())]
    return best[0] if len(best) == 1 else ""


def _weighted(field: str) -> Iterator[tuple[str, float]]:
    """What a field such as Accept names, in lower case, and how much it is wanted (RFC 9110, section 12.4.2)."""
    for part in field.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        yield name, float(next((value[2:] for value in parameters if value.startswith("q=")), "1"))


def variations(document: Json, operation: Operation) -> list[Variation]:
    """Headers that ask for each form of the answer; the first asks for nothing."""
    offered = media_types(document, operation)
    accepts = [None, "*/*", *offered]
    if len(offered) > 1:
        accepts.append(f"{offered[0]};q=0.2, {offered[-1]}")
    spoken = _languages(document, operation)
    languages = [None, *spoken]
    if len(spoken) > 1:
        languages += [f"{spoken[0]};q=0.1, {spoken[-1]}", f"{spoken[-1]};q=0.1, {spoken[0]}"]
    # Each form and each language, not each pair of them.
    forms = [
        {name: value for name, value in (("Accept", accept), ("Accept-Language", language)) if value}
        for accept, language in zip(accepts, itertools.cycle(languages), strict=False)
    ]
    if any(parameter["name"] == "Prefer" for parameter in parameters(document, operation)):
        forms += [{"Prefer": preference} for preference in PREFERENCES]
    return forms


def _languages(document: Json, operation: Operation) -> list[str]:
    """The languages that the contract lists for Content-Language."""
    found: dict[str, None] = {}
    for status in responses(document, operation):
        schema = find(document, *operation.steps, "responses", status, "headers", "Content-Language", "schema")
        found.update(dict.fromkeys((schema or {}).get("enum", ())))
    return list(found)


def negotiate(schema: OpenApiSchema, document: Json, *, thorough: bool) -> None:
    """Give each case of `schema` one of its operation's variations.

    Enumerated phases take them in turn, so that each is seen; in the fuzzed ones Hypothesis draws, so that a
    case that asks for least is as likely as any.

    Args:
        thorough: send each example in each form; else each example and each form at least once.
    """
    choices = {operation.label: variations(document, operation) for operation in operations(document)}
    known = {operation.label: _examples(document, operation) for operation in operations(document)}
    turns = {label: itertools.cycle(of_operation) for label, of_operation in choices.items()}

    def before_add_examples(context: HookContext, examples: list[Case[Any]]) -> None:
        plain, forms = list(examples), choices[_label(context)]
        pairs = itertools.product(plain, forms) if thorough else _each_once(plain, forms)
        examples[:] = [_with(case.derive(keep_auth=True), form) for case, form in pairs]

    def map_case(context: HookContext, case: Case[Any]) -> Case[Any]:
        if case.meta is None or case.meta.phase.name is not TestPhase.COVERAGE:
            return case
        return _with(case, next(turns[_label(context)]))

    def before_generate_case(
        context: HookContext, strategy: st.SearchStrategy[Case[Any]]
    ) -> st.SearchStrategy[Case[Any]]:
        label = _label(context)
        return st.builds(_drawn, strategy, st.sampled_from(choices[label]), st.sampled_from(known[label]))

    for hook in (before_add_examples, map_case, before_generate_case):
        schema.hook(hook)


def _each_once(cases: list[Case[Any]], forms: list[Variation]) -> Iterator[tuple[Case[Any], Variation]]:
    """Pairs in which each case and each form occurs."""
    for turn in range(max(len(cases), len(forms)) if cases else 0):
        yield cases[turn % len(cases)], forms[turn % len(forms)]


def _label(context: HookContext) -> str:
    assert context.operation is not None
    return context.operation.label


def _examples(document: Json, operation: Operation) -> list[Json]:
    """Bodies that the contract shows; the first is empty."""
    bodies: list[Json] = [{}]
    for content in (find(document, *operation.steps, "requestBody", "content") or {}).values():
        shown = [content.get("example"), *(one.get("value") for one in content.get("examples", {}).values())]
        bodies += [value for value in shown if isinstance(value, dict)]
    return bodies


def _drawn(case: Case[Any], variation: Variation, known: Json) -> Case[Any]:
    if case.meta is None or case.meta.phase.name not in {TestPhase.FUZZING, TestPhase.STATEFUL}:
        return case
    # Headers of made-up names say nothing about a contract, and some never get past the HTTP parser.
    declared = {parameter.name.lower() for parameter in case.operation.headers} | {"authorization"}
    for name in [name for name in case.headers if name.lower() not in declared]:
        del case.headers[name]
    # What the contract shows has a meaning that made-up values lack: an existing user, a live token.
    if known and isinstance(case.body, dict) and case.meta.generation.mode.is_positive:
        case.body = {**case.body, **known}
    return _with(case, variation)


def _with(case: Case[Any], variation: Variation) -> Case[Any]:
    """`case` with the headers, where it has none of its own by these names."""
    for name, value in variation.items():
        case.headers.setdefault(name, value)
    return case
