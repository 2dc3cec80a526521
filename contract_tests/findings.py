"""What a run found, as plain values: everything that a report shows is here."""

from __future__ import annotations

from dataclasses import dataclass, field

from cierre.contract_tests.exchanges import Exchange


class CouldNotRun(Exception):
    """The run itself is impossible; the message says why, in one line."""


class Limited(CouldNotRun):
    """The server limits requests: what it refuses with 429 can't be tested."""

    def __init__(self, what: str) -> None:
        advice = "turn the server's rate limits off for it (cierre serve --rate-limit off)"
        super().__init__(f"{what}: 429. A run sends thousands of requests: {advice}")


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
    """

    operation: str
    phase: str
    check: str
    title: str
    message: str
    clause: str
    curl: str
    exchange: Exchange | None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Findings with the same key are one."""
        return (self.operation, self.check, self.title, self.clause)


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
    """A whole run."""

    target: str
    title: str
    version: str
    seed: int
    examples: int
    scenarios: list[Scenario] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def exit_code(self) -> int:
        """0: nothing found. 1: the contract is broken. 2: a part could not run."""
        return 1 if self.findings else 2 if self.errors else 0
