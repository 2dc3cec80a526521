"""Sending a probe, and judging the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import requests
from requests.auth import AuthBase
from schemathesis.checks import CHECKS, CheckFunction
from schemathesis.core.errors import HookExecutionError
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import HttpMethod, Response
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.case import Case

from cierre.contract_tests.clauses import BrokenClause
from cierre.contract_tests.exchanges import sent_body
from cierre.contract_tests.findings import CouldNotRun
from cierre.contract_tests.probes.probe import COMPLAINTS, Probe

# The checks that judge an answer by itself, whatever the request was.
ANSWER_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "accept_is_honoured",
    "empty_body_is_empty",
    "json_is_strict",
    "dates_are_http_dates",
)


class _Changed(AuthBase):
    """Applies a probe to the prepared request: nothing after it can put things right again."""

    def __init__(self, probe: Probe, before: Callable[[Any], Any] | None) -> None:
        self.probe, self.before = probe, before

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.before is not None:
            request = self.before(request)
        for name, value in self.probe.headers:
            request.headers.pop(name, None)
            if value is not None:
                request.headers[name] = value
        if self.probe.body is not None:
            request.headers.pop("Content-Length", None)
            request.prepare_body(self.probe.body, None)
        return request


def send(recorder: ScenarioRecorder, case: Case[Any], one: Probe, headers: dict[str, str]) -> None:
    """Send `case` as the probe changes it, and record the exchange and the failures.

    Args:
        headers: sent with every request of the run, such as `Host`.

    Raises:
        CouldNotRun: a login fails on the way.
    """
    if one.method is not None:
        case.method = cast("HttpMethod", one.method)
    case._auth = _Changed(one, case._auth)  # noqa: SLF001 - what schemathesis' own providers set
    recorder.record_case(case=case)
    try:
        response = case.call(headers=headers)
    except HookExecutionError as hooked:
        if isinstance(hooked.__cause__, CouldNotRun):
            raise hooked.__cause__ from None
        raise
    response.request.body = sent_body(response.request)
    recorder.record_response(case_id=case.id, response=response)
    for name in ANSWER_CHECKS:
        try:
            case.validate_response(response, checks=[cast("CheckFunction", CHECKS.get_one(name))])
        except FailureGroup as group:
            for failure in group.exceptions:
                _failed(recorder, case, name, failure)
    problem = _judged(case, response, one)
    if problem is not None:
        _failed(recorder, case, "probe_is_refused", problem)


def _judged(case: Case[Any], response: Response, one: Probe) -> Failure | None:
    """The failure of a probe that was not refused, or was refused with a status that says something else."""
    documented = set(case.operation.responses.status_codes)
    expected = {status for status in one.refused if str(status) in documented} or None
    wrong = response.status_code < 400 if expected is None else response.status_code not in expected
    wanted = "a refusal" if expected is None else " or ".join(map(str, sorted(expected)))
    verb = "refused"
    if not one.refused:
        wrong, wanted, verb = response.status_code in COMPLAINTS, "no complaint about the request", "accepted"
    if not wrong:
        return None
    return BrokenClause(
        operation=case.operation.label,
        rule=f"probe: {one.kind}",
        title=f"Not {verb} as the contract says: {one.kind}",
        message=f"Sent: {one.name}\nExpected {wanted}, got {response.status_code}",
        clause=one.clause,
    )


def _failed(recorder: ScenarioRecorder, case: Case[Any], name: str, failure: Failure) -> None:
    recorder.record_check_failure(name=name, case_id=case.id, code_sample="", failure=failure)
