"""Sending a probe, and judging the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote, urlsplit, urlunsplit

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
from cierre.contract_tests.places import CONTAINERS
from cierre.contract_tests.probes.probe import COMPLAINTS, OUTCOMES, Probe
from cierre.contract_tests.run import Run
from cierre.contract_tests.sentences import SERVER_ERRORS
from cierre.contract_tests.silence import Unanswered
from cierre.oas.navigation import pointer

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


# What an answer to HEAD has in common with that to GET; a length may change from one answer to the next.
SAME_FIELDS = ("content-type", "content-language", "location", "cache-control", "www-authenticate")
TOO_MANY = 429
NO_SUCH_METHOD = frozenset({404, 405, 501})


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
        if self.probe.query:
            request.url = _with_query(str(request.url), self.probe.query)
        if self.probe.body is not None:
            request.headers.pop("Content-Length", None)
            request.prepare_body(self.probe.body, None)
        return request


def _with_query(url: str, changes: tuple[tuple[str, str | None], ...]) -> str:
    parts, names = urlsplit(url), {quote(name, safe="") for name, _ in changes}
    kept = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] not in names]
    kept += [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in changes if value is not None]
    return urlunsplit(parts._replace(query="&".join(kept)))


def send(recorder: ScenarioRecorder, make: Callable[[], Case[Any]], one: Probe, run: Run) -> None:
    """Send a case as the probe changes it, and record the exchange and the failures.

    Args:
        make: a well-formed case; again for the same once more.

    Raises:
        CouldNotRun: a login fails on the way.
    """
    case = make()
    for place, name, value in one.parameters:
        setattr(case, CONTAINERS[place], {**getattr(case, CONTAINERS[place]), name: value})
    if one.method is not None:
        case.method = cast("HttpMethod", one.method)
    case._auth = _Changed(one, case._auth)  # noqa: SLF001 - what schemathesis' own providers set
    recorder.record_case(case=case)
    response = _called(case, run)
    response.request.body = sent_body(response.request)
    recorder.record_response(case_id=case.id, response=response)
    if isinstance(response, Unanswered):
        return
    if response.status_code >= SERVER_ERRORS and not _fails_anyway(recorder, make, run):
        run.crashes.known[case.id] = one.places
    _check(recorder, case, response, ANSWER_CHECKS if not one.anything else ("not_a_server_error",))
    problem = None if one.anything else _judged(case, response, one, strict=bool(run.contract.extensions))
    # A complaint may be about the request in its usual form.
    doubtful = not one.refused or response.status_code in COMPLAINTS
    if problem is not None and (not doubtful or _is_taken(recorder, make(), run)):
        failed(recorder, case, "probe_is_refused", problem)


def send_checked(
    recorder: ScenarioRecorder, case: Case[Any], run: Run, checks: tuple[str, ...] | None = None
) -> Response | None:
    """Send a case as it is, and record the exchange and what fails; None where no answer came.

    Args:
        checks: names of checks of the answer; None: all that judge an answer by itself, the contract's own as well.

    Raises:
        CouldNotRun: a login fails on the way.
    """
    recorder.record_case(case=case)
    response = _called(case, run)
    recorder.record_response(case_id=case.id, response=response)
    if isinstance(response, Unanswered):
        return None
    _check(recorder, case, response, (*ANSWER_CHECKS, *run.contract.checks) if checks is None else checks)
    return response


def _check(recorder: ScenarioRecorder, case: Case[Any], response: Response, names: tuple[str, ...]) -> None:
    for name in names:
        try:
            case.validate_response(response, checks=[cast("CheckFunction", CHECKS.get_one(name))])
        except FailureGroup as group:
            for failure in group.exceptions:
                failed(recorder, case, name, failure)


def _called(case: Case[Any], run: Run) -> Response:
    try:
        return case.call(headers=run.contract.headers)
    except HookExecutionError as hooked:
        if isinstance(hooked.__cause__, CouldNotRun):
            raise hooked.__cause__ from None
        raise


def _is_taken(recorder: ScenarioRecorder, case: Case[Any], run: Run) -> bool:
    """Whether the same request in its usual form gets no complaint: else its form is not what is wrong."""
    recorder.record_case(case=case)
    response = _called(case, run)
    recorder.record_response(case_id=case.id, response=response)
    return not isinstance(response, Unanswered) and response.status_code not in COMPLAINTS


def _fails_anyway(recorder: ScenarioRecorder, make: Callable[[], Case[Any]], run: Run) -> bool:
    """Whether the operation's well-formed request makes the server fail as well."""
    case, known = make(), run.crashes.bad_base
    if case.operation.label not in known:
        recorder.record_case(case=case)
        response = _called(case, run)
        recorder.record_response(case_id=case.id, response=response)
        known[case.operation.label] = isinstance(response, Unanswered) or response.status_code >= SERVER_ERRORS
    return known[case.operation.label]


def send_head(recorder: ScenarioRecorder, make: Callable[[], Case[Any]], run: Run) -> None:
    """Send HEAD in the place of GET: the same status and fields (RFC 9110, section 9.3.2)."""
    got, head = make(), make()
    head.method = "HEAD"
    if (wanted := _recorded(recorder, got, run)) is None or (received := _recorded(recorder, head, run)) is None:
        return
    # A contract without HEAD does not say that there is one.
    if received.status_code in NO_SUCH_METHOD:
        return
    differing = _differences(wanted, received)
    if not differing or (again := _recorded(recorder, make(), run)) is None:
        return
    # What one GET says and the next does not, such as the nonce of a challenge, HEAD need not say.
    stable = [name for name in differing if name not in _differences(wanted, again)]
    if stable:
        problem = BrokenClause(
            operation=head.operation.label,
            rule="head",
            title="HEAD differs from GET",
            message="\n".join(f"{name}: {differing[name]}" for name in stable),
            clause=pointer(run.document, "paths", head.operation.path, "get"),
        )
        failed(recorder, head, "head_is_like_get", problem)


def _recorded(recorder: ScenarioRecorder, case: Case[Any], run: Run) -> Response | None:
    """The answer to a case, recorded; None where none came."""
    recorder.record_case(case=case)
    response = _called(case, run)
    recorder.record_response(case_id=case.id, response=response)
    return None if isinstance(response, Unanswered) else response


def _differences(wanted: Response, received: Response) -> dict[str, str]:
    """Status and fields that differ, each with what either answer says."""
    found = {}
    if wanted.status_code != received.status_code:
        found["the status"] = f"{wanted.status_code} with GET, {received.status_code}"
    for name in SAME_FIELDS:
        one, other = wanted.headers.get(name), received.headers.get(name)
        if one != other:
            found[name] = f"{(one or ['none'])[0]} with GET, {(other or ['none'])[0]}"
    return found


def _judged(case: Case[Any], response: Response, one: Probe, *, strict: bool) -> Failure | None:
    """The failure of a probe that was not refused, or was refused with a status that says something else."""
    documented = set(case.operation.responses.status_codes)
    if response.status_code == TOO_MANY and str(TOO_MANY) in documented:
        return None
    expected = {status for status in one.refused if str(status) in documented} or None
    wrong = response.status_code < 400 if expected is None else response.status_code not in expected
    if not strict and response.status_code in OUTCOMES:
        wrong = False
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


def failed(recorder: ScenarioRecorder, case: Case[Any], name: str, failure: Failure) -> None:
    """Record a failed check of a case."""
    recorder.record_check_failure(name=name, case_id=case.id, code_sample="", failure=failure)
