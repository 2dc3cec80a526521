"""A run: what it tests, who watches it, and the report that its phases fill."""

from __future__ import annotations

import fnmatch
import time
from dataclasses import dataclass, field, replace
from typing import Protocol

from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.auth.logins import Logins
from cierre.contract_tests.clauses import clause_of
from cierre.contract_tests.documents import Document, Operation, operations
from cierre.contract_tests.exchanges import Exchange, curl, exchange
from cierre.contract_tests.findings import Finding, Report, Scenario
from cierre.contract_tests.secrets import Secrets, tokens_in
from cierre.contract_tests.shrink import Failing, shrink

# The phases of schemathesis, in order; the probes follow, and then those of extensions.
GENERATED = ("examples", "coverage", "fuzzing", "stateful")
PROBES = "probes"
# An example is the contract's own, and small: cases of the other generated phases are shrunk.
SHRUNK = frozenset(GENERATED) - {"examples"}


class Listener(Protocol):
    """Shows how a run goes: bars on a terminal, or plain lines."""

    def phase(self, name: str, total: int) -> None:
        """A phase begins, which has `total` scenarios."""

    def scenario(self, scenario: Scenario) -> None:
        """A scenario is done."""

    def finding(self, finding: Finding) -> None:
        """Something new was found."""


class Quiet:
    """A listener that shows nothing."""

    def phase(self, name: str, total: int) -> None: ...
    def scenario(self, scenario: Scenario) -> None: ...
    def finding(self, finding: Finding) -> None: ...


class Extension(Protocol):
    """What is tested beside the document.

    Attributes:
        name: of its phase, as options and reports have it.
    """

    name: str

    def install(self, run: Run, schema: OpenApiSchema) -> None:
        """Prepare the run before its first phase: register checks and hooks, log in.

        Raises:
            CouldNotRun: the server cannot be tested.
        """

    def explore(self, run: Run, schema: OpenApiSchema) -> None:
        """Carry out the extension's own phase, after all others."""


