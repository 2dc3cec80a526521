"""A run: generated cases, probes and, for our own contract, the rules of closing a session, against any URL."""

from __future__ import annotations

import fnmatch
import time
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.errors import NoLinksFound
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests import checks as checks  # noqa: PLC0414 - registers our checks with schemathesis
from cierre.contract_tests.auth import Entry, Keyring, presented, tokens_in
from cierre.contract_tests.clauses import clause_of
from cierre.contract_tests.documents import Document, Operation, operations
from cierre.contract_tests.exchanges import Exchange, curl, exchange
from cierre.contract_tests.findings import CouldNotRun, Finding, Limited, Report, Scenario
from cierre.contract_tests.negotiation import negotiate
from cierre.contract_tests.probes import probe
from cierre.contract_tests.secrets import Secrets
from cierre.contract_tests.shrink import Failing, shrink

# Enumerated phases go on after a failure, so that one run shows them all; fuzzed ones would repeat it for long.
ENUMERATED = frozenset({"examples", "coverage"})
# From so many fuzzed cases on, each example of the contract is sent in each form as well.
THOROUGH = 50
# An example is the contract's own, and small.
SHRUNK = frozenset({"coverage", "fuzzing", "stateful"})
GENERATED = ("examples", "coverage", "fuzzing", "stateful")
PHASES = (*GENERATED, "probes", "rules")


@dataclass(frozen=True)
class Options:
    """What to test, and how long.

    Attributes:
        url: the base URL of the server.
        document: the contract, bundled.
        examples: fuzzed cases an operation.
        operations: a pattern for `METHOD /path`, path or operationId; None is all of them.
        headers: sent with each request, such as `Host`.
        patience: seconds that a client waits for an answer.
        refusals: statuses that may answer a request which breaks its schema; none is what schemathesis takes for it.
        lasting: operationIds whose success doesn't end the session that asked.
    """

    url: str
    document: Document
    entries: tuple[Entry, ...] = ()
    examples: int = 50
    seed: int = 0
    operations: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    patience: float = 5.0
    fail_fast: bool = False
    phases: tuple[str, ...] = PHASES
    refusals: tuple[str, ...] = ()
    lasting: frozenset[str] = frozenset()


class Listener(Protocol):
    """Who is told how a run goes: a terminal, or plain lines."""

    def phase(self, name: str, total: int) -> None: ...
    def scenario(self, scenario: Scenario) -> None: ...
    def finding(self, finding: Finding) -> None: ...


class Quiet:
    """Nobody is told."""

    def phase(self, name: str, total: int) -> None: ...
    def scenario(self, scenario: Scenario) -> None: ...
    def finding(self, finding: Finding) -> None: ...


class Extension(Protocol):
    """What a contract of ours adds to a run of anybody's: see `house.py`."""

    def install(self, run: Run, schema: OpenApiSchema) -> None: ...
    def explore(self, run: Run, schema: OpenApiSchema) -> None: ...


