"""The phase of the probes: which ones make sense for an operation, and sending them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from schemathesis.core.errors import InvalidSchema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.findings import Scenario
from cierre.contract_tests.negotiation import variations
from cierre.contract_tests.probes.bodies import OVERSIZE, broken_bodies, unusual_bodies
from cierre.contract_tests.probes.cases import generated, valid_body, well_formed
from cierre.contract_tests.probes.credentials import credential_probes
from cierre.contract_tests.probes.probe import MALFORMED, UNAUTHENTICATED, Probe
from cierre.contract_tests.probes.sending import send, send_head
from cierre.contract_tests.probes.values import extreme_values
from cierre.contract_tests.recorded import sent
from cierre.contract_tests.resources.passwords import is_password, keeping, password_of
from cierre.contract_tests.run import PROBES, Run
from cierre.oas.navigation import pointer, security
from cierre.oas.structure import Operation

JSON = "application/json"


def probe(run: Run, schema: OpenApiSchema) -> None:
    """Send every probe to every selected operation."""
    run.begin(PROBES, len(run.operations))
    with ThreadPoolExecutor(run.options.workers) as workers:
        tested = [workers.submit(_operation, run, schema, operation) for operation in run.operations]
        try:
            for one in tested:
                one.result()
        except BaseException:
            workers.shutdown(cancel_futures=True)
            raise


def _operation(run: Run, schema: OpenApiSchema, operation: Operation) -> None:
    if run.stopped:
        return
    recorder = ScenarioRecorder(label=operation.label)
    started, failed = time.monotonic(), False
    try:
        _send_all(run, schema, operation, recorder)
    except InvalidSchema as problem:
        run.not_tested(f"{operation.label}: Schema Error: {problem}")
    finally:
        with run.lock:
            before = len(run.report.findings)
            run.record(recorder, PROBES)
            failed = len(run.report.findings) > before
    with run.lock:
        status = "failure" if failed else "success"
        run.done(Scenario(operation.label, PROBES, status, sent(recorder), time.monotonic() - started))


def _send_all(run: Run, schema: OpenApiSchema, operation: Operation, recorder: ScenarioRecorder) -> None:
    forms = itertools.cycle(variations(run.document, operation))
    sample = generated(run, schema, operation)
    for one in probes(run, operation, sample):
        form = {} if any(name == "Accept" for name, _ in one.headers) else next(forms)

        def case(form: dict[str, str] = form) -> Case[Any]:
            made = well_formed(run, schema, operation, sample)
            made.headers.update(form)
            return made

        send(recorder, case, one, run)
    if operation.method.lower() == "get" and "head" not in operation.path_item:
        send_head(recorder, lambda: well_formed(run, schema, operation, sample), run)


def _own_password(run: Run, operation: Operation) -> str | None:
    """The password that the operation might change and must not: the run logs in with it."""
    login = operation.path in {entry.path for entry in run.contract.entries}
    if login or run.contract.extensions or not security(run.document, operation):
        return None
    return password_of(run.contract.entries)


def probes(run: Run, operation: Operation, sample: Case[Any] | None = None) -> Iterator[Probe]:
    """The probes that make sense for the operation.

    Args:
        sample: a generated case, for what has no example.
    """
    # Cierre's own contract is known to mean more than a document says.
    strict = bool(run.contract.extensions)
    if security(run.document, operation) and not run.examples_only:
        yield from credential_probes(run, operation)
    own = _own_password(run, operation)
    valid = keeping(valid_body(run.document, operation, JSON, sample), own)
    yield from unusual_bodies(run.document, operation, valid)
    for one in broken_bodies(run.document, operation, valid, strict=strict):
        if one.kind != OVERSIZE or not run.examples_only:
            yield one
    for one in extreme_values(run.document, operation, valid):
        if own is None or one.body is None or not is_password(one.name.rpartition(" as ")[2]):
            yield one
    answers = {status: (*operation.steps, "responses", status) for status in operation.node["responses"]}
    if "405" in answers:
        clause = pointer(run.document, *answers["405"])
        for method in ("get", "post", "delete", "patch"):
            if method not in operation.path_item:
                yield Probe("another method", method.upper(), frozenset({405}), clause, method=method.upper())
    if "406" in answers and not run.examples_only:
        accept = (("Accept", "application/x-cierre-nothing"),)
        refused = frozenset({404, 406, *UNAUTHENTICATED, *MALFORMED})
        yield Probe("an unsatisfiable Accept", accept[0][1], refused, pointer(run.document, *answers["406"]), accept)
