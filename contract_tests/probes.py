"""Requests that no generator thinks of, each sent once an operation.

Broken credentials and bodies in forms that the contract has not must be refused, as the contract documents it; what
is only unusual must be taken.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from requests.auth import AuthBase
from schemathesis.checks import CHECKS, CheckFunction
from schemathesis.core.errors import HookExecutionError
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import HttpMethod, Response
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.case import Case

from cierre.contract_tests.auth import presented
from cierre.contract_tests.clauses import BrokenClause, security_pointer
from cierre.contract_tests.documents import Document, Operation, find, pointer, security
from cierre.contract_tests.exchanges import Chunks, sent_body
from cierre.contract_tests.findings import CouldNotRun, Scenario
from cierre.contract_tests.negotiation import variations

if TYPE_CHECKING:
    import requests
    from schemathesis.specs.openapi.schemas import OpenApiSchema

    from cierre.contract_tests.runner import Run

# Of schemathesis' checks, those that judge an answer by itself, whatever the request was.
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


@dataclass(frozen=True)
class Probe:
    """One request that must be refused, or, where `refused` is empty, must be taken.

    Attributes:
        kind: what it is about; an operation has one finding a kind.
        name: this one of its kind.
        headers: sent as they are, over everything else; None leaves a header out.
        body: raw bytes instead of the example; None keeps the example.
        method: another method than the operation's.
        refused: statuses of which one must come, where the contract documents one of them.
        clause: what is broken if it is not refused.
    """

    kind: str
    name: str
    refused: frozenset[int]
    clause: str
    headers: tuple[tuple[str, str | None], ...] = ()
    body: bytes | Chunks | None = None
    method: str | None = None


UNAUTHENTICATED = frozenset({401, 403})
UNSUPPORTED = frozenset({415})
MALFORMED = frozenset({400, 422})
COMPLAINTS = frozenset({400, 411, 413, 415, 422})
# What a server that answers from examples need not refuse.
DECISIONS = frozenset({"a body of megabytes"})


def probe(run: Run, schema: OpenApiSchema) -> None:
    """Send every probe to every selected operation."""
    run.listener.phase("probes", len(run.operations))
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
        case = _case(run, schema, operation)
        case.headers.update({} if any(name == "Accept" for name, _ in one.headers) else next(forms))
        _send(recorder, case, one, run.options.headers)
    run.record(recorder, "probes")
    run.done(
        Scenario(
            operation=operation.label,
            phase="probes",
            status="failure" if len(run.report.findings) > before else "success",
            cases=len(recorder.interactions),
            elapsed=time.monotonic() - started,
        )
    )


def probes(run: Run, operation: Operation) -> Iterator[Probe]:
    """The probes that make sense for the operation."""
    if run.decides and security(run.document, operation):
        token = _token(run, operation)
        _hide_broken(run, token)
        clause = security_pointer(run.document, operation.steps)
        for name, value in broken_credentials(token):
            yield Probe("broken credentials", name, UNAUTHENTICATED, clause, (("Authorization", value),))
    yield from _unusual(run.document, operation)
    yield from (one for one in _bodies(run.document, operation) if run.decides or one.kind not in DECISIONS)
    answers = {status: (*operation.steps, "responses", status) for status in operation.definition["responses"]}
    if "405" in answers:
        clause = pointer(run.document, *answers["405"])
        for method in ("get", "post", "delete", "patch"):
            if method not in operation.item:
                yield Probe("another method", method.upper(), frozenset({405}), clause, method=method.upper())
    if "406" in answers and run.decides:
        accept = (("Accept", "application/x-cierre-nothing"),)
        refused = frozenset({404, 406, *UNAUTHENTICATED, *MALFORMED})
        yield Probe("an unsatisfiable Accept", accept[0][1], refused, pointer(run.document, *answers["406"]), accept)


def _unusual(document: Document, operation: Operation) -> Iterator[Probe]:
    """What HTTP and the contract allow, and servers forget."""
    body = find(document, *operation.steps, "requestBody")
    if not body or "application/json" not in body.get("content", {}):
        return
    clause = pointer(document, *operation.steps, "requestBody")
    shown = json.dumps(example(find(document, *operation.steps, "requestBody", "content", "application/json"))).encode()
    kind, nothing = "Content-Type", frozenset[int]()
    yield Probe(
        "a parameter of the type", "charset", nothing, clause, ((kind, "application/json; charset=utf-8"),), shown
    )
    yield Probe(
        "a body in chunks", "chunked", nothing, clause, ((kind, "application/json"),), Chunks(shown[:3], shown[3:])
    )
    if not body.get("required"):
        yield Probe("no body", "without a type", nothing, clause, ((kind, None),), b"")
        yield Probe("no body", "with a type", nothing, clause, ((kind, "application/json"),), b"")


def _bodies(document: Document, operation: Operation) -> Iterator[Probe]:
    content = find(document, *operation.steps, "requestBody", "content")
    if not content:
        return
    clause = pointer(document, *operation.steps, "requestBody", "content")
    for kind in ("text/plain", "application/x-cierre-unknown", "nonsense"):
        if kind not in content:
            yield Probe("a body of another type", kind, UNSUPPORTED, clause, (("Content-Type", kind),), b"{}")
    if "application/json" in content:
        yield from _malformed_json(clause)
    if "413" in operation.definition["responses"]:
        clause = pointer(document, *operation.steps, "responses", "413")
        yield Probe("a body of megabytes", "5 MB", frozenset({413}), clause, body=b'"' + b"x" * 5_000_000 + b'"')


def _malformed_json(clause: str) -> Iterator[Probe]:
    kind = (("Content-Type", "application/json"),)
    bodies = {
        "JSON that ends too early": b'{"a": ',
        "bytes that are no UTF-8": b'{"a": "\xff\xfe"}',
        "deeply nested JSON": b"[" * 100_000,
        "a number that is none": b'{"a": NaN}',
        "a name twice in one object": b'{"a": 1, "a": 2}',
    }
    for name, body in bodies.items():
        yield Probe("malformed JSON", name, MALFORMED | UNAUTHENTICATED | {413}, clause, kind, body)


def broken_credentials(token: str) -> Iterator[tuple[str, str | None]]:
    """Values of Authorization that must be refused: a name, and the value; None is no field at all."""
    yield "none", None
    yield "an empty field", ""
    yield "a scheme and no token", "Bearer"
    yield "a scheme that is not the contract's", "Digest abc"
    yield "a made-up token", "Bearer cierre-made-up"
    yield "a token of zeros with a row's number", "Bearer 1|" + "0" * 40
    if token:
        yield "a token without its last characters", f"Bearer {token[:-4]}"
        yield "a token with one character changed", f"Bearer {changed(token)}"
        yield "a token without a scheme", token
        yield "two tokens", f"Bearer {token}, Bearer {token}"
    if token.count(".") == 2:
        yield "a token that says it is unsigned", f"Bearer {_unsigned(token)}"


def changed(token: str) -> str:
    """`token` with another character near its end; not the last, whose lowest bits may say nothing in base64url."""
    at = len(token) - 12
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]


def _hide_broken(run: Run, token: str) -> None:
    """Nearly a token is nearly a secret: give what the probes make of one a shell expression as well."""
    name, at = run.ring.secrets.names.get(token), len(token) - 12
    if name is not None:
        made = changed(token)
        broken = {f"{{{name}%????}}": token[:-4], f"{{{name}:0:{at}}}{made[at]}${{{name}:{at + 1}}}": made}
        run.ring.secrets.add(broken, run.ring.secrets.recipe[token])


def _unsigned(token: str) -> str:
    """The payload of a JWT under `{"alg":"none"}`, with no signature (RFC 8725, section 3.2)."""
    return f"eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{token.split('.')[1]}."


def _token(run: Run, operation: Operation) -> str:
    """A token that works now, or nothing where the credentials are no token."""
    credentials = presented(run.document, operation, list(run.options.entries), run.ring)
    if credentials is None or credentials.source.path is None:
        return ""
    return run.ring.login(credentials.source).token


def _case(run: Run, schema: OpenApiSchema, operation: Operation) -> Case[Any]:
    """A well-formed case of the operation, from the examples of the contract; credentials are put on later."""
    values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    target = schema[operation.path][operation.method.upper()]
    for parameter in target.iter_parameters():
        if parameter.is_required or parameter.location.value == "path":
            values[parameter.location.value][parameter.name] = example(parameter.definition)
    kinds = find(run.document, *operation.steps, "requestBody", "content") or {}
    body = {}
    if kinds:
        kind = next(iter(kinds))
        body = {
            "body": example(find(run.document, *operation.steps, "requestBody", "content", kind)),
            "media_type": kind,
        }
    case: Case[Any] = target.Case(
        path_parameters=values["path"],
        query=values["query"],
        headers=values["header"],
        cookies=values["cookie"],
        **body,
    )
    credentials = presented(run.document, operation, list(run.options.entries), run.ring)
    if credentials is not None:
        case._auth = credentials  # noqa: SLF001 - what schemathesis' own providers set
    return case


def example(definition: Document) -> Any:
    """The first example of a parameter or media type, or something of its schema's type."""
    if "example" in definition:
        return definition["example"]
    for shown in (definition.get("examples") or {}).values():
        if "value" in shown:
            return shown["value"]
    schema = definition.get("schema") or {}
    if "example" in schema or "default" in schema or schema.get("enum"):
        return schema.get("example", schema.get("default", (schema.get("enum") or [None])[0]))
    return {"string": "x", "integer": 1, "number": 1.0, "boolean": True, "array": []}.get(schema.get("type", ""), {})


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


def _send(recorder: ScenarioRecorder, case: Case[Any], one: Probe, headers: dict[str, str]) -> None:
    if one.method is not None:
        case.method = cast("HttpMethod", one.method)
    case._auth = _Changed(one, case._auth)  # noqa: SLF001 - see _case
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
    problem = _accepted(case, response, one)
    if problem is not None:
        _failed(recorder, case, "probe_is_refused", problem)


def _accepted(case: Case[Any], response: Response, one: Probe) -> Failure | None:
    """The failure of a probe that was not refused, or was refused with a status that says something else."""
    documented = set(case.operation.responses.status_codes)
    expected = {status for status in one.refused if str(status) in documented} or None
    wrong = response.status_code < 400 if expected is None else response.status_code not in expected
    wanted = "a refusal" if expected is None else " or ".join(map(str, sorted(expected)))
    verb = "refused"
    if not one.refused:
        wrong, wanted, verb = response.status_code in COMPLAINTS, "no complaint about the request", "taken"
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