class Run:
    """One run in progress: collects what happened into a `Report`."""

    def __init__(self, options: Options, listener: Listener, secrets: Secrets) -> None:
        self.options, self.listener = options, listener
        self.document = options.document
        info = self.document.get("info", {})
        self.report = Report(
            target=options.url,
            title=str(info.get("title", "")),
            version=str(info.get("version", "")),
            seed=options.seed,
            examples=options.examples,
        )
        self.ring = Keyring(options.url, options.headers, secrets)
        self.operations = [operation for operation in operations(self.document) if self.selected(operation)]
        # Whether the server decides anything, or answers from examples.
        self.decides = True
        self._known: dict[tuple[str, str, str, str], int] = {}
        self._large: dict[int, Failing] = {}

    def selected(self, operation: Operation) -> bool:
        """Whether the operation is one of those asked for."""
        pattern = self.options.operations
        names = (operation.label, operation.path, operation.name)
        return pattern is None or any(fnmatch.fnmatchcase(name, pattern) for name in names)

    @property
    def stopped(self) -> bool:
        """Whether fail-fast has ended the run."""
        return self.options.fail_fast and bool(self.report.findings)

    def found(self, finding: Finding) -> bool:
        """Report a finding, unless it is known."""
        known = finding.key in self._known
        if not known:
            self._known[finding.key] = len(self.report.findings)
            self.report.findings.append(finding)
            self.listener.finding(finding)
        return not known

    def shrink(self) -> None:
        """Make the cases of the findings as small as they can be."""
        for index, failing in self._large.items():
            small = shrink(failing, self.options.headers)
            if small is not failing:
                finding = self.report.findings[index]
                sent = exchange(small.response, operation=finding.operation, phase=finding.phase, started=time.time())
                self.report.findings[index] = replace(
                    finding,
                    message=self.ring.secrets.hide(small.failure.message),
                    curl=curl(sent, self.ring.secrets),
                    exchange=sent,
                )
        self._large.clear()

    def done(self, scenario: Scenario) -> None:
        self.report.scenarios.append(scenario)
        self.listener.scenario(scenario)

    def record(self, recorder: ScenarioRecorder, phase: str) -> None:
        """Take the requests and the failures of one scenario of schemathesis."""
        for case_id, interaction in recorder.interactions.items():
            if interaction.response is not None:
                self._learn(interaction.response)
                self.report.exchanges.append(self._exchange(recorder, case_id, phase))
        last: dict[Failure, tuple[Failure, str, str]] = {}
        for case_id, nodes in recorder.checks.items():
            for node in nodes:
                if node.failure_info is not None:
                    # The last of equal failures is the one that Hypothesis shrank to.
                    failure = node.failure_info.failure
                    last[failure] = (failure, failure.case_id or case_id, node.name)
        for failure, case_id, name in last.values():
            self._failed(recorder, failure, case_id, name, phase)

    def _learn(self, response: Response) -> None:
        """Tokens that an answer tells are secrets, too."""
        if b"oken" in response.content and response.status_code < 300:
            try:
                found = tokens_in(response.json())
            except ValueError:
                return
            note = "# an earlier answer tells this token"
            fresh = {name: value for name, (_, value) in found if value not in self.ring.secrets.names}
            self.ring.secrets.add(fresh, note)

    def _failed(self, recorder: ScenarioRecorder, failure: Failure, case_id: str, check: str, phase: str) -> None:
        case = recorder.cases[case_id].value
        response = recorder.interactions[case_id].response
        chain = recorder.iter_chain_cases(case_id=case_id, related_case_ids=failure.related_case_ids())
        sent = [self._exchange(recorder, step.id, phase) for step in chain if step.id in recorder.interactions]
        finding = Finding(
            operation=case.operation.label,
            phase=phase,
            check=check,
            title=failure.title,
            message=self.ring.secrets.hide(failure.message),
            clause=clause_of(self.document, case, failure, response),
            curl="\n".join(curl(step, self.ring.secrets) for step in sent),
            exchange=self._exchange(recorder, case_id, phase),
        )
        if self.found(finding) and len(sent) == 1 and response is not None and phase in SHRUNK:
            self._large[self._known[finding.key]] = Failing(case, check, failure, response)

    def _exchange(self, recorder: ScenarioRecorder, case_id: str, phase: str) -> Exchange:
        interaction = recorder.interactions[case_id]
        case = recorder.cases[case_id].value
        return exchange(
            interaction.response, operation=case.operation.label, phase=phase, started=interaction.timestamp
        )


def execute(run: Run, extension: Extension | None = None) -> Report:
    """Test the server that `run` is about.

    Raises:
        CouldNotRun: the server is not there, the document is no contract, or nobody can log in.
    """
    started = time.monotonic()
    _reachable(run.options)
    if not run.operations:
        raise CouldNotRun(f"no operation of the contract matches {run.options.operations!r}")
    schema = _schema(run)
    if extension is not None:
        extension.install(run, schema)
    if set(GENERATED) & set(run.options.phases):
        _generated(run, schema)
    run.shrink()
    if "probes" in run.options.phases and not run.stopped:
        probe(run, schema)
    if extension is not None and "rules" in run.options.phases and not run.stopped:
        extension.explore(run, schema)
    run.report.errors += _refused(run.report)
    run.report.elapsed = time.monotonic() - started
    return run.report


def _refused(report: Report) -> list[str]:
    """Operations of which the server refused most requests because there were too many."""
    sent = Counter(seen.operation for seen in report.exchanges)
    refused = Counter(seen.operation for seen in report.exchanges if seen.status == 429)
    return [
        str(Limited(f"{operation}: {count} of {sent[operation]} requests were refused"))
        for operation, count in refused.items()
        if count * 2 > sent[operation]
    ]


