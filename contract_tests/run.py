"""A run: what it tests, who watches it, and the report that its phases fill."""

from __future__ import annotations

import fnmatch
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Protocol

from schemathesis.core.failures import Failure
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cierre.contract_tests.auth.file import Entry
from cierre.contract_tests.auth.logins import Logins
from cierre.contract_tests.clauses import answers_pointer, clause_of
from cierre.contract_tests.exchanges import Exchange, curl, exchange, files, sequence
from cierre.contract_tests.findings import Finding, Report, Scenario
from cierre.contract_tests.listening import Listener
from cierre.contract_tests.places import Crashes
from cierre.contract_tests.recorded import failures, is_documented, recorded, size, what_is_said
from cierre.contract_tests.secrets import Secrets
from cierre.contract_tests.sentences import SILENCE
from cierre.contract_tests.shrink import Failing, shrink
from cierre.contract_tests.silence import Line, Unanswered
from cierre.oas.navigation import Json
from cierre.oas.structure import Operation, operations

# The phases of schemathesis, in order; the probes follow, and then those of extensions.
GENERATED = ("examples", "coverage", "fuzzing", "stateful")
PROBES = "probes"
# The last phase of all, where it is asked for.
LIMITS = "limits"
# Before all of them, while things are as they were: what the API keeps, and what must not be open.
RESOURCES, SECURITY = "resources", "security"
# An example is the contract's own, and small: cases of the other generated phases are shrunk.
SHRUNK = frozenset(GENERATED) - {"examples"}
# Server errors of single requests are distinguished by what causes them.
SEPARATED = frozenset(GENERATED) - {"stateful"}


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

    def spend(self, run: Run, schema: OpenApiSchema) -> None:
        """Spend the quotas that the contract has beyond its document, in the phase of the limits."""


