"""What the answers of a whole run show that they must not."""

from __future__ import annotations

import json

from cierre.contract_tests import named
from cierre.contract_tests.clauses import answer_steps
from cierre.contract_tests.exchanges import Exchange
from cierre.contract_tests.resources.calls import Reply
from cierre.contract_tests.resources.judging import report
from cierre.contract_tests.run import Run
from cierre.contract_tests.security.answers import hashes_in, inside_of, schema_of, secrets_in, unnamed_in
from cierre.oas.document import Document
from cierre.oas.navigation import find
from cierre.oas.structure import Operation

# Answers of an operation, of each status, that are looked at: they are alike.
_MOST = 200


def look(run: Run) -> None:
    """Look through all answers of the run for stack traces, secrets, and with `--security` for unnamed members."""
    if run.examples_only:
        return
    known, document = {one.label: one for one in run.operations}, Document(run.document)
    looked: dict[tuple[str, int], int] = {}
    for seen in run.report.exchanges:
        operation, key = known.get(seen.operation), (seen.operation, seen.status)
        looked[key] = looked.get(key, 0) + 1
        if operation is not None and looked[key] <= _MOST and seen.body:
            _look(run, document, operation, seen)


def _look(run: Run, document: Document, operation: Operation, seen: Exchange) -> None:
    inside = inside_of(seen)
    reply = Reply(operation, seen, _parsed(seen))
    if inside is not None:
        what, line = inside
        sentence = f"{operation.label} answers {seen.status} with {what}."
        report(run, named.NO_STACK_TRACE, reply, sentence, phase=seen.phase, details=line[:300])
    if not reply.good or reply.body is None:
        return
    secrets = (secrets_in if seen.method == "GET" else hashes_in)(reply.body)
    if secrets:
        sentence = f"{operation.label} shows {', '.join(secrets[:5])}."
        report(run, named.NO_SECRETS, reply, sentence, phase=seen.phase)
    steps = answer_steps(run.document, operation.steps, seen.status)
    if run.options.security and steps is not None:
        schema = schema_of(find(run.document, *steps) or {}, seen.media_type)
        unnamed = unnamed_in(document, schema, reply.body) if schema is not None else []
        if unnamed:
            sentence = f"{operation.label} answers with {', '.join(unnamed[:8])}, which no schema names."
            report(run, named.UNNAMED, reply, sentence, phase=seen.phase, clause=steps[3:])


def _parsed(seen: Exchange) -> object:
    try:
        return json.loads(seen.body)
    except (ValueError, RecursionError):
        return None
