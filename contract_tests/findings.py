"""What a run found, as plain values: everything that a report shows is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cierre.contract_tests.crashes import Said, said
from cierre.contract_tests.exchanges import Exchange
from cierre.contract_tests.sentences import SERVER_ERRORS, Symptom
from cierre.phrases import Phrase

# How the note of a scenario begins whose operation was not waited for again.
GIVEN_UP = "given up"
# Server errors of one operation that say the same and are reported as several.
MOST_PLACES = 5


class CouldNotRun(Exception):
    """The run itself is impossible; the message, a phrase, says why, in one line."""


class Limited(CouldNotRun):
    """The server limits requests: what it refuses with 429 can't be tested."""

    def __init__(self, what: Phrase) -> None:
        super().__init__(
            Phrase(
                "{what}: 429. A run sends thousands of requests: test its limits as well (--limits), or turn the "
                "server's rate limits off (cierre serve --rate-limit off)",
                what=what,
            )
        )


@dataclass(frozen=True)
class Finding:
    """One clause of the contract that the server broke, with the smallest case that shows it.

    Attributes:
        operation: `METHOD /path`, as the contract writes it.
        phase: where it was found: examples, coverage, fuzzing, stateful, probes, or an extension's.
        check: the name of the check that failed.
        title: the failure in a few words.
        message: the failure in full.
        clause: JSON pointer into the document, with `#` before it (RFC 6901, section 6).
        curl: shell lines that send the same request again.
        exchange: the request and its answer; None where there was no answer.
        documented: whether the contract names the status of the answer.
        also: what else was seen of the same cause: title, check and phase, each once.
        files: what the curl reads: name of a file beside the report → its bytes.
        sentence: what is wrong, where the check knows it better than its status.
        places: of a server error: parts of the request without which the server makes none; empty where nobody knows.
    """

    operation: str
    phase: str
    check: str
    title: str
    message: str
    clause: str
    curl: str
    exchange: Exchange | None
    documented: bool = True
    also: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    sentence: str = ""
    places: frozenset[str] = frozenset()

    @property
    def said(self) -> Said | None:
        """What an error of the server says; None where this is none."""
        crashed = self.exchange is not None and self.exchange.status >= SERVER_ERRORS
        return said(self.exchange) if self.exchange is not None and crashed else None

    @property
    def symptom(self) -> Symptom:
        """What was seen."""
        status = self.exchange.status if self.exchange is not None else 0
        words = self.said.text if self.said is not None else ""
        places = tuple(sorted(self.places))
        return Symptom(self.operation, self.check, self.title, self.clause, status, self.documented, words, places)

    @property
    def key(self) -> tuple[str, ...]:
        """Findings with the same key have one cause, and are one."""
        return (self.operation, self.check) if self.sentence else self.symptom.cause

    def has_cause_of(self, other: Finding) -> bool:
        """Whether this and `other` have one cause; an error of the server has what it says, and where it comes from."""
        mine, theirs = self.said, other.said
        if mine is None or theirs is None or self.operation != other.operation or self.sentence or other.sentence:
            return self.key == other.key
        places_differ = bool(self.places) and bool(other.places) and not self.places & other.places
        return mine.is_like(theirs) and (mine.placed or not places_differ)

    @property
    def summary(self) -> str:
        """What is wrong, in one sentence."""
        return self.sentence or self.symptom.sentence

    def joined(self, other: Finding) -> Finding:
        """This finding and another of the same cause as one: the one that names the cause better, and what it hides."""
        shown, hidden = (other, self) if other.symptom.rank < self.symptom.rank else (self, other)
        names = [f"{one.title} ({one.check}, {one.phase})" for one in (shown, hidden)]
        also = dict.fromkeys([*self.also, names[1], *other.also])
        also.pop(names[0], None)
        return replace(shown, also=tuple(also), places=shown.places or hidden.places)


@dataclass(frozen=True)
class Scenario:
    """One operation in one phase. `status` is success, failure, error or skip; `elapsed` is in seconds."""

    operation: str
    phase: str
    status: str
    cases: int
    elapsed: float
    note: str = ""


@dataclass
class Report:
    """A whole run. `known` was found as well, and an earlier run had found it; `notes` break nothing."""

    target: str
    title: str
    version: str
    seed: int
    examples: int
    scenarios: list[Scenario] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    known: list[Finding] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    elapsed: float = 0.0

    def add(self, finding: Finding) -> bool:
        """Add a finding, or count it under the one that has its cause. Returns whether it is new."""
        at = self._like(finding)
        if at is None:
            self.findings.append(finding)
        else:
            self.findings[at] = self.findings[at].joined(finding)
        return at is None

    def _like(self, finding: Finding) -> int | None:
        """Where the finding with the same cause is; of errors that say the same, an operation has a few."""
        for at, one in enumerate(self.findings):
            if one.has_cause_of(finding):
                return at
        alike = self.crashes_like(finding) if finding.said is not None else []
        return alike[-1] if len(alike) >= MOST_PLACES else None

    def crashes_like(self, finding: Finding) -> list[int]:
        """Where the server errors are that say the same as this one of the same operation."""
        anywhere = (replace(one, places=frozenset()) for one in self.findings)
        return [at for at, one in enumerate(anywhere) if one.said is not None and one.has_cause_of(finding)]

    @property
    def sent(self) -> dict[str, dict[str, int]]:
        """Requests that were really sent: operation → phase → how many."""
        counted: dict[str, dict[str, int]] = {}
        for seen in self.exchanges:
            of_operation = counted.setdefault(seen.operation, {})
            of_operation[seen.phase] = of_operation.get(seen.phase, 0) + 1
        return counted

    @property
    def exit_code(self) -> int:
        """0: nothing found. 1: the contract is broken. 2: a part could not run."""
        return 1 if self.findings else 2 if self.errors else 0