@dataclass(frozen=True)
class Contract:
    """What a server is held to.

    Attributes:
        document: an OpenAPI document, bundled.
        entries: credentials; the first entry that fits an operation is used.
        headers: sent with each request, such as `Host`.
        rejections: statuses that may answer a request which breaks its schema, as `400` or `5xx`; none leaves it to
            schemathesis.
        checks: names of checks of single answers, beside those of every contract.
        keep_session: operationIds whose success does not end the session of the caller.
        extensions: what is tested beside the document.
        others: credentials of another user, to whom nothing of the first belongs.
    """

    document: Json
    entries: tuple[Entry, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    rejections: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    keep_session: frozenset[str] = frozenset()
    extensions: tuple[Extension, ...] = ()
    others: tuple[Entry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a server is tested.

    Attributes:
        url: the base URL of the server.
        examples: fuzzed cases an operation.
        seed: the same seed gives the same requests.
        operations: a pattern for `METHOD /path`, path or operationId; None is all of them.
        patience: seconds that a client waits for an answer.
        comeback: seconds that a server has to come back, after a request that it did not answer.
        fail_fast: end at the first finding.
        workers: operations that are tested side by side.
        limits: the server limits requests: go on after a 429, and spend its quotas on purpose at the end.
        phases: names of the phases to run, also of extensions; None is all of them.
        security: try what a client must not: other users' things, injection, long inputs.
        without: patterns for names of checks that report nothing.
    """

    url: str
    examples: int = 50
    seed: int = 0
    operations: str | None = None
    patience: float = 5.0
    comeback: float = 10.0
    fail_fast: bool = False
    workers: int = 1
    limits: bool = False
    phases: tuple[str, ...] | None = None
    security: bool = False
    without: tuple[str, ...] = ()

    def includes(self, phase: str) -> bool:
        """Whether the phase of this name is to run."""
        wanted = self.phases is None or phase in self.phases
        return wanted and (phase != LIMITS or self.limits)


class Run:
    """One run in progress: collects what happened into a `Report`.

    Attributes:
        operations: those of the document that are to be tested.
        logins: the sessions in use.
        line: to the server; it notices every request that gets no answer.
        phase: the name of the phase that the run is in; empty before the first.
        examples_only: the server answers with the document's examples and decides nothing: it is a mock.
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
        self.line = Line(options.url, contract.headers, options.comeback, self._silent, patient=options.limits)
        self.logins = Logins(self.line, secrets, shared=options.workers == 1)
        self.phase = ""
        self.operations = [operation for operation in operations(self.document) if self._selected(operation)]
        self.examples_only = False
        # What a run collects, it collects from one worker at a time.
        self.lock = threading.RLock()
        self.crashes = Crashes()
        self._large: dict[int, Failing] = {}

    def begin(self, phase: str, total: int) -> None:
        """A phase begins, which has `total` scenarios."""
        self.phase = phase
        self.logins.begin()
        self.listener.phase(phase, total)

    @property
    def secrets(self) -> Secrets:
        return self.logins.secrets

    @property
    def stopped(self) -> bool:
        """Whether fail-fast, or a server that stays away, has ended the run."""
        return bool(self.line.away) or (self.options.fail_fast and bool(self.report.findings))

    def _selected(self, operation: Operation) -> bool:
        pattern = self.options.operations
        names = (operation.label, operation.path, operation.name)
        return pattern is None or any(fnmatch.fnmatchcase(name, pattern) for name in names)

    def wants(self, check: str) -> bool:
        """Whether the check of this name is to report what it finds."""
        return not any(fnmatch.fnmatchcase(check, pattern) for pattern in self.options.without)

    def found(self, finding: Finding) -> bool:
        """Report a finding. Returns whether its cause is new: others are counted under the finding that names it."""
        if not self.wants(finding.check):
            return False
        new = self.report.add(finding)
        if new:
            self.listener.finding(finding)
        return new

    def not_tested(self, why: str) -> None:
        """Report that something could not be tested, once."""
        if why not in self.report.errors:
            self.report.errors.append(why)

    def done(self, scenario: Scenario) -> None:
        """Report a finished scenario."""
        self.report.scenarios.append(scenario)
        self.listener.scenario(scenario)

    def shrink(self) -> None:
        """Make the cases of the findings as small as they can be."""
        for index, failing in self._large.items():
            small = shrink(failing, self.contract.headers)
            if small is not failing or failing.only is not None:
                self.report.findings[index] = self.shown(self.report.findings[index], small)
        self._large.clear()

    def shown(self, finding: Finding, failing: Failing) -> Finding:
        """The finding with another case that shows it."""
        sent = exchange(failing.response, operation=finding.operation, phase=finding.phase, started=time.time())
        self.secrets.learn(sent.headers, sent.body)
        return replace(
            finding,
            message=self.secrets.hide(failing.failure.message),
            curl=curl(sent, self.secrets),
            exchange=sent,
            files=files(sent, secrets=self.secrets),
        )

    def crashes_like(self, failing: Failing) -> list[int]:
        """Where the findings are that say the same as the failing case."""
        label = failing.case.operation.label
        seen = exchange(failing.response, operation=label, phase="", started=0)
        return self.report.crashes_like(Finding(label, "", "", "", "", "", "", seen))

    def place(self, at: int, failing: Failing, places: frozenset[str]) -> None:
        """Say of the finding at `at` which parts of the request cause it, and show it with another case."""
        self.report.findings[at] = replace(self.shown(self.report.findings[at], failing), places=places)
        self._large[at] = failing

    def another(self, at: int, failing: Failing, places: frozenset[str]) -> None:
        """Report what looked like the finding at `at`, and has another cause."""
        like = self.shown(self.report.findings[at], failing)
        if self.found(replace(like, places=places)):
            self._large[len(self.report.findings) - 1] = failing

    def record(self, recorder: ScenarioRecorder, phase: str) -> None:
        """Take the requests and the failures of one scenario of schemathesis."""
        for case_id, interaction in recorder.interactions.items():
            if interaction.response is not None and not isinstance(interaction.response, Unanswered):
                self.keep(recorded(recorder, case_id, phase))
        smallest: dict[tuple[Failure, str], tuple[int, Failure, str, str]] = {}
        for of, name, failure in failures(recorder):
            bytes_sent, error = size(recorder, of), what_is_said(recorder, of)
            if (failure, error) not in smallest or bytes_sent < smallest[failure, error][0]:
                smallest[failure, error] = (bytes_sent, failure, of, name)
            if error and phase in SEPARATED:
                self.crashes.keep(recorder, of, error, name, failure)
        if phase in SEPARATED:
            self.crashes.learn(recorder)
        for _, failure, case_id, name in smallest.values():
            self._failed(recorder, failure, case_id, name, phase)

    def keep(self, seen: Exchange) -> None:
        """Add an exchange to the report; what its answer gives as credentials is a secret from now on."""
        self.secrets.learn(seen.headers, seen.body)
        self.report.exchanges.append(seen)

    def _silent(self, seen: Exchange) -> None:
        """Report a request that got no answer: whatever the contract names, it names some answer."""
        self.keep(seen)
        self.found(
            Finding(
                operation=seen.operation,
                phase=seen.phase,
                check=SILENCE,
                title="No answer",
                message=self.secrets.hide(f"{seen.operation}: {seen.reason}."),
                clause=answers_pointer(self.document, seen.operation),
                curl=curl(seen, self.secrets),
                exchange=seen,
                files=files(seen, secrets=self.secrets),
            )
        )

    def _failed(self, recorder: ScenarioRecorder, failure: Failure, case_id: str, check: str, phase: str) -> None:
        case = recorder.cases[case_id].value
        response = recorder.interactions[case_id].response
        chain = recorder.iter_chain_cases(case_id=case_id, related_case_ids=failure.related_case_ids())
        sent = [recorded(recorder, step.id, phase) for step in chain if step.id in recorder.interactions]
        finding = Finding(
            operation=case.operation.label,
            phase=phase,
            check=check,
            title=failure.title,
            message=self.secrets.hide(failure.message),
            clause=clause_of(self.document, case, failure, response),
            curl=sequence(sent, self.secrets) if len(sent) > 1 else curl(sent[0], self.secrets) if sent else "",
            exchange=recorded(recorder, case_id, phase),
            documented=response is None or is_documented(self.document, case, response.status_code),
            files=files(*sent, secrets=self.secrets),
            places=self.crashes.places(case),
        )
        if self.found(finding) and len(sent) == 1 and response is not None and phase in SHRUNK:
            self._large[len(self.report.findings) - 1] = Failing(case, check, failure, response)
