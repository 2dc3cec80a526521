"""The phase of the probes: which ones make sense for an operation, and sending them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.documents import Operation, pointer, security
from cierre.contract_tests.findings import Scenario
from cierre.contract_tests.negotiation import variations
from cierre.contract_tests.probes.bodies import OVERSIZE, broken_bodies, unusual_bodies
from cierre.contract_tests.probes.cases import well_formed
from cierre.contract_tests.probes.credentials import credential_probes
from cierre.contract_tests.probes.probe import MALFORMED, UNAUTHENTICATED, Probe
from cierre.contract_tests.probes.sending import send
from cierre.contract_tests.run import PROBES, Run


def probe(run: Run, schema: OpenApiSchema) -> None:
    """Send every probe to every selected operation."""
    run.listener.phase(PROBES, len(run.operations))
    for operation in run.operations:
        if run.stopped:
            break
        _operation(run, schema, operation)


def _operation(run: Run, schema: OpenApiSchema, operation: Operation) -> None:
    recorder = ScenarioRecorder(label=operation.label)
    started = time.monotonic()
    before = len(run.report.findings)
    forms = itertools.cycle(variations(run.document, operation))
    for one in probes(run, operation):
        case = well_formed(run, schema, operation)
        case.headers.update({} if any(name == "Accept" for name, _ in one.headers) else next(forms))
        send(recorder, case, one, run.contract.headers)
    run.record(recorder, PROBES)
    run.done(
        Scenario(
            operation=operation.label,
            phase=PROBES,
            status="failure" if len(run.report.findings) > before else "success",
            cases=len(recorder.interactions),
            elapsed=time.monotonic() - started,
        )
    )


def probes(run: Run, operation: Operation) -> Iterator[Probe]:
    """The probes that make sense for the operation."""
    if security(run.document, operation) and not run.examples_only:
        yield from credential_probes(run, operation)
    yield from unusual_bodies(run.document, operation)
    for one in broken_bodies(run.document, operation):
        if one.kind != OVERSIZE or not run.examples_only:
            yield one
    answers = {status: (*operation.steps, "responses", status) for status in operation.definition["responses"]}
    if "405" in answers:
        clause = pointer(run.document, *answers["405"])
        for method in ("get", "post", "delete", "patch"):
            if method not in operation.item:
                yield Probe("another method", method.upper(), frozenset({405}), clause, method=method.upper())
    if "406" in answers and not run.examples_only:
        accept = (("Accept", "application/x-cierre-nothing"),)
        refused = frozenset({404, 406, *UNAUTHENTICATED, *MALFORMED})
        yield Probe("an unsatisfiable Accept", accept[0][1], refused, pointer(run.document, *answers["406"]), accept)