def _reachable(options: Options) -> None:
    try:
        requests.get(options.url, headers=options.headers, timeout=10, allow_redirects=False)
    except requests.RequestException as problem:
        raise CouldNotRun(f"{options.url} does not answer: {problem}") from problem


def _config(options: Options) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": options.seed,
            "base-url": options.url.rstrip("/"),
            "headers": options.headers,
            "suppress-health-check": ["all"],
            "request-timeout": options.patience * 2,
            "max-redirects": 0,
            **({"max-failures": 1} if options.fail_fast else {}),
            "generation": {"max-examples": options.examples, "database": "none"},
            "checks": {
                "max_response_time": options.patience,
                **(
                    {"negative_data_rejection": {"expected-statuses": list(options.refusals)}}
                    if options.refusals
                    else {}
                ),
            },
            "cache": {"enabled": False},
            "output": {"sanitization": {"enabled": False}},
            "phases": {
                **{name: {"enabled": name in options.phases} for name in GENERATED},
                # A sequence of requests counts as several cases.
                "stateful": {
                    "enabled": "stateful" in options.phases,
                    "max-steps": 6,
                    "generation": {"max-examples": max(1, options.examples // 5)},
                },
            },
        }
    )


def _schema(run: Run) -> OpenApiSchema:
    try:
        # A copy: schemathesis writes the links that it infers into the document.
        schema = schemathesis.openapi.from_dict(deepcopy(run.document), config=_config(run.options))
        wanted = {operation.label for operation in run.operations}
        selected = cast("OpenApiSchema", schema.include(lambda context: context.operation.label in wanted))
    except Exception as problem:
        raise CouldNotRun(f"the document is no usable contract: {problem}") from problem
    _credentials(run, selected)
    negotiate(selected, run.document, thorough=run.options.examples >= THOROUGH)
    return selected


def _credentials(run: Run, schema: OpenApiSchema) -> None:
    """Present credentials with the operations that want them, and drop a session that may have ended."""
    for operation in run.operations:
        credentials = presented(run.document, operation, list(run.options.entries), run.ring)
        if credentials is not None:
            schema.auth.set_from_requests(credentials).apply_to(name=operation.label)

    def after_call(_context: HookContext, case: Case[Any], response: Response) -> None:
        acted = case.method.upper() not in {"GET", "HEAD", "OPTIONS"} and response.status_code < 400
        lasts = str(case.operation.definition.raw.get("operationId")) in run.options.lasting
        if (acted and not lasts) or response.status_code == 401:
            run.ring.spent(run.ring.secrets.used_in(exchange(response, operation="", phase="", started=0).credentials))

    schema.hook(after_call)


def _generated(run: Run, schema: OpenApiSchema) -> None:
    sequences: list[Scenario] = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.PhaseStarted):
            name = str(event.phase.name.value)
            schema.config.continue_on_failure = name in ENUMERATED and not run.options.fail_fast
            if name in GENERATED and event.phase.is_enabled:
                run.listener.phase(name, 1 if name == "stateful" else len(run.operations))
        elif isinstance(event, events.ScenarioFinished):
            scenario = _scenario(run, event)
            sequences.append(scenario) if event.label is None else run.done(scenario)
        elif isinstance(event, events.NonFatalError) and isinstance(event.value, CouldNotRun):
            raise event.value
        elif isinstance(event, events.NonFatalError) and not isinstance(event.value, NoLinksFound):
            run.report.errors.append(f"{event.label}: {event.info.title}: {event.info.message}")
    if sequences:
        run.done(_together(sequences))


def _scenario(run: Run, event: events.ScenarioFinished) -> Scenario:
    phase = str(event.phase.value)
    run.record(event.recorder, phase)
    return Scenario(
        operation=event.label or "sequences of requests",
        phase=phase,
        status=str(event.status.value),
        cases=len(event.recorder.interactions),
        elapsed=event.elapsed_time,
        note=event.skip_reason or "",
    )


def _together(sequences: list[Scenario]) -> Scenario:
    """The sequences of the stateful phase as one: they have no operation of their own."""
    worst = next(
        status
        for status in ("failure", "error", "success", "interrupted", "skip")
        if any(sequence.status == status for sequence in sequences)
    )
    return replace(
        sequences[0],
        status=worst,
        cases=sum(sequence.cases for sequence in sequences),
        elapsed=sum(sequence.elapsed for sequence in sequences),
    )