@dataclass(frozen=True)
class Contract:
    """What a server is held to.

    Attributes:
        document: an OpenAPI document, bundled.
        entries: credentials; the first entry that fits an operation is used.
        headers: sent with each request, such as `Host`.
        rejections: statuses that may answer a request which breaks its schema, as `400` or `5xx`; none leaves it to
            schemathesis.
        keep_session: operationIds whose success does not end the session of the caller.
        extensions: what is tested beside the document.
    """

    document: Document
    entries: tuple[Entry, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    rejections: tuple[str, ...] = ()
    keep_session: frozenset[str] = frozenset()
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a server is tested.

    Attributes:
        url: the base URL of the server.
        examples: fuzzed cases an operation.
        seed: the same seed gives the same requests.
        operations: a pattern for `METHOD /path`, path or operationId; None is all of them.
        patience: seconds that a client waits for an answer.
        fail_fast: end at the first finding.
        phases: names of the phases to run, also of extensions; None is all of them.
    """

    url: str
    examples: int = 50
    seed: int = 0
    operations: str | None = None
    patience: float = 5.0
    fail_fast: bool = False
    phases: tuple[str, ...] | None = None

    def includes(self, phase: str) -> bool:
        """Whether the phase of this name is to run."""
        return self.phases is None or phase in self.phases


class Run:
    """One run in progress: collects what happened into a `Report`.

    Attributes:
        operations: those of the document that are to be tested.
        logins: the sessions in use.
        examples_only: the server answers with the document's examples and decides nothing; extensions may say so.
    """

    def __init__(self, contract: Contract, options: Options, listener: Listener, secrets: Secrets) -> None:
        self.contract, self.options, self.listener = contract, options, listener
        self.document = contract.document
        info = self.document.get("info", {})
        self.report = Report(
            target=options.url,
            title=str(info.get("title", "")),
            version=str(info.get("version", "")),
            seed=options.seed,
            examples=options.examples,
        )
        self.logins = Logins(options.url, contract.headers, secrets)
        self.operations = [operation for operation in operations(self.document) if self._selected(operation)]
        self.examples_only = False
        self._known: dict[tuple[str, str, str, str], int] = {}
        self._large: dict[int, Failing] = {}

    @property
    def secrets(self) -> Secrets:
        return self.logins.secrets

    @property
    def stopped(self) -> bool:
        """Whether fail-fast has ended the run."""
        return self.options.fail_fast and bool(self.report.findings)

    def _selected(self, operation: Operation) -> bool:
        pattern = self.options.operations
        names = (operation.label, operation.path, operation.name)
        return pattern is None or any(fnmatch.fnmatchcase(name, pattern) for name in names)

    def found(self, finding: Finding) -> bool:
        """Report a finding. Returns whether it is new: findings with the same key are one."""
        new = finding.key not in self._known
        if new:
            self._known[finding.key] = len(self.report.findings)
            self.report.findings.append(finding)
            self.listener.finding(finding)
        return new

    def done(self, scenario: Scenario) -> None:
        """Report a finished scenario."""
        self.report.scenarios.append(scenario)
        self.listener.scenario(scenario)

    def shrink(self) -> None:
        """Make the cases of the findings as small as they can be."""
        for index, failing in self._large.items():
            small = shrink(failing, self.contract.headers)
            if small is not failing:
                finding = self.report.findings[index]
                sent = exchange(small.response, operation=finding.operation, phase=finding.phase, started=time.time())
                self.report.findings[index] = replace(
                    finding,
                    message=self.secrets.hide(small.failure.message),
                    curl=curl(sent, self.secrets),
                    exchange=sent,
                )
        self._large.clear()

    def record(self, recorder: ScenarioRecorder, phase: str) -> None:
        """Take the requests and the failures of one scenario of schemathesis."""
        for case_id, interaction in recorder.interactions.items():
            if interaction.response is not None:
                self._hide_tokens(interaction.response)
                self.report.exchanges.append(_exchange(recorder, case_id, phase))
        last: dict[Failure, tuple[Failure, str, str]] = {}
        for case_id, nodes in recorder.checks.items():
            for node in nodes:
                if node.failure_info is not None:
                    # The last of equal failures is the one that Hypothesis shrank to.
                    failure = node.failure_info.failure
                    last[failure] = (failure, failure.case_id or case_id, node.name)
        for failure, case_id, name in last.values():
            self._failed(recorder, failure, case_id, name, phase)

    def _hide_tokens(self, response: Response) -> None:
        """Tokens in an answer are secrets, too."""
        if b"oken" in response.content and response.status_code < 300:
            try:
                found = tokens_in(response.json())
            except ValueError:
                return
            fresh = {name: value for name, (_, value) in found if value not in self.secrets.names}
            self.secrets.add(fresh, "# an earlier answer has this token")

    def _failed(self, recorder: ScenarioRecorder, failure: Failure, case_id: str, check: str, phase: str) -> None:
        case = recorder.cases[case_id].value
        response = recorder.interactions[case_id].response
        chain = recorder.iter_chain_cases(case_id=case_id, related_case_ids=failure.related_case_ids())
        sent = [_exchange(recorder, step.id, phase) for step in chain if step.id in recorder.interactions]
        finding = Finding(
            operation=case.operation.label,
            phase=phase,
            check=check,
            title=failure.title,
            message=self.secrets.hide(failure.message),
            clause=clause_of(self.document, case, failure, response),
            curl="\n".join(curl(step, self.secrets) for step in sent),
            exchange=_exchange(recorder, case_id, phase),
        )
        if self.found(finding) and len(sent) == 1 and response is not None and phase in SHRUNK:
            self._large[self._known[finding.key]] = Failing(case, check, failure, response)


def _exchange(recorder: ScenarioRecorder, case_id: str, phase: str) -> Exchange:
    interaction = recorder.interactions[case_id]
    case = recorder.cases[case_id].value
    return exchange(interaction.response, operation=case.operation.label, phase=phase, started=interaction.timestamp)
